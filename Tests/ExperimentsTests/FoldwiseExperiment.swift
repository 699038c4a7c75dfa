import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport

@testable import Experiments

/// A fold-wise experiment on a small store of 16 people in four folds and 4 people in none, with two lists: in the second one the
/// people of each fold are those of the next fold in the first.
struct FoldwiseExperiment {
  static let people = 20
  static let imagesPerPerson = 4
  static let folds = 4

  let folder: TemporaryFolder
  var results: String { folder.file("results") }
  var file: String { folder.file("experiment.yaml") }

  /// - Parameters:
  ///   - lists: the text of the first list.
  ///   - protocols: which lists are used.
  init(
    lists: String? = nil, protocols: [String] = ["first"], unlisted: String = "exclude",
    losses: String = "[{name: normface, scale: 8}]", stores: [String] = ["people.h5"], seeds: String = "[1]",
    derive: String? = nil
  ) throws {
    folder = try TemporaryFolder()
    try Self.contents(seed: 3).write(to: StoreLocation(path: folder.file("people.h5")))
    for (name, shift) in [("first", 0), ("second", 1)] {
      try FileManager.default.createDirectory(
        atPath: folder.file("lists/\(name)"), withIntermediateDirectories: true)
      let text = shift == 0 ? lists ?? Self.list(shift: 0) : Self.list(shift: shift)
      try AtomicFile.write(text, to: folder.file("lists/\(name)/pairs.txt"))
      try AtomicFile.write(
        TinyExperiment.verification(name: name, folds: Self.folds), to: folder.file("\(name).yaml"))
    }
    let uses = protocols.map { "{protocol: \($0).yaml, lists: lists/\($0)}" }.joined(separator: ", ")
    try AtomicFile.write(
      """
      name: foldwise
      data:
        folds: {stores: [\(stores.joined(separator: ", "))], unlisted: \(unlisted)}\(derive.map { "\n  derive: \($0)" } ?? "")
      protocols: [\(uses)]
      networks: {linear: [{linear: 6}]}
      losses: \(losses)
      training: {steps: 30, batch: 16, optimiser: {learning-rate: 0.05}}
      seeds: \(seeds)
      """, to: file)
  }

  /// People around random centres.
  static func contents(seed: UInt64) -> FeatureStoreContents {
    var stream = RandomStream(seed: seed, name: "people")
    var features = Matrix<Float>(rows: people * imagesPerPerson, columns: 12)
    for person in 0..<people {
      let centre = (0..<12).map { _ in Float(stream.normal()) }
      for image in 0..<imagesPerPerson {
        for column in 0..<12 {
          features[person * imagesPerPerson + image, column] = centre[column] + 0.9 * Float(stream.normal())
        }
      }
    }
    let rows = people * imagesPerPerson
    return FeatureStoreContents(
      features: features,
      metadata: StoreMetadata(
        labels: (0..<rows).map { Int32($0 / imagesPerPerson) },
        names: (0..<rows).map { row in
          let person = name(row / imagesPerPerson)
          return "\(person)/\(person)_000\(row % imagesPerPerson + 1)"
        }, identities: (0..<people).map(name)))
  }

  static func name(_ person: Int) -> String { "Person_\(person < 10 ? "0" : "")\(person)" }

  /// Four folds of four people each, in LFW's form: every person's images 1–2 and 3–4, and eight pairs of different people.
  static func list(shift: Int) -> String {
    var lines = ["\(folds)\t8"]
    for fold in 0..<folds {
      let first = (fold + shift) % folds * 4
      for person in first..<first + 4 {
        lines += ["\(name(person))\t1\t2", "\(name(person))\t3\t4"]
      }
      for step in 1...2 {
        for offset in 0..<4 {
          let (a, b) = (first + offset, first + (offset + step) % 4)
          lines.append("\(name(a))\t\(step)\t\(name(b))\t\(step + 2)")
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  func bind() throws -> BoundExperiment {
    try BoundExperiment(ExperimentDefinition(file: file), data: folder.path, results: results)
  }

  @discardableResult
  func run(jobs: Int = 1) async throws -> ExperimentRunner.Outcome {
    try await ExperimentRunner(bind(), results: results, jobs: jobs).run()
  }
}
