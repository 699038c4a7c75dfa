import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Experiments

@Suite("Identity of runs")
struct RunIdentityTests {
  private func hashes(_ experiment: BoundExperiment) -> [String] {
    experiment.grid.runs.map(\.identity.hash)
  }

  @Test func `The canonical encoding is JSON with sorted keys, no spaces and shortest numbers`() throws {
    struct Value: Encodable {
      var zeta = 0.1
      var alpha = ["/", "ä"]
      var middle = 5e-4
      var nothing: Int?
    }
    let text = String(decoding: try CanonicalJSON.encode(Value()), as: UTF8.self)
    #expect(text == #"{"alpha":["/","ä"],"middle":0.0005,"zeta":0.1}"#)
    #expect(try CanonicalJSON.encodeIndented(Value()).last == UInt8(ascii: "\n"))
  }

  @Test func `What JSON cannot hold is an error`() throws {
    #expect(try harnessError { try CanonicalJSON.encode([Double.nan]) }.kind == .fault)
  }

  @Test func `A damaged or missing JSON file is named`() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("{", to: folder.file("a.json"))
    let damaged = try harnessError { try CanonicalJSON.decode([Int].self, from: folder.file("a.json")) }
    #expect(damaged.kind == .badInput && damaged.file == folder.file("a.json"))
    let absent = try harnessError { try CanonicalJSON.decode([Int].self, from: folder.file("b.json")) }
    #expect(absent.kind == .missingInput)
  }

  @Test func `The prefix is readable and no part of the hash`() throws {
    let a = try RunIdentity(of: [1, 2], prefix: "World 1, MLP: ArcFace (margin 0.5)")
    let b = try RunIdentity(of: [1, 2], prefix: "Ünïcode//")
    #expect(a.hash == b.hash && a.hash.count == 64)
    #expect(a.folderName == "world-1-mlp-arcface-margin-0.5-" + a.hash.prefix(16))
    #expect(b.prefix == "n-code")
    #expect(try RunIdentity(of: [2, 1], prefix: "").hash != a.hash)
  }

  @Test func `Paths, formatting, order of keys and spelled-out defaults do not change a run`() throws {
    let first = try TinyExperiment()
    let second = try TinyExperiment()
    let moved = second.folder.file("elsewhere")
    try FileManager.default.createDirectory(atPath: moved, withIntermediateDirectories: true)
    try AtomicFile.write(
      """
      # The same, written by another hand.
      seeds:
        - 1
        - 2
      title: Another title
      training:
        schedule: {warm-up: 4, final: 0.0, name: cosine}
        optimiser:
          {momentum: 0.90, name: sgd, nesterov: false, learning-rate: 5.0e-2, weight-decay: {weight: 0.0005}}
        batch: 16
        steps: 4e1
      losses:
        - {scale: 8.0, name: normface}
        - name: cosface
          margin: 2.0e-1
          scale: 8
      samplers: [uniform]
      networks:
        renamed:
          - linear: {outputs: 8, bias: true, initialise: he}
          - batch-norm: {epsilon: 1.0e-5}
          - prelu: 0.25
          - dropout: 0.2
          - linear: 6
      protocols:
        - {set: test, protocol: ../tiny-lfw.yaml}
      data: {world: {train: train, definition: "../world.yaml"}}
      name: other
      """, to: moved + "/other.yaml")
    let other = try BoundExperiment(
      ExperimentDefinition(file: moved + "/other.yaml"), data: nil, results: moved + "/results")
    #expect(try hashes(first.bind()) == hashes(other))
  }

  @Test func `A network that is renamed finds the runs that it has`() async throws {
    var parts = TinyExperiment.Parts()
    let tiny = try TinyExperiment(parts)
    try await tiny.run()
    let before = try tiny.snapshot()
    parts.networks = parts.networks.replacingOccurrences(of: "small", with: "tower")
    try tiny.write(parts)
    let log = EventLog()
    #expect(try await tiny.run(show: log.add) == ExperimentRunner.Outcome())
    #expect(log.missing == 0)
    #expect(try tiny.snapshot() == before)
  }

  @Test(arguments: [
    ("margin: 0.2", "margin: 0.3"), ("warm-up: 4", "warm-up: 5"), ("batch: 16", "batch: 17"),
    ("steps: 40", "steps: 41"), ("seeds: [1, 2]", "seeds: [3, 4]"), ("dropout: 0.2", "dropout: 0.3"),
    ("learning-rate: 0.05", "learning-rate: 0.06"), ("mechanisms: [conventional]", "mechanisms: [multiface]"),
    ("scale: 8", "scale: 9"),
  ])
  func `What decides the result changes the runs that it concerns, and no others`(
    text: String, replacement: String
  ) throws {
    let tiny = try TinyExperiment()
    let before = try tiny.bind()
    var changed = TinyExperiment.Parts().text.replacingOccurrences(of: text, with: replacement)
    // Six columns in four groups would make no sense.
    changed = changed.replacingOccurrences(of: "[multiface]", with: "[{name: multiface, groups: 3}]")
    try AtomicFile.write(changed, to: tiny.file)
    let after = try tiny.bind()
    for (old, new) in zip(before.grid.runs, after.grid.runs) {
      let concerned = old.row.kind == .trained && (text != "margin: 0.2" || old.row.loss == "CosFace")
      #expect((old.identity.hash != new.identity.hash) == concerned, "\(old.row.label)")
    }
  }

  @Test func `Changing one loss's margin retrains that row only`() async throws {
    var parts = TinyExperiment.Parts()
    let tiny = try TinyExperiment(parts)
    try await tiny.run()
    let before = try tiny.snapshot()
    parts.losses = parts.losses.replacingOccurrences(of: "margin: 0.2", with: "margin: 0.3")
    try tiny.write(parts)
    let missing = try ExperimentStatus(tiny.bind(), results: tiny.results).states().filter {
      $0.state != .finished
    }
    #expect(missing.map(\.run.row.loss) == ["CosFace", "CosFace"])
    #expect(missing.map(\.run.seed) == [1, 2])
    let log = EventLog()
    let outcome = try await tiny.run(show: log.add)
    #expect(outcome.finished == 2 && log.missing == 2)
    #expect(Set(log.starts.keys) == Set(missing.map(\.run.identity.folderName)))
    let after = try tiny.snapshot()
    // Bytes and dates of all that was there.
    for (path, file) in before { #expect(after[path] == file, "\(path)") }
    let new = Set(after.keys.filter { before[$0] == nil }.map { $0.split(separator: "/")[0] })
    #expect(new == Set(missing.map { Substring($0.run.identity.folderName) }))
  }
}
