import FeatureStores
import Foundation

/// CFP's own list format.
///
/// `first` and `second` number the images of either side from 1, one a line: `17 ../Data/Images/002/frontal/07.jpg`, in any order. The
/// folder `splits` has one folder a fold, `01`, `02`, …, each with `same.txt` and `diff.txt`, whose lines `a,b` name image a of `first` and
/// image b of `second`. An image is the last three components of its path without extension (`002/frontal/07`), its person the first of
/// them.
public struct CFPSplits: PairListFormat {
  public static let name = "cfp"
  public static let keys = ["first", "second", "splits"]

  public let first: String
  public let second: String
  public let splits: String

  public init(_ lists: ConfigurationMapping) throws {
    first = try lists.required("first").string()
    second = try lists.required("second").string()
    splits = try lists.required("splits").string()
  }

  public func files(folds: Int) -> [String] {
    let images = first == second ? [first] : [first, second]
    return images + (0..<folds).flatMap { [path($0, "same"), path($0, "diff")] }
  }

  private func path(_ fold: Int, _ list: String) -> String {
    "\(splits)/\(String(format: "%02d", fold + 1))/\(list).txt"
  }

  public func read(folder: String, folds: Int) throws -> [ListedPair] {
    let firstImages = try images(ListFile("\(folder)/\(first)"))
    let secondImages = first == second ? firstImages : try images(ListFile("\(folder)/\(second)"))
    return try (0..<folds).flatMap { fold in
      try [(path(fold, "same"), true), (path(fold, "diff"), false)].flatMap { list, isGenuine in
        let file = try ListFile("\(folder)/\(list)")
        return try (0..<file.count).map { line in
          let fields = try file.fields(line, separators: [","])
          guard fields.count == 2 else {
            throw file.error(
              line: line, found: "\(fields.count) columns", expected: "`a,b`, two image numbers")
          }
          let a = try image(fields[0], of: firstImages, first, file, line)
          let b = try image(fields[1], of: secondImages, second, file, line)
          return ListedPair(
            first: a, second: b, isGenuine: isGenuine, fold: fold, firstIdentity: person(a),
            secondIdentity: person(b), place: file.place(line))
        }
      }
    }
  }

  private func person(_ image: String) -> String? { image.split(separator: "/").first.map(String.init) }

  private func image(
    _ field: Substring, of images: [Int: String], _ list: String, _ file: ListFile, _ line: Int
  ) throws -> String {
    let number = try file.integer(field, line: line, what: "an image number", atLeast: 1)
    guard let image = images[number] else {
      throw file.error(
        line: line, found: "image \(number)", expected: "one of the \(images.count) images of \(list)")
    }
    return image
  }

  /// The image of each number.
  private func images(_ file: ListFile) throws -> [Int: String] {
    var images: [Int: String] = [:]
    for line in 0..<file.count {
      let fields = try file.fields(line)
      guard fields.count == 2 else {
        throw file.error(line: line, found: "\(fields.count) columns", expected: "`number path`")
      }
      let number = try file.integer(fields[0], line: line, what: "an image number", atLeast: 1)
      let components = withoutExtension(fields[1]).split(separator: "/")
      guard components.count >= 3 else {
        throw file.error(
          line: line, found: "the path `\(fields[1])`", expected: "one that ends in person/pose/image.jpg")
      }
      guard images.updateValue(components.suffix(3).joined(separator: "/"), forKey: number) == nil else {
        throw file.error(line: line, found: "image \(number) a second time", expected: "each number once")
      }
    }
    return images
  }
}
