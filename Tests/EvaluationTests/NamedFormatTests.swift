import FeatureStores
import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Evaluation

/// Every shipped protocol reads a small list of the real one's form, line for line as the data set has them.
@Suite struct NamedFormatTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    let files: [String: String]
    /// Every image that the lists name, as a store names it.
    let images: [String]
    /// Makes the protocol one of lists so small.
    var shrink: @Sendable (inout ProtocolDefinition) throws -> Void = { _ in }

    var testDescription: String { name }
  }

  @Sendable private static func pairs(_ folds: Int) -> @Sendable (inout ProtocolDefinition) throws -> Void {
    { definition in
      var kind = try #require(definition.pairVerification)
      kind.folds = folds
      kind.pairs = nil
      definition.kind = kind
    }
  }

  @Sendable private static func groups(_ definition: inout ProtocolDefinition) throws {
    var kind = try #require(definition.kind as? GroupVerification)
    kind.folds = 1
    if case .rfw(let groups) = kind.lists { kind.lists = .rfw(groups: Array(groups.prefix(2))) }
    definition.kind = kind
  }

  @Sendable private static func templates(_ definition: inout ProtocolDefinition) throws {
    var kind = try #require(definition.kind as? TemplateVerification)
    (kind.templates, kind.pairs) = (nil, nil)
    if case .ijbA(let metadata, let comparisons, _, let images) = kind.lists {
      kind.lists = .ijbA(metadata: metadata, comparisons: comparisons, splits: 1, images: images)
    }
    definition.kind = kind
  }

  private static let landmarks =
    "38.2946 51.6963 73.5318 51.5014 56.0252 71.7366 41.5493 92.3655 70.7299 92.2041"

  static let cases: [Case] = [
    Case(
      name: "lfw",
      files: [
        "pairs.txt":
          "2\t1\nAbel_Pacheco\t1\t4\nAbdel_Madi_Shabneh\t1\tDean_Barker\t1\nZico\t1\t3\nZico\t2\tAl_Gore\t12\n"
      ],
      images: [
        "Abel_Pacheco/Abel_Pacheco_0001", "Abel_Pacheco/Abel_Pacheco_0004",
        "Abdel_Madi_Shabneh/Abdel_Madi_Shabneh_0001",
        "Dean_Barker/Dean_Barker_0001", "Zico/Zico_0001", "Zico/Zico_0003", "Zico/Zico_0002",
        "Al_Gore/Al_Gore_0012",
      ], shrink: pairs(2)),
    Case(
      name: "cfp-fp",
      files: [
        "Pair_list_F.txt": "1 ../Data/Images/001/frontal/01.jpg\n2 ../Data/Images/002/frontal/01.jpg\n",
        "Pair_list_P.txt": "1 ../Data/Images/001/profile/01.jpg\n2 ../Data/Images/002/profile/04.jpg\n",
        "Split/FP/01/same.txt": "1,1\n", "Split/FP/01/diff.txt": "1,2\n",
      ], images: ["001/frontal/01", "001/profile/01", "002/profile/04"], shrink: pairs(1)),
    Case(
      name: "agedb-30",
      files: [
        "agedb_30_pairs.txt":
          "1 123_MariaCallas_35_f 130_MariaCallas_5_f 1\n1 1_Jean-PaulSartre_40_m 123_MariaCallas_35_f -1\n"
      ], images: ["123_MariaCallas_35_f", "130_MariaCallas_5_f", "1_Jean-PaulSartre_40_m"], shrink: pairs(1)),
    Case(
      name: "calfw",
      files: [
        "pairs_CALFW.txt":
          "Aaron_Guiel_0001.jpg 1\nAaron_Guiel_0002.jpg 1\nAaron_Guiel_0001.jpg 0\nZico_0003.jpg 0\n"
      ], images: ["Aaron_Guiel_0001", "Aaron_Guiel_0002", "Zico_0003"], shrink: pairs(1)),
    Case(
      name: "cplfw",
      files: [
        "pairs_CPLFW.txt":
          "Aaron_Eckhart_1.jpg 1\nAaron_Eckhart_2.jpg 1\nAaron_Eckhart_1.jpg 0\nZico_2.jpg 0\n"
      ],
      images: ["Aaron_Eckhart_1", "Aaron_Eckhart_2", "Zico_2"], shrink: pairs(1)),
    Case(
      name: "rfw",
      files: [
        "African/African_pairs.txt": "m.0c7mh2\t1\t2\nm.0c7mh2\t1\tm.026tq86\t3\n",
        "Asian/Asian_pairs.txt": "m.0b_abc\t1\t2\nm.0b_abc\t1\tm.02x\t1\n",
      ],
      images: [
        "African/m.0c7mh2/m.0c7mh2_0001", "African/m.0c7mh2/m.0c7mh2_0002",
        "African/m.026tq86/m.026tq86_0003",
        "Asian/m.0b_abc/m.0b_abc_0001", "Asian/m.0b_abc/m.0b_abc_0002", "Asian/m.02x/m.02x_0001",
      ], shrink: groups),
    Case(
      name: "bfw",
      files: [
        "bfw-v0.1.5-datatable.csv": """
        fold,p1,p2,label,id1,id2,att1,att2,vgg16,resnet50,senet50,a1,a2,g1,g2,e1,e2
        1,asian_females/n000002/0010_01.jpg,asian_females/n000002/0043_01.jpg,1.0,0,0,asian_females,asian_females,0.82,0.70,0.67,AF,AF,F,F,A,A
        1,asian_males/n000103/0003_01.jpg,asian_males/n000104/0001_02.jpg,0.0,9,10,asian_males,asian_males,0.42,0.2,0.1,AM,AM,M,M,A,A

        """
      ],
      images: [
        "asian_females/n000002/0010_01", "asian_females/n000002/0043_01", "asian_males/n000103/0003_01",
        "asian_males/n000104/0001_02",
      ], shrink: groups),
    Case(
      name: "blufr",
      files: [
        "trial1.txt":
          "Aaron_Peirsol/Aaron_Peirsol_0001.jpg 5\nAaron_Peirsol/Aaron_Peirsol_0002.jpg 5\nZico/Zico_0001.jpg 9\n",
        "trial2.txt": "Zico/Zico_0001.jpg 9\nZico/Zico_0002.jpg 9\nAaron_Peirsol/Aaron_Peirsol_0001.jpg 5\n",
      ],
      images: [
        "Aaron_Peirsol/Aaron_Peirsol_0001", "Aaron_Peirsol/Aaron_Peirsol_0002", "Zico/Zico_0001",
        "Zico/Zico_0002",
      ],
      shrink: { definition in
        var kind = try #require(definition.kind as? AllPairs)
        kind.lists = .labelledImages(images: "trial{n}.txt", trials: 2)
        definition.kind = kind
      }),
    Case(
      name: "tinyface",
      files: [
        "probe.txt": "1_1.jpg 1\n2_3.jpg 2\n", "gallery_match.txt": "1_2.jpg 1\n2_1.jpg 2\n",
        "gallery_distractor.txt": "-100_1.jpg\n-100_10.jpg\n",
      ], images: ["1_1", "2_3", "1_2", "2_1", "-100_1", "-100_10"]),
    Case(
      name: "ijba",
      files: [
        "split1/verify_metadata_1.csv": """
        TEMPLATE_ID,SUBJECT_ID,FILE,MEDIA_ID,SIGHTING_ID,FRAME,FACE_X,FACE_Y,FACE_WIDTH,FACE_HEIGHT
        1,4,img/7634.jpg,5794,2463,,80.0,24.0,80.0,100.0
        1,4,frame/30125_00040.png,222,8613,40,10,10,64,64
        2,9,img/12.png,6000,2464,,1,2,3,4

        """, "split1/verify_comparisons_1.csv": "1,2\n1,1\n",
      ], images: ["2463", "8613", "2464"], shrink: templates),
    Case(
      name: "ijbc",
      files: [
        "ijbc_face_tid_mid.txt": "1.jpg 1 69544\n2.jpg 1 69544\n3.jpg 11065 87187\n",
        "ijbc_name_5pts_score.txt":
          "1.jpg \(landmarks) 0.999872\n2.jpg \(landmarks) 0.9983\n3.jpg \(landmarks) 0.7\n",
        "ijbc_template_pair_label.txt": "1 11065 0\n1 1 1\n",
      ], images: ["1", "2", "3"], shrink: templates),
    Case(
      name: "ijbc-1n",
      files: [
        "ijbc_face_tid_mid.txt": "1.jpg 1 69544\n2.jpg 2 69545\n3.jpg 11065 87187\n",
        "ijbc_name_5pts_score.txt":
          "1.jpg \(landmarks) 0.999872\n2.jpg \(landmarks) 0.9983\n3.jpg \(landmarks) 0.7\n",
        "ijbc_1N_gallery_G1.csv": "TEMPLATE_ID,SUBJECT_ID,FILENAME\n1,7,img/1.jpg\n",
        "ijbc_1N_gallery_G2.csv": "TEMPLATE_ID,SUBJECT_ID,FILENAME\n2,8,img/2.jpg\n",
        "ijbc_1N_probe_mixed.csv": "TEMPLATE_ID,SUBJECT_ID,FILENAME\n11065,7,frames/3.png\n",
      ], images: ["1", "2", "3"]),
    Case(
      name: "megaface",
      files: [
        "facescrub_features_list.json":
          #"{"path": ["Adam_Brody/Adam_Brody_259.png", "Adam_Brody/Adam_Brody_261.png", "Lin_Shaye/Lin_Shaye_1.jpg"], "id": ["Adam_Brody", "Adam_Brody", "Lin_Shaye"]}"#,
        "megaface_features_list.json_2_1":
          #"{"path": ["534/53415754@N00/37731000_1.jpg", "0/1@N02/2_0.jpg"]}"#,
        "facescrub_noises.txt": "# rules\nLin_Shaye_1.png\n", "megaface_noises.txt": "1\t0/1@N02/2_0.jpg\n",
      ], images: ["Adam_Brody/Adam_Brody_259", "Adam_Brody/Adam_Brody_261", "534/53415754@N00/37731000_1"],
      shrink: { definition in
        var kind = try #require(definition.kind as? DistractorIdentification)
        kind.sizes = [2]
        definition.kind = kind
      }),
    Case(
      name: "lfw-people", files: ["people.txt": "2\n2\nAl_Gore\t2\nZico\t1\n2\nBo_Ek\t1\nCy\t2\n"],
      images: [
        "Al_Gore/Al_Gore_0001", "Al_Gore/Al_Gore_0002", "Zico/Zico_0001", "Bo_Ek/Bo_Ek_0001", "Cy/Cy_0001",
        "Cy/Cy_0002",
      ],
      shrink: { definition in
        var kind = try #require(definition.kind as? AllPairs)
        kind.lists = .lfwPeople(people: "people.txt", folds: 2)
        definition.kind = kind
      }),
  ]

  /// The shipped protocol, its lists as small as the case's and not pinned.
  private func definition(_ named: Case) throws -> ProtocolDefinition {
    let file = "\(SharedData.repositoryRoot)/protocols/\(named.name).yaml"
    var text = try String(contentsOfFile: file, encoding: .utf8)
    text.replace(/,\s*sha256: \{[^}]*\}/, with: "")
    text.replace(/\ \ sha256:\n(?:\ {4}[^\n]*\n)+/, with: "")
    var definition = try ProtocolDefinition(text: text, file: file)
    try named.shrink(&definition)
    return definition
  }

  private func findings(_ named: Case, names: [String]) throws -> [Finding] {
    let folder = try TemporaryFolder()
    let location = StoreLocation(path: folder.file("store.h5"))
    let rows = names.indices.map { [Float(cos(Double($0))), Float(sin(Double($0)))] }
    try FeatureStoreContents(
      features: Matrix(rows), flippedFeatures: Matrix(rows), metadata: StoreMetadata(names: names)
    ).write(to: location)
    let lists = try ListFolder(named.files)
    return try withExtendedLifetime((folder, lists)) {
      try ProtocolValidation(
        definition(named), file: named.name, lists: lists.path, store: FeatureStore(opening: location)
      ).findings().filter { $0.severity == .error }
    }
  }

  @Test(arguments: cases) func `A list of the real form is read, and names every image as the protocol says`(
    named: Case
  ) throws {
    #expect(try findings(named, names: named.images) == [])
    // Each image is looked for: a store without it is refused.
    for image in named.images {
      let rest = named.images.filter { $0 != image } + ["another"]
      #expect(try !findings(named, names: rest).isEmpty, "\(image)")
    }
  }

  @Test(arguments: cases) func `A list that breaks off within a line is refused`(named: Case) throws {
    for (file, text) in named.files.sorted(by: { $0.key < $1.key })
    where !file.hasSuffix("noises.txt") && !file.hasPrefix("gallery_distractor") {
      var files = named.files
      // Of the last line the first field only.
      var lines = text.split(separator: "\n").map(String.init)
      let last = try #require(lines.last)
      lines.removeLast()
      lines.append(String(last.prefix { !" \t,".contains($0) }))
      files[file] = lines.joined(separator: "\n") + "\n"
      let broken = Case(name: named.name, files: files, images: named.images, shrink: named.shrink)
      #expect(try !findings(broken, names: named.images).isEmpty, "\(file): \(files[file] ?? "")")
    }
  }

  @Test func `A list of people gives the images that each has, fold by fold`() throws {
    let definition = try definition(try #require(Self.cases.last))
    let kind = try #require(definition.kind as? AllPairs)
    let folder = try ListFolder(Self.cases.last?.files ?? [:])
    let trials = try (1...2).map { try kind.lists.images(trial: $0, folder: folder.path) }
    #expect(trials[0].map(\.image) == ["Al_Gore/Al_Gore_0001", "Al_Gore/Al_Gore_0002", "Zico/Zico_0001"])
    #expect(trials[0].map(\.identity) == ["Al_Gore", "Al_Gore", "Zico"])
    #expect(trials[1].map(\.image) == ["Bo_Ek/Bo_Ek_0001", "Cy/Cy_0001", "Cy/Cy_0002"])
  }

  @Test(
    arguments: [
      ("", nil, "an empty file"), ("2\n1\nAl 1\n", nil, "1 fold"),
      ("2\n1\nAl 1\n1\n", "line 4", "1 people, of whom 0 are listed"),
      ("2\n1\nAl\n1\nBo 1\n", "line 3", "1 columns"), ("2\n1\nAl 0\n1\nBo 1\n", "line 3", "`0`"),
      ("2\n1\nAl 1\n1\nBo 1\nCy 1\n", "line 6", "a line after the last of 2 folds"),
    ] as [(String, String?, String)])
  func `A malformed list of people is refused with its line`(text: String, place: String?, found: String)
    throws
  {
    let folder = try ListFolder(["people.txt": text])
    let lists = AllPairsLists.lfwPeople(people: "people.txt", folds: 2)
    let error = try harnessError { try lists.images(trial: 1, folder: folder.path) }
    #expect(
      error.file == folder.path + "/people.txt" && error.place == place && error.found == found, "\(error)")
  }

  @Test(.enabled(if: SharedData.isAvailable, "needs ../shared"))
  func `The digests of shipped protocols are those of the real lists`() throws {
    for (name, lists) in [("lfw", "lfw"), ("cfp-ff", "cfp"), ("cfp-fp", "cfp")] {
      let definition = try ProtocolDefinition(file: "\(SharedData.repositoryRoot)/protocols/\(name).yaml")
      let digests = try definition.listDigests(folder: SharedData.data("lists/\(lists)"))
      #expect(definition.kind.pinnedLists == Set(digests.map(\.file)), "\(name)")
    }
    // Of MegaFace the largest lists are not at hand.
    var megaFace = try ProtocolDefinition(file: "\(SharedData.repositoryRoot)/protocols/megaface.yaml")
    var kind = try #require(megaFace.kind as? DistractorIdentification)
    kind.sizes = [10, 100, 1_000]
    megaFace.kind = kind
    let digests = try megaFace.listDigests(folder: SharedData.data("lists/megaface"))
    #expect(kind.pinnedLists == Set(digests.map(\.file)))
  }
}
