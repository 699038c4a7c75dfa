import Learning

/// The rows of a grid that differ in their mechanism alone, and the one of them that the others are measured by.
public struct MechanismBlock: Sendable, Equatable {
  public var dataset: String
  public var network: String
  public var loss: String
  public var sampler: String
  /// What tells its training from that of other blocks; empty where all train alike.
  public var recipe: String
  /// Trained rows, in the order of the grid; what cannot be trained is left out.
  public var rows: [GridRow]

  /// What the others are measured by: the first row with conventional class weights, else the first of MultiFace with one group, which is the same
  /// classifier; nil where there is neither.
  public var baseline: GridRow? {
    rows.first { $0.method?.mechanism.name == "conventional" }
      ?? rows.first {
        $0.method.map { $0.mechanism.name == "multiface" && $0.mechanism.subspaces.count == 1 } ?? false
      }
  }
}

extension Grid {
  /// The blocks of the grid, in the order of their first rows.
  public var mechanismBlocks: [MechanismBlock] {
    var blocks: [MechanismBlock] = []
    for row in rows where row.kind == .trained && row.unsupportedReason == nil {
      let place = blocks.firstIndex {
        $0.dataset == row.dataset && $0.network == row.network && $0.loss == row.loss
          && $0.sampler == row.sampler && $0.recipe == row.recipe
      }
      if let place {
        blocks[place].rows.append(row)
      } else {
        blocks.append(
          MechanismBlock(
            dataset: row.dataset, network: row.network, loss: row.loss, sampler: row.sampler,
            recipe: row.recipe,
            rows: [row]))
      }
    }
    return blocks
  }
}
