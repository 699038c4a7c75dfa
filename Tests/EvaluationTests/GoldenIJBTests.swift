import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

/// Templates, scores and rates on a small set in IJB-C's formats against the codes of its users.
@Suite(.enabled(if: SharedData.goldenIsAvailable, "needs ../shared"))
struct GoldenIJBTests {
  static let lists = (SharedData.golden ?? "") + "/ijb_lists/IJBC/meta"

  /// The embeddings, named as in the list of images, whose order is the file's.
  static func embeddings(_ golden: GoldenFile) throws -> EmbeddingTable {
    let text = try String(contentsOfFile: lists + "/ijbc_face_tid_mid.txt", encoding: .utf8)
    let names = text.split(separator: "\n").map { String($0.prefix { $0 != "." }) }
    return try EmbeddingTable(
      source: "ijb.h5", names: names, features: golden.root.matrix("features").converted(to: Float.self),
      flipped: golden.root.matrix("features_flipped").converted(to: Float.self))
  }

  static func task(_ convention: String, _ table: EmbeddingTable) throws -> TemplateVerificationTask {
    let definition = try ProtocolDefinition(
      text: """
        name: ijb-small
        kind: template-verification
        lists: {format: ijb, media: ijbc_face_tid_mid.txt, detector-scores: ijbc_name_5pts_score.txt, pairs: ijbc_template_pair_label.txt}
        templates: 150
        pairs: 3090
        convention: \(convention)
        far: [0.1, 0.01, 0.001]
        """, file: "test.yaml")
    return try #require(
      try definition.task(lists: lists, names: table.names, source: table.source) as? TemplateVerificationTask
    )
  }

  private static let targets = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]

  /// Compares templates (up to their length), scores and TARs of one peer.
  private func compare(
    _ group: GoldenGroup, _ task: TemplateVerificationTask, _ table: EmbeddingTable, ids: [Int],
    tar name: String,
    scale: Double = 1, score: (Double) -> Double = { $0 }, tolerance: Double = 1e-12
  ) throws {
    let templates = try task.templates(split: 0, of: table)
    let golden = try group.matrix("template_features")
    let order = task.templateIDs(split: 0)
    #expect(order == ids.sorted())
    for (row, id) in ids.enumerated() {
      let expected = golden.row(row)
      let length = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let found = templates.row(try #require(order.firstIndex(of: id)))
      #expect(
        relativeError(found.map(Double.init), expected.map { $0 / length }) < 1e-6,
        "\(group.path), template \(id)")
    }
    let scores = try task.scores(split: 0, templates: templates).map { score(Double($0)) }
    #expect(relativeError(scores, try group.vector("score")) < 1e-6, "\(group.path)")
    let curve = try task.curve(split: 0, of: table)
    let rates = try group.vector(name)
    for (target, expected) in zip(Self.targets, rates) {
      let reading = try #require(curve.reading(at: target, rule: task.settings.convention.farRule))
      #expect(agree(scale * reading.tar, expected, tolerance), "\(group.path) at \(target)")
    }
    if try group.has("auc") {
      #expect(agree(try #require(curve.auc), try group.scalar("auc"), 1e-12), "\(group.path)")
    }
  }

  @Test
  func `All eight choices of norm, detector score and flip give insightface's templates, scores and rates`()
    throws
  {
    let golden = try GoldenFile("ijb")
    let table = try Self.embeddings(golden)
    let group = try golden.group("insightface_11")
    let ids = try group.integers("template_ids")
    #expect(try group.vector("target_far") == Self.targets)
    var compared = 0
    for variant in try group.groups() {
      let flags = Array(variant.name)
      let convention =
        "{preset: insightface, image-norm: \(flags[1] == "1" ? "normalise" : "keep"), "
        + "detector-score: \(flags[3] == "1"), flip: \(flags[5] == "1" ? "sum" : "none")}"
      let task = try Self.task(convention, table)
      #expect(task.settings.convention.name == (variant.name == "N0D1F1" ? "insightface" : "custom"))
      try compare(variant, task, table, ids: ids, tar: "tar_nearest")
      let labels = try group.integers("label").map { $0 == 1 }
      #expect(task.isGenuine(split: 0) == labels)
      compared += 1
    }
    #expect(compared == 8)
  }

  @Test func `FaceX-Zoo's templates, scores and rates are reproduced`() throws {
    let golden = try GoldenFile("ijb")
    let table = try Self.embeddings(golden)
    let ids = try golden.group("insightface_11").integers("template_ids")
    for (variant, convention) in [
      ("D1", "facexzoo"), ("D0", "{preset: facexzoo, detector-score: false}"),
    ] {
      // Printed with four decimals.
      try compare(
        golden.group("facexzoo_11/\(variant)"), Self.task(convention, table), table, ids: ids,
        tar: "tar_nearest_4_decimals", tolerance: 5.1e-5)
    }
  }

  @Test func `MagFace's templates, scores and rates are reproduced`() throws {
    let golden = try GoldenFile("ijb")
    let table = try Self.embeddings(golden)
    let ids = try golden.group("insightface_11").integers("template_ids")
    for (variant, convention) in [
      ("magface_qlt0", "magface"), ("magface_qlt1", "{preset: magface, media-norm: keep}"),
    ] {
      try compare(
        golden.group("magface_11/\(variant)"), Self.task(convention, table), table, ids: ids,
        tar: "tar_nearest", score: { 1 + $0 })
    }
  }

  @Test func `OpenSphere's templates, scores and rates are reproduced`() throws {
    let golden = try GoldenFile("ijb")
    let table = try Self.embeddings(golden)
    let group = try golden.group("opensphere")
    try compare(
      group, Self.task("opensphere", table), table, ids: group.integers("template_ids"), tar: "tpr_at_fpr")
  }

  @Test func `The detector scores and media of the list are the file's`() throws {
    let golden = try GoldenFile("ijb")
    let table = try Self.embeddings(golden)
    let task = try Self.task("likeness", table)
    let result = try task.result(of: table)
    let (templates, media) = (try golden.root.integers("templates"), try golden.root.integers("media"))
    #expect(result.splits[0].images == templates.count)
    #expect(result.splits[0].media == Set(zip(templates, media).map { "\($0) \($1)" }).count)
    #expect(result.splits[0].genuine + result.splits[0].impostor == 3090)
  }
}
