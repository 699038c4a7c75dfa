import FeatureStores

/// Where the images of a protocol of all pairs come from, trial by trial.
public enum AllPairsLists: Codable, Equatable, Sendable {
  /// `{format: labelled-images, images: "trial{n}.txt", trials: 10}`: `image identity` a line; {n} is the number of the trial, and lines that begin
  /// with `#` are comments.
  case labelledImages(images: String, trials: Int)
  /// `{format: lfw-people, people: people.txt, folds: 10}`: LFW's lists of people. In view 2 (`people.txt`) a line with the number of folds, and for
  /// each a line with the number of its people and then `name images` for each of them; in view 1 (`peopleDevTrain.txt`), with `folds: 1`, without
  /// the first line. All images of a fold's people are a trial; image i of a person is `name/name_000i`.
  case lfwPeople(people: String, folds: Int)

  static let formats = ["labelled-images", "lfw-people"]

  static func keys(_ format: String) -> [String] {
    format == "lfw-people" ? ["people", "folds"] : ["images", "trials"]
  }

  init(_ mapping: ConfigurationMapping, format: String) throws {
    guard format != "lfw-people" else {
      self = .lfwPeople(
        people: try mapping.value("people", default: "people.txt") { try $0.string() },
        folds: try mapping.required("folds").integer(in: 1...1000))
      return
    }
    let images = try mapping.required("images").string()
    let trials = try mapping.value("trials", default: 1) { try $0.integer(in: 1...1000) }
    if trials > 1, !images.contains("{n}") {
      throw try mapping.required("images").error(
        found: "‘\(images)’ for \(trials) trials", expected: "`{n}` where the number of the trial stands")
    }
    self = .labelledImages(images: images, trials: trials)
  }

  var trials: Int {
    switch self {
    case .labelledImages(_, let trials): trials
    case .lfwPeople(_, let folds): folds
    }
  }

  /// The list of a trial, from 1.
  func file(trial: Int) -> String {
    switch self {
    case .labelledImages(let images, _): images.replacing("{n}", with: "\(trial)")
    case .lfwPeople(let people, _): people
    }
  }

  var files: [String] {
    if case .lfwPeople(let people, _) = self { return [people] }
    return (1...trials).map(file)
  }

  /// One image of a trial, who is on it, and where the list says so.
  struct Image {
    let image: String
    let identity: String
    let place: ListPlace
  }

  func images(trial: Int, folder: String) throws -> [Image] {
    switch self {
    case .labelledImages:
      var images: [Image] = []
      try ListScanner(path: "\(folder)/\(file(trial: trial))").forEachLine { line in
        guard !line.text(0).hasPrefix("#") else { return }
        try line.require(2, columns: "image identity")
        images.append(Image(image: line.text(0), identity: line.text(1), place: line.place))
      }
      return images
    case .lfwPeople(let people, let folds):
      return try Self.people(ListFile("\(folder)/\(people)"), folds: folds)[trial - 1]
    }
  }

  /// The images of the people of each fold.
  private static func people(_ file: ListFile, folds: Int) throws -> [[Image]] {
    func number(_ line: Int, _ what: String) throws -> Int {
      let fields = try file.fields(line)
      guard fields.count == 1 else {
        throw file.error(line: line, found: "\(fields.count) columns", expected: what)
      }
      return try file.integer(fields[0], line: line, what: what, atLeast: 1)
    }
    var line = 0
    if folds > 1 {
      let listed = try number(0, "the number of folds")
      guard listed == folds else {
        throw file.error(
          line: 0, found: "\(listed) folds", expected: "\(folds)",
          advice: "The protocol's `folds` and the list must agree.")
      }
      line = 1
    }
    var result: [[Image]] = []
    for fold in 0..<folds {
      guard line < file.count else {
        throw file.error(line: nil, found: "\(fold) \(fold == 1 ? "fold" : "folds")", expected: "\(folds)")
      }
      let count = try number(line, "the number of people")
      guard count < file.count - line else {
        throw file.error(
          line: line, found: "\(count) people, of whom \(file.count - line - 1) are listed",
          expected: "a line for each", advice: "The list is not complete.")
      }
      result.append(try (line + 1...line + count).flatMap { try person(file, $0) })
      line += 1 + count
    }
    guard line == file.count else {
      throw file.error(line: line, found: "a line after the last of \(folds) folds", expected: "the end")
    }
    return result
  }

  private static func person(_ file: ListFile, _ line: Int) throws -> [Image] {
    let fields = try file.fields(line)
    guard fields.count == 2 else {
      throw file.error(line: line, found: "\(fields.count) columns", expected: "`name images`")
    }
    let count = try file.integer(fields[1], line: line, what: "a number of images", atLeast: 1)
    // No person has more: a damaged number must not fill the memory.
    guard count < 1_000_000 else {
      throw file.error(line: line, found: "\(count) images", expected: "a number of images")
    }
    return (1...count).map { image in
      let digits = String(image)
      let name = "\(fields[0])_" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      return Image(image: "\(fields[0])/\(name)", identity: String(fields[0]), place: file.place(line))
    }
  }
}
