import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Evaluation

/// What `likeness validate` finds, each thing planted by hand.
@Suite struct ProtocolValidationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A store of unit vectors, each of another angle, with these names and people.
  private func store(_ name: String, _ images: [(name: String, person: String)], angle: Double = 1) throws
    -> FeatureStore
  {
    var people: [String] = []
    let labels = images.map { image -> Int32 in
      if let label = people.firstIndex(of: image.person) { return Int32(label) }
      people.append(image.person)
      return Int32(people.count - 1)
    }
    let rows = images.indices.map { [Float(cos(Double($0) * angle)), Float(sin(Double($0) * angle))] }
    let location = StoreLocation(path: folder.file(name))
    try FeatureStoreContents(
      features: Matrix(rows),
      metadata: StoreMetadata(labels: labels, names: images.map { $0.name }, identities: people)
    ).write(to: location)
    return try FeatureStore(opening: location)
  }

  private func findings(
    _ definition: ProtocolDefinition, _ files: [String: String], store: FeatureStore? = nil
  ) throws -> [Finding] {
    let lists = try ListFolder(files)
    return try ProtocolValidation(definition, file: "test.yaml", lists: lists.path, store: store).findings()
      .map { finding in
        // The folder's name is of no interest.
        Finding(
          severity: finding.severity, check: finding.check,
          file: finding.file.replacing(lists.path + "/", with: ""), place: finding.place,
          found: finding.found,
          advice: finding.advice)
      }
  }

  /// Severity, check, file and place in a word.
  private func summary(_ findings: [Finding]) -> [String] {
    findings.map { "\($0.severity.rawValue) \($0.check.rawValue) \($0.file) \($0.place ?? "-")" }
  }

  private static let good = """
    1 Ann/1 Ann/2 1
    1 Bo/1 Ann/1 -1
    2 Cy/1 Cy/2 1
    2 Cy/1 Di/1 -1

    """
  private static let people = ["Ann/1", "Ann/2", "Bo/1", "Cy/1", "Cy/2", "Di/1"].map {
    (name: $0, person: String($0.prefix { $0 != "/" }))
  }
  private static let format = "{format: split-pairs, pairs: p.txt, identities: folder}"

  @Test func aListWithoutFaultsHasNothingButTheNoteThatItIsNotPinned() throws {
    let found = try findings(
      definition(Self.format), ["p.txt": Self.good], store: store("s.h5", Self.people))
    #expect(summary(found) == ["note digests test.yaml lists"])
    let digest = Digest.sha256(Self.good)
    let pinned = try definition(
      "{format: split-pairs, pairs: p.txt, identities: folder, sha256: {p.txt: \(digest)}}")
    #expect(try findings(pinned, ["p.txt": Self.good], store: store("s.h5", Self.people)) == [])
  }

  @Test func anotherListIsAnErrorThatNamesBothDigests() throws {
    let digest = Digest.sha256(Self.good)
    let pinned = try definition("{format: split-pairs, pairs: p.txt, sha256: {p.txt: \(digest)}}")
    let changed = Self.good + "2 Di/1 Cy/1 -1\n"
    let found = try findings(pinned, ["p.txt": changed])
    #expect(summary(found) == ["error digests p.txt -"])
    #expect(found[0].found == "a file with SHA-256 \(Digest.sha256(changed)); expected \(digest)")
    #expect(summary(try findings(pinned, [:])) == ["error digests p.txt -"])
  }

  @Test func pairsThatRepeatSwappedOrNotAreFoundByTheirLine() throws {
    let list = Self.good + "2 Di/1 Cy/1 -1\n2 Cy/1 Cy/2 1\n1 Ann/1 Ann/1 1\n1 Ann/1 Ann/2 -1\n"
    let found = try findings(definition(Self.format, "balanced: false"), ["p.txt": list])
      .filter { $0.check == .duplicatePairs }
    #expect(found.map(\.place) == ["line 5", "line 6", "line 8", "line 7"])
    #expect(found[0].found == "the pair `Di/1`, `Cy/1` again, first on line 4, swapped")
    #expect(found[1].found == "the pair `Cy/1`, `Cy/2` again, first on line 3")
    #expect(found[2].found == "the pair `Ann/1`, `Ann/2` again, first on line 1, there with the other label")
    #expect(found[3].found == "`Ann/1` compared with itself")
    #expect(found.allSatisfy { $0.severity == .warning && $0.file == "p.txt" })
  }

  @Test func labelsThatContradictNamesOrStoreAreErrors() throws {
    let list = "1 Ann/1 Bo/1 1\n1 Ann/1 Ann/2 -1\n"
    let found = try findings(
      definition(Self.format, folds: 1), ["p.txt": list], store: store("s.h5", Self.people)
    )
    .filter { $0.check == .labelErrors }
    #expect(found.map(\.place) == ["line 1", "line 2", "line 1", "line 2"])
    #expect(
      found[0].found == "a genuine pair of Ann and Bo" && found[1].found == "an impostor pair of Ann alone")
    #expect(found[2].found.hasPrefix("a genuine pair of Ann and Bo, by the labels of "))
    #expect(found[3].found.hasPrefix("an impostor pair of Ann alone, by the labels of "))
    #expect(found.allSatisfy { $0.severity == .error })
  }

  @Test func foldsWithoutBalanceOrPairsAreErrorsUnlessTheyAreMeant() throws {
    let list = "1 Ann/1 Ann/2 1\n1 Ann/1 Bo/1 -1\n3 Cy/1 Cy/2 1\n"
    let found = try findings(definition(Self.format, folds: 3), ["p.txt": list]).filter {
      $0.check == .foldBalance
    }
    #expect(summary(found) == ["error fold-balance p.txt fold 2", "error fold-balance p.txt fold 3"])
    #expect(found[1].found == "1 genuine and 0 impostor pairs")
    let meant = try findings(definition(Self.format, "balanced: false", folds: 3), ["p.txt": list])
      .filter { $0.check == .foldBalance }
    #expect(meant.map(\.severity) == [.error, .note])
  }

  @Test func missingImagesAreErrorsWhereTheProtocolSaysNothingElse() throws {
    let store = try store("s.h5", Array(Self.people.dropLast(2)))
    for (policy, severity) in [("error", Finding.Severity.error), ("score-minimum", .warning)] {
      let found = try findings(
        definition(Self.format, "missing: \(policy)"), ["p.txt": Self.good], store: store
      )
      .filter { $0.check == .missingImages }
      #expect(found.map(\.place) == ["line 3", "line 4"])
      #expect(
        found.allSatisfy { $0.severity == severity && $0.advice?.contains("look like ‘Ann/1’") == true })
    }
  }

  @Test func peopleInSeveralFoldsAreFoundByNamesOrByTheLabelsOfTheStore() throws {
    let list = "1 Ann/1 Ann/2 1\n1 Bo/1 Ann/1 -1\n2 Cy/1 Cy/2 1\n2 Cy/1 Ann/2 -1\n"
    let named = try findings(definition(Self.format), ["p.txt": list]).filter {
      $0.check == .sharedIdentities
    }
    #expect(named.map(\.found) == ["Ann is in fold 1 and fold 2"] && named[0].place == "line 4")
    let nameless = "{format: split-pairs, pairs: p.txt}"
    let unknown = try findings(definition(nameless), ["p.txt": list]).filter { $0.check == .sharedIdentities }
    #expect(unknown.map(\.severity) == [.note])
    let labelled = try findings(definition(nameless), ["p.txt": list], store: store("s.h5", Self.people))
      .filter { $0.check == .sharedIdentities }
    #expect(labelled.map(\.found) == ["Ann is in fold 1 and fold 2"])
  }

  @Test func targetsThatTheImpostorsCannotSupportAreWarnings() throws {
    let found = try findings(
      definition(Self.format, far: "[0.5, 0.4, 0.1]"), ["p.txt": Self.good]
    ).filter { $0.check == .unattainable }
    #expect(
      found.map(\.found) == [
        "FAR 0.4 needs more than the 2 impostor pairs; the smallest FAR is 0.5",
        "FAR 0.1 needs more than the 2 impostor pairs; the smallest FAR is 0.5",
      ])
    #expect(found.allSatisfy { $0.file == "test.yaml" && $0.place == "far" && $0.severity == .warning })
  }

  @Test func theFirstTenOfAKindAreShownAndTheOthersCounted() throws {
    let list = Self.good + String(repeating: "2 Cy/1 Di/1 -1\n", count: 13)
    let found = try findings(definition(Self.format, "balanced: false"), ["p.txt": list])
      .filter { $0.check == .duplicatePairs }
    #expect(found.count == 11 && found[10].found == "3 more of this kind")
  }

  @Test func aListThatCannotBeReadIsOneErrorWithItsLine() throws {
    let found = try findings(definition(Self.format), ["p.txt": "1 a b 1\n1 a b\n"])
    #expect(summary(found).last == "error lists p.txt line 2")
  }

  // MARK: Other kinds

  private func templates(_ pairs: String, far: String = "[0.5]") throws -> (
    ProtocolDefinition, [String: String]
  ) {
    let definition = try ProtocolDefinition(
      text: """
        name: t
        kind: template-verification
        lists: {format: ijb, media: m.txt, pairs: p.txt}
        convention: {preset: likeness, detector-score: false}
        far: \(far)
        """, file: "test.yaml")
    return (
      definition,
      [
        "m.txt": "Ann/1.jpg 1 10\nAnn/2.jpg 1 11\nBo/1.jpg 2 12\nCy/1.jpg 3 13\nCy/2.jpg 3 14\n",
        "p.txt": pairs,
      ]
    )
  }

  @Test func templatePairsThatRepeatOrContradictTheStoreAreFoundByTheirLine() throws {
    let (definition, files) = try templates("1 2 0\n2 1 0\n1 3 1\n3 3 1\n", far: "[0.5, 0.1]")
    let found = try findings(definition, files, store: store("s.h5", Self.people))
    #expect(
      found.filter { $0.check == .duplicatePairs }.map(\.found) == [
        "the templates 1 and 2 again, first on line 1"
      ])
    #expect(found.filter { $0.check == .duplicatePairs }.map(\.place) == ["line 2"])
    #expect(found.filter { $0.check == .labelErrors }.map(\.place) == ["line 3"])
    #expect(
      found.filter { $0.check == .unattainable }.map(\.found) == [
        "FAR 0.1 needs more than the 2 impostor pairs; the smallest FAR is 0.5"
      ])
    // Without a store the lists are checked by themselves.
    let alone = try findings(definition, files)
    #expect(Set(alone.map(\.check)) == [.digests, .duplicatePairs, .unattainable])
  }

  @Test func aTemplateOfTwoPeopleIsAnError() throws {
    let (definition, files) = try templates("1 2 0\n")
    let mixed = try store("s.h5", Self.people.map { $0.name == "Ann/2" ? (name: $0.name, person: "Bo") : $0 })
    let found = try findings(definition, files, store: mixed).filter { $0.check == .labelErrors }
    #expect(found.map(\.found) == ["template 1 has images of Ann and Bo"] && found[0].file == "m.txt")
  }

  @Test func nonMatedSearchesLimitTheFPIRAndSubjectsMustBePeople() throws {
    let definition = try ProtocolDefinition(
      text: """
        name: i
        kind: template-identification
        lists: {format: labelled-images, galleries: [g.txt], probes: p.txt}
        ranks: [1]
        fpir: [0.5, 0.1]
        convention: {preset: likeness, detector-score: false}
        """, file: "test.yaml")
    let files = ["g.txt": "Ann/1 a\nBo/1 b\n", "p.txt": "Ann/2 b\nCy/1 c\nCy/2 c\n"]
    let found = try findings(definition, files, store: store("s.h5", Self.people))
    #expect(
      found.filter { $0.check == .unattainable }.map(\.found) == [
        "FPIR 0.1 needs more than the 2 non-mated searches of g.txt; the smallest FPIR is 0.5"
      ])
    let labels = found.filter { $0.check == .labelErrors }
    #expect(
      labels.count == 1 && labels[0].found == "subject b is Ann on `Ann/2` (row 1) and Bo on `Bo/1` (row 2)")
  }

  @Test func allPairsNeedAStoreAndHaveAllTheirImpostorsCounted() throws {
    let definition = try ProtocolDefinition(
      text: """
        name: a
        kind: all-pairs
        lists: {format: labelled-images, images: t.txt}
        far: [0.5, 0.25, 0.2]
        """, file: "test.yaml")
    let files = ["t.txt": "Ann/1 a\nAnn/2 a\nBo/1 b\n"]
    let alone = try findings(definition, files)
    #expect(alone.map(\.check) == [.digests, .lists] && alone.allSatisfy { $0.severity == .note })
    let found = try findings(definition, files, store: store("s.h5", Self.people))
    #expect(found.filter { $0.check == .unattainable }.count == 2)
    #expect(found.filter { $0.check == .labelErrors } == [])
  }

  // MARK: Stores

  @Test func rowsThatAreEqualAreWorseAcrossPeople() throws {
    let location = StoreLocation(path: folder.file("d.h5"))
    try FeatureStoreContents(
      features: Matrix<Float>([[1, 2], [1, 2], [3, 4], [3, 4], [5, 6]]),
      metadata: StoreMetadata(labels: [0, 0, 0, 1, 1], names: ["a", "b", "c", "d", "e"])
    ).write(to: location)
    let found = try ProtocolValidation.findings(of: FeatureStore(opening: location))
    #expect(found.map(\.severity) == [.warning, .note])
    #expect(
      found[0].place == "features, row 3"
        && found[0].found == "equal in every bit to row 2: `c` = `d`, of different identities")
    #expect(found[1].place == "features, row 1" && found[1].found == "equal in every bit to row 0: `a` = `b`")
  }

  @Test func whatTrainsAndIsTestedIsAnErrorByPersonImageAndRow() throws {
    let test = try store("test.h5", [("x/1", "Ann_Lee"), ("x/2", "Bo")])
    let train = try store("train.h5", [("y/1", "Cy"), ("x/2", "ann lee")])
    let found = try ProtocolValidation.findings(of: test, against: train)
    let source = train.location.description
    #expect(found.allSatisfy { $0.severity == .error && $0.check == .trainingOverlap })
    #expect(
      found.map(\.found) == [
        "Ann_Lee trains in \(source), as ann lee", "the image `x/2` trains in \(source)",
        "row 0 is equal in every bit to row 0 of \(source)",
        "row 1 is equal in every bit to row 1 of \(source)",
      ])
  }

  // MARK: Real data

  @Test(.enabled(if: SharedData.isAvailable, "needs ../shared"))
  func realStoresGiveTheSharedPeopleAndTheRepeatedRowsThatAreKnownOfThem() throws {
    let cfp = try FeatureStore(opening: StoreLocation(path: SharedData.data("cfp_dlib.h5")))
    let lfw = try FeatureStore(opening: StoreLocation(path: SharedData.data("lfw_dlib.h5")))
    // 176 of CFP's 500 people are in LFW, of whom ten are shown; no image and no row is in both.
    let overlap = try ProtocolValidation.findings(of: cfp, against: lfw)
    #expect(overlap.count == 11 && overlap.allSatisfy { $0.severity == .error })
    #expect(overlap.last?.found.hasPrefix("166 more people that train in ") == true)
    // 28 rows repeat an earlier one, in 27 sets.
    let groups = try cfp.duplicateRows()
    #expect(groups.count == 27 && groups.reduce(0) { $0 + $1.count - 1 } == 28)
    #expect(try ProtocolValidation.findings(of: lfw) == [])
  }

  @Test(
    .enabled(if: SharedData.isAvailable, "needs ../shared"),
    arguments: [
      ("lfw", "lfw", "lfw_dlib.h5"), ("cfp-ff", "cfp", "cfp_dlib.h5"), ("cfp-fp", "cfp", "cfp_dlib.h5"),
    ])
  func theRealListsFitTheirProtocolsAndStores(name: String, lists: String, store: String) throws {
    let file = "\(SharedData.repositoryRoot)/protocols/\(name).yaml"
    let found = try ProtocolValidation(
      ProtocolDefinition(file: file), file: file, lists: SharedData.data("lists/\(lists)"),
      store: FeatureStore(opening: StoreLocation(path: SharedData.data(store)))
    ).findings()
    #expect(found.filter { $0.severity == .error } == [])
    #expect(
      !found.contains { $0.check == .digests || $0.check == .sharedIdentities || $0.check == .foldBalance })
  }
}
