import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

@testable import Evaluation

/// Scores as files, out and in.
@Suite struct ScoreExportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let list = "1 a b 1\n1 a c -1\n2 \"q\",d c 1\n2 d b -1\n"

  private func export(_ list: String = Self.list, similarity: String = "cosine") throws -> ScoreExport {
    let table = try circle([("a", 0), ("b", 60), ("c", 90), ("d", 180), ("\"q\",d", 120)])
    let lists = try ListFolder(["p.txt": list])
    return try withExtendedLifetime(lists) {
      try ScoreExport(
        definition("{format: split-pairs, pairs: p.txt}", "similarity: \(similarity)"), table,
        lists: lists.path)
    }
  }

  @Test func aTableHasALineForEachPairInTheOrderOfTheList() throws {
    let path = folder.file("s.csv")
    #expect(try export().writeCSV(to: path) == 4)
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines[0] == "first,second,fold,label,score")
    #expect(lines[1].hasPrefix("a,b,1,1,0.5") || lines[1].hasPrefix("a,b,1,1,0.49999"))
    #expect(lines[2].hasPrefix("a,c,1,0,"))
    #expect(lines[3].hasPrefix("\"\"\"q\"\",d\",c,2,1,0.866"))
    #expect(lines[4].hasPrefix("d,b,2,0,-0.5") || lines[4].hasPrefix("d,b,2,0,-0.49999"))
    #expect(try folder.contents() == ["s.csv"])
  }

  @Test(arguments: ["cosine", "negative-l2"]) func scoresThatGoOutAndComeInGiveTheSameNumbers(
    similarity: String
  ) throws {
    let path = folder.file("s.csv")
    let table = try circle([("a", 0), ("b", 60), ("c", 90), ("d", 180), ("\"q\",d", 120)])
    let definition = try definition(
      "{format: split-pairs, pairs: p.txt}", "similarity: \(similarity)", far: "[0.5]")
    let lists = try ListFolder(["p.txt": Self.list])
    try ScoreExport(definition, table, lists: lists.path).writeCSV(to: path)
    let direct = try #require(try definition.evaluate(table, lists: lists.path) as? VerificationResult)
    let read = try ScoreFile(csv: path).result(targetFARs: [0.5])
    #expect(read.accuracy == direct.accuracy && read.auc == direct.auc && read.eer == direct.eer)
    #expect(read.operatingPoints == direct.operatingPoints && read.folds == 2)
    #expect(read.tables[0].title.hasSuffix(", convention likeness"))
  }

  @Test func aMatrixIsTheFieldsOwnByteByByte() throws {
    let path = folder.file("s.mtx")
    let shape = try export("1 a b 1\n1 a c -1\n2 d c 1\n2 d a -1\n").writeMatrix(to: path)
    #expect(shape.rows == 2 && shape.columns == 3)
    let names = ["s.mask", "s.mtx", "s.queries.xml", "s.targets.xml"]
    #expect(try folder.contents() == names)
    let mask = try #require(FileManager.default.contents(atPath: folder.file("s.mask")))
    #expect(
      Array(mask) == Array("S2\ns.targets.xml\ns.queries.xml\nMB 2 3 ".utf8) + [0x78, 0x56, 0x34, 0x12, 0x0a]
        + [0xff, 0x7f, 0, 0, 0xff, 0x7f])
    let matrix = Array(try #require(FileManager.default.contents(atPath: path)))
    let header = Array("S2\ns.targets.xml\ns.queries.xml\nMF 2 3 ".utf8) + [0x78, 0x56, 0x34, 0x12, 0x0a]
    #expect(matrix.starts(with: header) && matrix.count == header.count + 24)
    let scores = try OpenBRMatrix(path)
    #expect(scores.rows == 2 && scores.columns == 3 && scores.target == "s.targets.xml")
    let rows = try [scores.scores(row: 0), scores.scores(row: 1)]
    for (value, expected) in zip(rows.flatMap(\.self), [0.5, 0, 0, 0, 0, -1]) {
      #expect(abs(Double(value) - expected) < 1e-6)
    }
    let queries = try String(contentsOfFile: folder.file("s.queries.xml"), encoding: .utf8)
    #expect(queries.contains("<presentation file-name=\"a\"/>") && queries.contains("file-name=\"d\""))
  }

  @Test func aMatrixThatGoesOutAndComesInGivesTheSameRates() throws {
    let path = folder.file("s.mtx")
    try export().writeMatrix(to: path)
    try export().writeCSV(to: folder.file("s.csv"))
    let matrix = try ScoreFile(matrix: path, mask: folder.file("s.mask")).result(targetFARs: [0.5])
    let table = try ScoreFile(csv: folder.file("s.csv")).result(targetFARs: [0.5])
    #expect(matrix.genuine == 2 && matrix.impostor == 2 && matrix.folds == 1 && matrix.accuracy == nil)
    #expect(matrix.auc == table.auc && matrix.eer?.value == table.eer?.value)
    #expect(matrix.operatingPoints[0].tar == table.operatingPoints[0].tar)
  }

  @Test func oneComparisonUnderTwoLabelsIsNoMatrix() throws {
    let twice = try export("1 a b 1\n1 a c -1\n2 d c 1\n2 a b -1\n")
    let error = try harnessError { try twice.writeMatrix(to: folder.file("s.mtx")) }
    #expect(error.found == "the pair `a`, `b` both as genuine and as impostor")
    #expect(try folder.contents() == [])
    #expect(try twice.writeCSV(to: folder.file("s.csv")) == 4)
  }

  /// The bytes of a matrix of two rows and two columns, made by hand.
  private func matrix(_ kind: String, big: Bool, _ values: [Float]) -> Data {
    let data = values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * (big ? 3 - $0 : $0))) }
    }
    let magic: [UInt8] = big ? [0x12, 0x34, 0x56, 0x78] : [0x78, 0x56, 0x34, 0x12]
    return Data(Array("\(kind)\nt\nq\nMF 2 2 ".utf8) + magic + [0x0a] + data)
  }

  @Test func eitherByteOrderIsReadAndDistancesAreNegated() throws {
    let mask = Data(
      Array("S2\nt\nq\nMB 2 2 ".utf8) + [0x12, 0x34, 0x56, 0x78, 0x0a] + [0xff, 0x7f, 0, 0x7f])
    try AtomicFile.write(mask, to: folder.file("m.mask"))
    for big in [false, true] {
      for (kind, sign) in [("S2", 1.0), ("D2", -1.0)] {
        // What the mask ignores may be anything.
        try AtomicFile.write(matrix(kind, big: big, [0.25, 3, .nan, 2]), to: folder.file("m.mtx"))
        let scores = try ScoreFile(matrix: folder.file("m.mtx"), mask: folder.file("m.mask"))
        #expect(
          scores.folds == [
            LabelledScores(scores: [0.25 * sign, 3 * sign, 2 * sign], isGenuine: [true, false, false])
          ])
      }
    }
  }

  @Test func damagedMatricesAndMasksAreRefusedByTheirByte() throws {
    let good = matrix("S2", big: false, [1, 2, 3, 4])
    let start = Array("S2\nt\nq\n".utf8).count
    func refuse(_ data: Data, _ place: String?, _ found: String) throws {
      try AtomicFile.write(data, to: folder.file("bad.mtx"))
      let error = try harnessError { try OpenBRMatrix(folder.file("bad.mtx")) }
      #expect(
        error.file == folder.file("bad.mtx") && error.place == place && error.found == found, "\(error)")
    }
    try refuse(good.dropLast(), "byte \(start + 12)", "15 bytes of elements")
    try refuse(Data("X2\nt\nq\nMF 2 2 ".utf8), "byte 0", "no matrix header")
    try refuse(Data("S2\nt\n".utf8), "byte 0", "no matrix header")
    try refuse(Data("S2\nt\nq\nMF 2\n".utf8), "byte \(start)", "a damaged fourth line")
    try refuse(Data("S2\nt\nq\nMF 0 2 abcde".utf8), "byte \(start)", "a damaged fourth line")
    try refuse(Data("S2\nt\nq\nMF 2 2 abcd\n".utf8), "byte \(start + 7)", "no mark of the byte order")
    for count in 0..<good.count {  // Every beginning of a file is refused.
      try AtomicFile.write(good.prefix(count), to: folder.file("bad.mtx"))
      _ = try harnessError { try OpenBRMatrix(folder.file("bad.mtx")) }
    }
    try AtomicFile.write(good, to: folder.file("m.mtx"))
    let mask = Data(
      Array("S2\nt\nq\nMB 2 2 ".utf8) + [0x78, 0x56, 0x34, 0x12, 0x0a] + [0xff, 0x7f, 1, 0x7f])
    try AtomicFile.write(mask, to: folder.file("m.mask"))
    let byte = try harnessError { try ScoreFile(matrix: folder.file("m.mtx"), mask: folder.file("m.mask")) }
    #expect(byte.file == folder.file("m.mask") && byte.found == "the byte 1 in row 1, column 0")
    let swapped = try harnessError {
      try ScoreFile(matrix: folder.file("m.mask"), mask: folder.file("m.mtx"))
    }
    #expect(swapped.found == "a mask (MB)")
  }

  @Test func aNaNThatCountsIsRefusedByItsPlace() throws {
    try AtomicFile.write(matrix("S2", big: false, [1, 2, 3, .nan]), to: folder.file("m.mtx"))
    try AtomicFile.write(
      Data(Array("S2\nt\nq\nMB 2 2 ".utf8) + [0x78, 0x56, 0x34, 0x12, 0x0a] + [0xff, 0x7f, 0xff, 0x7f]),
      to: folder.file("m.mask"))
    let error = try harnessError { try ScoreFile(matrix: folder.file("m.mtx"), mask: folder.file("m.mask")) }
    #expect(error.place == "row 1, column 1" && error.found == "the score nan")
  }

  @Test(
    arguments: [
      ("", "an empty file", nil), ("label,score\n", "a header and no scores", nil),
      ("label\n1\n", "no column ‘score’", "line 1"),
      ("label,score\n2,0.5\n", "the label `2`", "line 2"),
      ("label,score\n1,nan\n", "the score `nan`", "line 2"),
      ("label,score\n1,0.5\n0,inf\n", "the score `inf`", "line 3"),
      ("label,score,fold\n1,0.5,0\n", "the fold `0`", "line 2"),
      ("label,score,fold\n1,0.5,1\n0,0.5,3\n", "folds [1, 3]", nil),
      ("label,score\n1\n", "1 columns", "line 2"),
    ] as [(String, String, String?)])
  func aMalformedTableOfScoresIsRefusedByItsLine(text: String, found: String, place: String?) throws {
    try AtomicFile.write(text, to: folder.file("s.csv"))
    let error = try harnessError { try ScoreFile(csv: folder.file("s.csv")) }
    #expect(error.found == found && error.place == place && error.file == folder.file("s.csv"), "\(error)")
  }

  @Test func scoresOfAnotherProgramNeedLabelsAndScoresOnly() throws {
    try AtomicFile.write(
      "score,who,label\n0.9,x,1\n-Infinity,y,1\n0.1,z,0\n0.2,z,0\n", to: folder.file("s.csv"))
    let result = try ScoreFile(csv: folder.file("s.csv")).result(targetFARs: [0.5, 0.1])
    #expect(result.genuine == 2 && result.impostor == 2 && result.accuracy == nil)
    #expect(result.operatingPoints.map(\.tar) == [0.5, nil])
    #expect(
      result.tables[0].title.hasSuffix(
        "; no accuracy: without folds there are no others to choose its threshold on"))
    #expect(result.warnings == ["FAR 0.1 is not attainable with 2 impostor pairs"])
    #expect(result.files[0].sha256 == (try Digest.sha256(file: folder.file("s.csv"))))
  }

  @Test func groupsAndTemplatesAreExportedAndSearchesAreNot() throws {
    let groups = try ProtocolDefinition(
      text: "{name: g, kind: group-verification, lists: {format: bfw, table: t.csv}, folds: 1, far: [0.5]}",
      file: "g.yaml")
    let table = try circle([("a", 0), ("b", 60), ("c", 90)])
    let lists = try ListFolder([
      "t.csv": "fold,p1,p2,label,att1,att2\n1,a.jpg,b.jpg,1,x,x\n1,a.jpg,c.jpg,0,y,y\n",
      "m.txt": "a.jpg 7 1\nb.jpg 9 2\n",
      "p.txt": "7 9 0\n", "i.txt": "a.jpg x\nb.jpg y\n",
    ])
    try ScoreExport(groups, table, lists: lists.path).writeCSV(to: folder.file("g.csv"))
    let text = try String(contentsOfFile: folder.file("g.csv"), encoding: .utf8)
    #expect(text.hasPrefix("first,second,fold,label,score,group\na,b,1,1,0.") && text.hasSuffix(",y\n"))
    let templates = try ProtocolDefinition(
      text: """
        {name: t, kind: template-verification, lists: {format: ijb, media: m.txt, pairs: p.txt},
         convention: {preset: likeness, detector-score: false}, far: [0.5]}
        """, file: "t.yaml")
    try ScoreExport(templates, table, lists: lists.path).writeCSV(to: folder.file("t.csv"))
    #expect(try String(contentsOfFile: folder.file("t.csv"), encoding: .utf8).contains("\n7,9,1,0,0.5"))
    let searches = try ProtocolDefinition(
      text: "{name: a, kind: all-pairs, lists: {format: labelled-images, images: i.txt}, far: [0.5]}",
      file: "a.yaml")
    #expect(try harnessError { try ScoreExport(searches, table, lists: lists.path) }.kind == .usage)
  }
}
