import FeatureStores

/// The images that a list names and the features lack, and what was done with their pairs.
public struct MissingImages: Codable, Equatable, Sendable {
  public let policy: PairVerification.MissingPolicy
  /// Pairs with at least one missing image.
  public let pairs: Int
  /// Missing images, each once, in the order of the list: by the name that was looked for.
  public let images: [String]

  init(_ pairs: [VerificationTask.Pair], settings: PairVerification) {
    policy = settings.missing
    var seen: Set<String> = []
    var images: [String] = []
    for pair in pairs {
      for (image, row) in [(pair.listed.first, pair.firstRow), (pair.listed.second, pair.secondRow)]
      where row == nil && seen.insert(image).inserted {
        images.append(settings.lists.storeName(image))
      }
    }
    self.images = images
    self.pairs = pairs.count { $0.firstRow == nil || $0.secondRow == nil }
  }

  /// The first ten of the missing images.
  private var excerpt: String {
    images.prefix(10).joined(separator: ", ") + (images.count > 10 ? ", …" : "")
  }

  private var summary: String {
    "\(images.count) \(images.count == 1 ? "image" : "images") of \(pairs) \(pairs == 1 ? "pair" : "pairs")"
  }

  /// Throws where anything is missing.
  func refuse(list: String, index: ImageIndex) throws {
    guard pairs > 0 else { return }
    let names = index.example.map { " Names there look like ‘\($0)’." } ?? ""
    throw HarnessError(
      .missingInput, file: list,
      found: "\(summary) \(images.count == 1 ? "is" : "are") not in \(index.source): \(excerpt)",
      expected: "every image of the list among the features",
      advice:
        "Check that list and store belong together, or set `missing: reject-pair` or `missing: score-minimum`.\(names)"
    )
  }

  var warnings: [String] {
    guard pairs > 0 else { return [] }
    let done =
      policy == .scoreMinimum ? "these pairs score below all others" : "these pairs are left out"
    return ["\(summary) missing (\(policy.rawValue)): \(done). \(excerpt)"]
  }
}
