import Evaluation
import FeatureStores
import TestSupport
import Testing

@Suite("List formats")
struct ListFormatTests {
  static let lfw = "2\t1\nAnn\t1\t12\nAnn\t2\tBo\t3\nCy\t7\t10000\nBo\t1\tCy\t2\n"

  @Test func `LFW's view 2 gives folds, image names and people`() throws {
    let pairs = try definition("{format: lfw}").pairs(in: ListFolder(["pairs.txt": Self.lfw]))
    #expect(
      pairs == [
        ListedPair(
          first: "Ann/Ann_0001", second: "Ann/Ann_0012", isGenuine: true, fold: 0, firstIdentity: "Ann",
          secondIdentity: "Ann"),
        ListedPair(
          first: "Ann/Ann_0002", second: "Bo/Bo_0003", isGenuine: false, fold: 0, firstIdentity: "Ann",
          secondIdentity: "Bo"),
        ListedPair(
          first: "Cy/Cy_0007", second: "Cy/Cy_10000", isGenuine: true, fold: 1, firstIdentity: "Cy",
          secondIdentity: "Cy"),
        ListedPair(
          first: "Bo/Bo_0001", second: "Cy/Cy_0002", isGenuine: false, fold: 1, firstIdentity: "Bo",
          secondIdentity: "Cy"),
      ])
  }

  @Test func `Spaces, CRLF, a byte-order mark and blank lines at the end change nothing`() throws {
    let plain = try definition("{format: lfw}").pairs(in: ListFolder(["pairs.txt": Self.lfw]))
    for text in [
      Self.lfw.replacing("\t", with: "  "), Self.lfw.replacing("\n", with: "\r\n"), "\u{FEFF}" + Self.lfw,
      Self.lfw + "\n \n\n", String(Self.lfw.dropLast()),
    ] {
      #expect(try definition("{format: lfw}").pairs(in: ListFolder(["pairs.txt": text])) == plain)
    }
  }

  @Test func `LFW's view 1 has one number in its header and one fold`() throws {
    let folder = try ListFolder(["pairsDevTest.txt": "2\nAnn\t1\t2\nBo\t1\t2\nAnn\t1\tBo\t1\nAnn\t2\tBo\t2\n"]
    )
    let pairs = try definition("{format: lfw, pairs: pairsDevTest.txt}", folds: 1).pairs(in: folder)
    #expect(pairs.map(\.isGenuine) == [true, true, false, false])
    #expect(pairs.allSatisfy { $0.fold == 0 })
  }

  @Test(
    arguments: [
      ("", nil, "an empty file"), ("2\t1\t1\n", 1, "3 columns"), ("two\t1\n", 1, "`two`"),
      ("2\t0\n", 1, "`0`"),
      ("3\t1\n", 1, "3 folds"), ("2\t1\nAnn\t1\t2\n", nil, "2 lines"),
      ("2\t1\nAnn\t1\tBo\t2\nAnn\t1\t2\nAnn\t1\t2\nBo\t1\tCy\t2\n", 2, "4 columns"),
      ("2\t1\nAnn\t1\t2\nAnn\t1\t2\nAnn\t1\t2\nBo\t1\tCy\t2\n", 3, "3 columns"),
      ("2\t1\nAnn\t1\t2\nAnn\t1\tBo\t2\nAnn\t0\t2\nBo\t1\tCy\t2\n", 4, "`0`"),
      ("2\t1\nAnn\t1\t2\n\nAnn\t1\t2\nBo\t1\tCy\t2\n", 3, "a blank line"),
      ("2\t1\nAnn\t1\tx\nAnn\t1\tBo\t2\nAnn\t1\t2\nBo\t1\tCy\t2\n", 2, "`x`"),
    ] as [(String, Int?, String)])
  func `A malformed LFW list is refused with its file and line`(text: String, line: Int?, found: String)
    throws
  {
    let folder = try ListFolder(["pairs.txt": text])
    let error = try harnessError { try definition("{format: lfw}").pairs(in: folder) }
    #expect(error.file == folder.path + "/pairs.txt")
    #expect(error.place == line.map { "line \($0)" })
    #expect(error.found.hasPrefix(found), "\(error)")
    #expect(error.expected != nil)
  }

  static let cfp = [
    "F.txt":
      "1 ../Data/Images/001/frontal/01.jpg\n3 ../Data/Images/002/frontal/01.jpg\n2 ../Data/Images/001/frontal/02.jpg\n",
    "P.txt": "1 ../Data/Images/001/profile/04.jpg\n2 ../Data/Images/002/profile/01.jpg\n",
    "S/01/same.txt": "1,1\n", "S/01/diff.txt": "3,1\n", "S/02/same.txt": "3, 2\n", "S/02/diff.txt": "2,2\n",
  ]

  @Test func `CFP's splits refer to both image lists by number`() throws {
    let pairs = try definition("{format: cfp, first: F.txt, second: P.txt, splits: S}").pairs(
      in: ListFolder(Self.cfp))
    #expect(pairs.map(\.first) == ["001/frontal/01", "002/frontal/01", "002/frontal/01", "001/frontal/02"])
    #expect(pairs.map(\.second) == ["001/profile/04", "001/profile/04", "002/profile/01", "002/profile/01"])
    #expect(pairs.map(\.isGenuine) == [true, false, true, false])
    #expect(pairs.map(\.fold) == [0, 0, 1, 1])
    #expect(pairs.map(\.firstIdentity) == ["001", "002", "002", "001"])
    #expect(pairs.map(\.secondIdentity) == ["001", "001", "002", "002"])
  }

  @Test(arguments: [
    ("S/01/same.txt", "1\n", 1, "1 columns"), ("S/01/same.txt", "9,1\n", 1, "image 9"),
    ("S/02/diff.txt", "1,1\n1,x\n", 2, "`x`"), ("F.txt", "1 a/b.jpg\n", 1, "the path `a/b.jpg`"),
    ("P.txt", "1 a/b/c.jpg\n1 a/b/d.jpg\n", 2, "image 1 a second time"), ("P.txt", "1\n", 1, "1 columns"),
  ])
  func `A malformed CFP list is refused with its file and line`(
    file: String, text: String, line: Int, found: String
  ) throws {
    var files = Self.cfp
    files[file] = text
    let folder = try ListFolder(files)
    let error = try harnessError {
      try definition("{format: cfp, first: F.txt, second: P.txt, splits: S}").pairs(in: folder)
    }
    #expect(error.file == "\(folder.path)/\(file)")
    #expect(error.place == "line \(line)")
    #expect(error.found == found)
  }

  @Test func `A missing list file is named`() throws {
    var files = Self.cfp
    files["S/02/same.txt"] = nil
    let folder = try ListFolder(files)
    let error = try harnessError {
      try definition("{format: cfp, first: F.txt, second: P.txt, splits: S}").pairs(in: folder)
    }
    #expect(error.kind == .missingInput)
    #expect(error.file == folder.path + "/S/02/same.txt")
  }

  @Test func `Lists sorted by class are interleaved into balanced folds`() throws {
    let genuine = (0..<6).map { "P\($0)_0001.jpg \($0 / 3 + 1)\nP\($0)_0002.jpg \($0 / 3 + 1)\n" }.joined()
    let impostor = (0..<6).map { "P\($0)_0001.jpg 0\nQ\($0)_0001.jpg 0\n" }.joined()
    let folder = try ListFolder(["pairs_CALFW.txt": genuine + impostor])
    let pairs = try definition(
      "{format: two-line, pairs: pairs_CALFW.txt, identities: numbered-name}", folds: 3
    ).pairs(in: folder)
    #expect(pairs.map(\.fold) == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
    #expect(
      pairs.map(\.isGenuine) == [
        true, true, false, false, true, true, false, false, true, true, false, false,
      ])
    #expect(
      pairs.map(\.first).prefix(6) == ["P0_0001", "P1_0001", "P0_0001", "P1_0001", "P2_0001", "P3_0001"])
    #expect(pairs[2].secondIdentity == "Q0")
  }

  @Test(
    arguments: [
      ("a 1\nb 1\nc 0\n", "line 3", "3 lines, so a pair of one image"),
      ("a 1\nb 0\n", "line 2", "the label 0"),
      ("a 1\nb\n", "line 2", "1 columns"), ("a one\nb 1\n", "line 1", "`one`"),
      ("a 1\nb 1\nc 0\nd 0\n", nil, "1 genuine pairs"),
    ] as [(String, String?, String)])
  func `A malformed two-line list is refused`(text: String, place: String?, found: String) throws {
    let folder = try ListFolder(["p.txt": text])
    let error = try harnessError { try definition("{format: two-line, pairs: p.txt}").pairs(in: folder) }
    #expect(error.place == place)
    #expect(error.found == found)
  }

  @Test func `Splits as text give AgeDB's pairs and people`() throws {
    let folder = try ListFolder([
      "agedb.txt":
        "# split first second label\n1\t0_MariaCallas_35_f\t2_MariaCallas_55_f.jpg\t1\n2 3_Jean_Paul_40_m 0_MariaCallas_35_f -1\n"
    ])
    let pairs = try definition("{format: split-pairs, pairs: agedb.txt, identities: agedb}").pairs(in: folder)
    #expect(
      pairs == [
        ListedPair(
          first: "0_MariaCallas_35_f", second: "2_MariaCallas_55_f", isGenuine: true, fold: 0,
          firstIdentity: "MariaCallas", secondIdentity: "MariaCallas"),
        ListedPair(
          first: "3_Jean_Paul_40_m", second: "0_MariaCallas_35_f", isGenuine: false, fold: 1,
          firstIdentity: "Jean_Paul", secondIdentity: "MariaCallas"),
      ])
  }

  @Test(arguments: [
    ("1 a b\n", "3 columns"), ("0 a b 1\n", "`0`"), ("3 a b 1\n", "split 3"), ("1 a b 2\n", "the label `2`"),
  ])
  func `A malformed split is refused`(text: String, found: String) throws {
    let folder = try ListFolder(["p.txt": "1 a b 1\n" + text])
    let error = try harnessError { try definition("{format: split-pairs, pairs: p.txt}").pairs(in: folder) }
    #expect(error.place == "line 2")
    #expect(error.found == found)
  }
}
