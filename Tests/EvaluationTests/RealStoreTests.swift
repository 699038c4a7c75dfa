import Evaluation
import FeatureStores
import Foundation
import Metrics
import TestSupport
import Testing

/// Verification on the real stores gives every published figure of their description, to its printed digits.
@Suite(.enabled(if: SharedData.isAvailable, "needs ../shared"))
struct RealStoreTests {
  struct Figures: CustomTestStringConvertible, Sendable {
    let store: String
    let similarity: Similarity
    let name: String
    let accuracy: String
    let spread: String
    /// By target FAR.
    let tar: [Double: String]
    let auc: String
    let eer: String?

    var testDescription: String { "\(store), \(similarity.rawValue), \(name)" }
  }

  static let figures = [
    Figures(
      store: "lfw_dlib", similarity: .cosine, name: "lfw", accuracy: "0.9898", spread: "0.0040",
      tar: [0.1: "0.9987", 0.01: "0.9897", 0.001: "0.9713"], auc: "0.99921", eer: "0.0103"),
    Figures(
      store: "lfw_dlib", similarity: .negativeL2, name: "lfw", accuracy: "0.9883", spread: "0.0028",
      tar: [0.1: "0.9977", 0.01: "0.9880", 0.001: "0.9487"], auc: "0.99908", eer: "0.0113"),
    Figures(
      store: "lfw_mobileface_v2", similarity: .cosine, name: "lfw", accuracy: "0.9875", spread: "0.0047",
      tar: [0.1: "0.9977", 0.01: "0.9850", 0.001: "0.9503"], auc: "0.99863", eer: "0.0127"),
    Figures(
      store: "cfp_dlib", similarity: .negativeL2, name: "cfp-ff", accuracy: "0.9906", spread: "0.0027",
      tar: [:], auc: "0.99919", eer: nil),
    Figures(
      store: "cfp_dlib", similarity: .negativeL2, name: "cfp-fp", accuracy: "0.9169", spread: "0.0142",
      tar: [0.01: "0.7146"], auc: "0.97702", eer: nil),
    Figures(
      store: "cfp_mobileface_v2", similarity: .cosine, name: "cfp-ff", accuracy: "0.9839", spread: "0.0046",
      tar: [:], auc: "0.99814", eer: nil),
    Figures(
      store: "cfp_mobileface_v2", similarity: .cosine, name: "cfp-fp", accuracy: "0.8359", spread: "0.0160",
      tar: [0.01: "0.5354"], auc: "0.90939", eer: nil),
  ]

  static func result(_ figures: Figures) throws -> VerificationResult {
    let definition = try ProtocolDefinition.located(
      figures.name, folder: ProtocolDefinitionTests.folder
    ).using(figures.similarity)
    let table = try EmbeddingTable(
      FeatureStore(opening: StoreLocation(SharedData.data("\(figures.store).h5"))))
    let lists = SharedData.data("lists/\(figures.name.hasPrefix("cfp") ? "cfp" : "lfw")")
    return try #require(try definition.evaluate(table, lists: lists) as? VerificationResult)
  }

  @Test(arguments: figures)
  func `Accuracy, its spread, TAR, AUC and EER`(figures: Figures) throws {
    func text(_ value: Double?, _ decimals: Int) throws -> String {
      String(format: "%.\(decimals)f", try #require(value))
    }
    let result = try Self.result(figures)
    #expect(try text(result.accuracy?.mean, 4) == figures.accuracy)
    #expect(try text(result.accuracy?.populationSD, 4) == figures.spread)
    #expect(try text(result.auc, 5) == figures.auc)
    if let eer = figures.eer { #expect(try text(result.eer?.value, 4) == eer) }
    for (target, tar) in figures.tar.sorted(by: { $0.key > $1.key }) {
      let point = try #require(result.operatingPoints.first { $0.targetFAR == target })
      #expect(try text(point.tar, 4) == tar)
      #expect(point.attainable)
      #expect(try #require(point.realisedFAR) <= target)
    }
    // Both data sets' folds are made of different people, and nothing is missing.
    #expect(result.header.identitiesInSeveralFolds == 0)
    #expect(result.header.missing.pairs == 0)
    #expect(result.warnings.isEmpty)
    #expect(result.header.pairs.genuine == result.header.pairs.impostor)
    #expect(result.header.pairs.listed == (figures.name == "lfw" ? 6000 : 7000))
  }

  @Test func `LFW's view 1 lists are read as they are`() throws {
    let folder = SharedData.data("lists/lfw")
    for (file, pairs) in [("pairsDevTrain.txt", 2200), ("pairsDevTest.txt", 1000)] {
      let definition = try definition("{format: lfw, pairs: \(file)}", folds: 1)
      let settings = try #require(definition.pairVerification)
      let listed = try settings.lists.format.read(folder: folder, folds: 1)
      #expect(listed.count == pairs)
      #expect(listed.count { $0.isGenuine } == pairs / 2)
    }
  }

  @Test func `CFP's numbers mean the rows that its description gives`() throws {
    let store = try FeatureStore(
      opening: StoreLocation(SharedData.data("cfp_dlib.h5")), validation: .structure)
    let settings = try #require(
      try ProtocolDefinition.located("cfp-fp", folder: ProtocolDefinitionTests.folder).pairVerification)
    let listed = try settings.lists.format.read(folder: SharedData.data("lists/cfp"), folds: 10)
    let text = try String(contentsOfFile: SharedData.data("lists/cfp/Split/FP/01/same.txt"), encoding: .utf8)
    for (pair, line) in zip(listed, text.split(whereSeparator: \.isNewline)) {
      let numbers = line.split(separator: ",").compactMap { Int($0) }
      let frontal = (numbers[0] - 1) / 10 * 14 + (numbers[0] - 1) % 10
      let profile = (numbers[1] - 1) / 4 * 14 + 10 + (numbers[1] - 1) % 4
      #expect(store.rowIndex(ofName: pair.first) == frontal)
      #expect(store.rowIndex(ofName: pair.second) == profile)
    }
  }
}
