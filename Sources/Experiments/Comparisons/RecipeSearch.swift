import Learning
import Metrics

/// What an equal search of recipes found for one method: of all its rows of an experiment that train in several ways, the one with the highest
/// accuracy on validation identities.
///
/// A method is a loss by its name and a mechanism by its name with its number of groups or agents. All else is its recipe: the other options of both, the
/// network, the sampler, and the training. Test results have no part in the choice.
public struct RecipeSearch: Sendable {
  public var dataset: String
  /// The loss's title.
  public var loss: String
  /// The mechanism's title with the options that make it a method of its own, among those that the experiment varies.
  public var mechanism: String
  /// The rows of the recipes that were tried.
  public var candidates: [GridRow]
  /// The row chosen, the first of equals; nil where a row has no curves yet, as the search is not over.
  public var best: GridRow?
  /// The final validation accuracies of its runs.
  public var validation: [Double]

  /// How many recipes were tried.
  public var tried: Int { candidates.count }

  /// The options of mechanisms that make a method of its own.
  public static let structuralOptions = ["groups", "agents"]
}

extension ExperimentResults {
  /// The searches of an experiment that trains its methods in several ways, in the order of its grid; empty where it does not, or runs have no
  /// validation curves.
  public func recipeSearches(_ curves: [DiagnosticEntry]) -> [RecipeSearch] {
    guard !curves.isEmpty, experiment.definition.recipes.count > 1 else { return [] }
    var families: [(key: [String], rows: [GridRow])] = []
    for row in experiment.grid.rows where row.kind == .trained && row.unsupportedReason == nil {
      guard let method = row.method else { continue }
      let structure = RecipeSearch.structuralOptions.map { name in
        method.mechanism.options.values[name].map { "\($0)" } ?? ""
      }
      let key = [row.dataset, method.loss.name, method.mechanism.name] + structure
      if let place = families.firstIndex(where: { $0.key == key }) {
        families[place].rows.append(row)
      } else {
        families.append((key, [row]))
      }
    }
    return families.compactMap { family in
      guard let first = family.rows.first, let method = first.method else { return nil }
      let finals = family.rows.map { row in
        let own = curves.filter { $0.run.row == row }
        let last = own.compactMap { $0.record.curve?.last?.validation.accuracy }
        return last.count == own.count ? last : []
      }
      let means = finals.compactMap { Spread($0)?.mean }
      let place = means.count == finals.count ? means.max().flatMap { means.firstIndex(of: $0) } : nil
      return RecipeSearch(
        dataset: first.dataset, loss: method.loss.title, mechanism: title(method.mechanism),
        candidates: family.rows, best: place.map { family.rows[$0] },
        validation: place.map { finals[$0] } ?? [])
    }
  }

  /// The title with the structural options that are not the default's, or that the experiment varies.
  private func title(_ mechanism: MechanismConfiguration) -> String {
    let alike = experiment.definition.mechanisms.filter { $0.name == mechanism.name }
    let usual = (try? MechanismConfiguration(mechanism.name))?.options.values ?? [:]
    let options = RecipeSearch.structuralOptions.compactMap { name -> String? in
      guard let value = mechanism.options.values[name] else { return nil }
      let isTold = value != usual[name] || alike.contains { $0.options.values[name] != value }
      return isTold ? "\(name) \(value)" : nil
    }
    return options.isEmpty ? mechanism.title : "\(mechanism.title) (\(options.joined(separator: ", ")))"
  }
}
