/// How an embedding is cut into groups, each with its own prototypes and its own loss.
///
/// One group is the embedding as a whole. Source: Xu, Guo, Xu, Xu and Bai, "MultiFace: a generic training mechanism for
/// boosting face recognition performance", 2021, and its released code.
public struct Subspaces: Hashable, Sendable {
  /// What has unit length where the similarity is the cosine.
  public enum Normalisation: String, CaseIterable, Sendable {
    /// The whole embedding; a group's part of it keeps the length it has (the released code).
    case whole
    /// The part of each group by itself.
    case group
  }

  /// How the losses of the groups make one loss.
  public enum Reduction: String, CaseIterable, Sendable {
    /// Their sum (the released code).
    case sum
    case mean
  }

  public var count: Int
  public var normalisation: Normalisation
  public var reduction: Reduction

  public init(count: Int = 1, normalisation: Normalisation = .whole, reduction: Reduction = .sum) {
    self.count = count
    self.normalisation = normalisation
    self.reduction = reduction
  }

  /// The columns of group `group` in an embedding of `width` columns; the count must divide it.
  public func columns(of group: Int, width: Int) -> Range<Int> {
    let size = width / count
    return group * size..<(group + 1) * size
  }
}
