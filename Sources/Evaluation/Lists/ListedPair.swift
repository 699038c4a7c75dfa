/// Where an entry of a list stands.
public struct ListPlace: Sendable, Hashable {
  public var file: String
  /// From 1.
  public var line: Int

  public init(file: String, line: Int) {
    self.file = file
    self.line = line
  }
}

/// One comparison of a verification list: two images, whether they show one person, and the fold. Pairs are equal where these are: where
/// they stand does not count.
public struct ListedPair: Sendable, Equatable {
  /// The image id of each side, without extension, as a store that follows the data set's own names has it.
  public var first: String
  public var second: String
  /// Whether the list says that both show one person.
  public var isGenuine: Bool
  /// From 0.
  public var fold: Int
  /// The person of each side, where the list's names tell.
  public var firstIdentity: String?
  public var secondIdentity: String?
  /// Where the list has it; of a pair of two lines the first.
  public var place: ListPlace?

  public init(
    first: String, second: String, isGenuine: Bool, fold: Int, firstIdentity: String? = nil,
    secondIdentity: String? = nil, place: ListPlace? = nil
  ) {
    self.first = first
    self.second = second
    self.isGenuine = isGenuine
    self.fold = fold
    self.firstIdentity = firstIdentity
    self.secondIdentity = secondIdentity
    self.place = place
  }

  public static func == (a: ListedPair, b: ListedPair) -> Bool {
    a.first == b.first && a.second == b.second && a.isGenuine == b.isGenuine && a.fold == b.fold
      && a.firstIdentity == b.firstIdentity && a.secondIdentity == b.secondIdentity
  }
}

/// How a person's name is read from an image id.
public enum IdentityRule: String, Codable, CaseIterable, Sendable {
  /// The folder of the image: `Aaron_Eckhart/Aaron_Eckhart_0001`.
  case folder
  /// The file name without the number at its end: `Aaron_Eckhart_0001`.
  case numberedName = "numbered-name"
  /// AgeDB's `number_Name_age_sex`: what stands between the first and the last two underscores.
  case ageDB = "agedb"
  /// The ids do not tell.
  case none

  /// The person of `image`; nil where its name does not follow the rule.
  func identity(of image: String) -> String? {
    let components = image.split(separator: "/")
    let parts = components.last?.split(separator: "_", omittingEmptySubsequences: false) ?? []
    switch self {
    case .none: return nil
    case .folder: return components.count < 2 ? nil : components.dropLast().joined(separator: "/")
    case .numberedName:
      guard parts.count >= 2, let number = parts.last, Int(number) != nil else { return nil }
      return parts.dropLast().joined(separator: "_")
    case .ageDB:
      guard parts.count >= 4 else { return nil }
      return parts.dropFirst().dropLast(2).joined(separator: "_")
    }
  }
}
