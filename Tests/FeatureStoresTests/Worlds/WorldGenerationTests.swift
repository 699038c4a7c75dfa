import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import FeatureStores

/// What a generated world's folder holds.
@Suite("Generated worlds")
struct WorldGenerationTests {
  private static let sets = [
    "name: train, kind: long-tail, identities: 20, distribution: zipf, most: 8, least: 2, "
      + WorldFixture.mixed,
    "name: shallow, kind: shallow, identities: 10",
    "name: lfw, kind: lfw, identities: 30, images-per-identity: 4, folds: 3, pairs-per-fold: 10",
    "name: cfp, kind: cfp, identities: 40, frontal: 5, profile: 2, folds: 4, pairs-per-fold: 12",
    "name: agedb, kind: agedb, identities: 40, images-per-identity: 6, folds: 4, pairs-per-fold: 6, "
      + "images: {ages: [10, 70]}",
    "name: calfw, kind: calfw, identities: 40, images-per-identity: 6, folds: 4, pairs-per-fold: 6, "
      + "images: {ages: [10, 70]}",
    "name: cplfw, kind: cplfw, identities: 40, images-per-identity: 6, folds: 4, pairs-per-fold: 6, "
      + WorldFixture.mixed,
    "name: ijb, kind: ijb, identities: 21, templates-per-identity: 3, impostor-pairs: 200, "
      + WorldFixture.mixed,
    "name: mega, kind: megaface, identities: 6, images-per-identity: 5, distractors: 250",
  ]

  private static func definition() throws -> WorldDefinition {
    let lines = sets.map { "  - {\($0)}\n" }.joined()
    return try WorldDefinition(
      ConfigurationNode(text: WorldFixture.text + "\n" + lines, file: "small.yaml"))
  }

  private struct Generated {
    let folder: TemporaryFolder
    let generator: WorldGenerator

    init(workers: Workers = .one) throws {
      folder = try TemporaryFolder()
      generator = WorldGenerator(try WorldGenerationTests.definition(), folder: folder.file("world"))
      try generator.generate(workers: workers)
    }

    func store(_ name: String) throws -> FeatureStore {
      try FeatureStore(opening: StoreLocation(path: generator.store(of: name)))
    }

    func lines(_ set: String, _ file: String) throws -> [String] {
      let text = try String(contentsOfFile: "\(generator.lists(of: set))/\(file)", encoding: .utf8)
      #expect(text.hasSuffix("\n"))
      return text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    func json(_ set: String, _ file: String) throws -> [String: [String]] {
      try JSONDecoder().decode(
        [String: [String]].self,
        from: Data(contentsOf: URL(fileURLWithPath: "\(generator.lists(of: set))/\(file)")))
    }

    /// The bytes of every file, by its path in the folder.
    func bytes() throws -> [String: Data] {
      let files = try FileManager.default.subpathsOfDirectory(atPath: generator.folder)
      var result: [String: Data] = [:]
      for file in files {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: "\(generator.folder)/\(file)", isDirectory: &isFolder)
        if !isFolder.boolValue {
          result[file] = FileManager.default.contents(atPath: "\(generator.folder)/\(file)")
        }
      }
      return result
    }
  }

  @Test func `The same definition gives the same bytes, on one thread and on two`() throws {
    let (first, second) = (try Generated().bytes(), try Generated(workers: Workers(2)).bytes())
    // 16 stores, 34 lists and world.json.
    #expect(first.count == 51)
    #expect(first == second)
  }

  @Test func `No person is in two stores`() throws {
    let world = try Generated()
    var seen: Set<Int> = []
    for name in [
      "train", "shallow", "lfw", "cfp", "agedb", "calfw", "cplfw", "ijb", "mega",
    ] {
      let people = try #require(try world.store(name).identities)
      #expect(!people.isEmpty)
      for person in people {
        let number = try #require(Int(person.filter(\.isNumber)))
        // IJB counts subjects from 1.
        #expect(seen.insert(name == "ijb" ? number - 1 : number).inserted, "\(name) \(person)")
      }
    }
  }

  @Test func `Every test store has an oracle with the same names, training stores have none`() throws {
    let world = try Generated()
    for name in ["lfw", "cfp", "agedb", "calfw", "cplfw", "ijb", "mega"] {
      let (store, oracle) = (try world.store(name), try world.store("\(name)-oracle"))
      #expect(store.names == oracle.names && store.rowCount == oracle.rowCount)
      #expect(try oracle.features().columns == 8)
    }
    for name in ["train", "shallow"] {
      #expect(!FileManager.default.fileExists(atPath: world.generator.oracleStore(of: name)))
    }
  }

  @Test func `Pose and quality are stored where they vary`() throws {
    let world = try Generated()
    let train = try world.store("train")
    #expect(Set(try #require(train.pose)) == [0, 1])
    let quality = try #require(train.quality)
    #expect(quality.allSatisfy { $0 >= 0.2 && $0 <= 1 } && Set(quality).count > 10)
    let lfw = try world.store("lfw")
    #expect(lfw.pose == nil && lfw.quality == nil)
    let cfp = try world.store("cfp")
    #expect(try #require(cfp.pose) == (0..<280).map { $0 % 7 < 5 ? 0 : 1 })
    #expect(
      try cfp.imageNames()[4...6].map { $0.drop { $0 != "/" } } == [
        "/frontal/05", "/profile/01", "/profile/02",
      ])
  }

  @Test func `Pairs of AgeDB and CALFW are the gap apart in years, genuine and impostors alike`() throws {
    let world = try Generated()
    let lines = try world.lines("agedb", "agedb_30_pairs.txt")
    #expect(lines.count == 1 + 4 * 12 && lines[0].hasPrefix("#"))
    for line in lines.dropFirst() {
      let fields = line.split(separator: " ")
      let parts = fields[1...2].map { $0.split(separator: "_") }
      let ages = try parts.map { try #require(Int($0[2])) }
      #expect(abs(ages[0] - ages[1]) >= 30)
      #expect((parts[0][1] == parts[1][1]) == (fields[3] == "1") && parts[0].count == 4)
    }
    let names = try world.store("calfw").imageNames()
    let plan = SetPlan(try Self.definition().sets[5], seed: 7, firstPerson: 20 + 10 + 30 + 40 + 40)
    for line in try world.lines("calfw", "pairs_CALFW.txt").chunked() {
      let rows = try line.map { entry in
        try #require(names.firstIndex(of: String(entry.split(separator: " ")[0].dropLast(4))))
      }
      #expect(abs(plan.attributes(of: rows[0]).age - plan.attributes(of: rows[1]).age) >= 10)
    }
  }

  @Test
  func `CALFW's list numbers the folds of genuine pairs, CPLFW's has ones, impostors follow with zeros`()
    throws
  {
    let world = try Generated()
    func labels(_ set: String, _ file: String) throws -> [String] {
      try world.lines(set, file).map { String($0.split(separator: " ")[1]) }
    }
    let zeros = [String](repeating: "0", count: 48)
    #expect(
      try labels("calfw", "pairs_CALFW.txt")
        == (1...4).flatMap { [String](repeating: String($0), count: 12) } + zeros)
    #expect(
      try labels("cplfw", "pairs_CPLFW.txt") == [String](repeating: "1", count: 48) + zeros)
    let store = try world.store("cplfw")
    let (names, pose) = (try store.imageNames(), try #require(store.pose))
    for pair in try world.lines("cplfw", "pairs_CPLFW.txt").chunked() {
      let poses = try pair.map { entry in
        pose[try #require(names.firstIndex(of: String(entry.split(separator: " ")[0].dropLast(4))))]
      }
      #expect(poses == [0, 1])
    }
  }

  @Test func `IJB's lists agree with each other and with the store`() throws {
    let world = try Generated()
    let store = try world.store("ijb")
    let (templates, media) = (try #require(store.templates), try #require(store.media))
    let media1 = try world.lines("ijb", "ijbc_face_tid_mid.txt")
    #expect(media1 == (0..<store.rowCount).map { "\($0 + 1).jpg \(templates[$0]) \(media[$0])" })
    #expect(try store.imageNames() == (0..<store.rowCount).map { String($0 + 1) })
    let quality = try #require(store.quality)
    for (row, line) in try world.lines("ijb", "ijbc_name_5pts_score.txt").enumerated() {
      let fields = line.split(separator: " ")
      #expect(fields.count == 12 && fields[0] == "\(row + 1).jpg")
      #expect(Float(fields[11]) == quality[row])
      #expect(fields[1...10].allSatisfy { Double($0) != nil })
    }
    // A medium lies in one template, a template in one person.
    let labels = try #require(store.labels)
    var owner: [Int64: Int64] = [:]
    var person: [Int64: Int32] = [:]
    for row in 0..<store.rowCount {
      #expect(owner.updateValue(templates[row], forKey: media[row]) ?? templates[row] == templates[row])
      #expect(person.updateValue(labels[row], forKey: templates[row]) ?? labels[row] == labels[row])
    }
    let pairs = try world.lines("ijb", "ijbc_template_pair_label.txt")
    #expect(pairs.count == 21 * 2 + 200 && Set(pairs).count == pairs.count)
    for line in pairs {
      let fields = try line.split(separator: " ").map { try #require(Int64($0)) }
      let people = try fields[0...1].map { try #require(person[$0]) }
      #expect((people[0] == people[1]) == (fields[2] == 1))
      #expect((fields[0] - 1) % 3 == 0 && (fields[1] - 1) % 3 != 0)
    }
    var subjects: [Set<String>] = []
    for (file, first) in [
      ("ijbc_1N_gallery_G1.csv", true), ("ijbc_1N_gallery_G2.csv", true), ("ijbc_1N_probe_mixed.csv", false),
    ] {
      let rows = try world.lines("ijb", file)
      #expect(rows[0] == "TEMPLATE_ID,SUBJECT_ID,FILENAME,SIGHTING_ID")
      var found: Set<String> = []
      for row in rows.dropFirst() {
        let fields = row.split(separator: ",").map(String.init)
        let image = try #require(Int(fields[2].dropFirst(4).dropLast(4)))
        #expect(fields[2] == "img/\(image).jpg" && Int64(fields[0]) == templates[image - 1])
        #expect(Int64(fields[3]) == media[image - 1])
        #expect(((templates[image - 1] - 1) % 3 == 0) == first)
        found.insert(fields[1])
      }
      subjects.append(found)
    }
    #expect(subjects[0].count == 10 && subjects[1].count == 11 && subjects[0].isDisjoint(with: subjects[1]))
    #expect(subjects[2] == subjects[0].union(subjects[1]))
  }

  @Test func `MegaFace's lists name the store's images, smaller sizes as prefixes of larger ones`() throws {
    let world = try Generated()
    let probes = try world.json("mega", "facescrub_features_list.json")
    let store = try world.store("mega")
    let images = try store.imageNames().map { $0 + ".jpg" }
    #expect(images.count == 6 * 5 + 250)
    #expect(probes["path"] == Array(images.prefix(30)))
    let labels = try #require(store.labels)
    let identities = try #require(store.identities)
    #expect(probes["id"] == labels.prefix(30).map { identities[Int($0)] })
    #expect(identities.count == 6 + 250)
    let names = Array(images.dropFirst(30))
    for size in [10, 100, 250] {
      let list = try world.json("mega", "megaface_features_list.json_\(size)_1")
      #expect(list == ["path": Array(names.prefix(size))])
    }
    #expect(try world.lines("mega", "megaface_lst") == names.map { "megaface_images/" + $0 })
    #expect(
      try world.lines("mega", "facescrub_lst") == (probes["path"] ?? []).map { "facescrub_images/" + $0 })
    #expect(MegaFaceListText.sizes(1_000_000) == [10, 100, 1000, 10_000, 100_000, 1_000_000])
    #expect(MegaFaceListText.sizes(10) == [10])
  }

  @Test func `Impostor pairs of templates are drawn without repetition, down to all that there are`() {
    var stream = RandomStream(seed: 1, name: "distinct")
    let all = IJBListText.distinct(50, below: 50, &stream)
    #expect(all.sorted() == Array(0..<50) && all != Array(0..<50))
    let some = IJBListText.distinct(7, below: 1_000_000, &stream)
    #expect(Set(some).count == 7 && some.allSatisfy { (0..<1_000_000).contains($0) })
  }

  @Test func `Every image of every set is told of once, and who is told may end it`() throws {
    let folder = try TemporaryFolder()
    let definition = try WorldGenerationTests.definition()
    let generator = WorldGenerator(definition, folder: folder.file("world"))
    var told: [(images: Int, total: Int)] = []
    try generator.generate(progress: { images, total in told.append((images, total)) })
    let stores = try definition.sets.map {
      try FeatureStore(opening: StoreLocation(path: generator.store(of: $0.name)))
    }
    let total = stores.reduce(0) { $0 + $1.rowCount }
    #expect(told.count >= stores.count && told.allSatisfy { $0.total == total })
    #expect(told.last?.images == total)
    #expect(zip(told, told.dropFirst()).allSatisfy { $0.images < $1.images })

    let stopped = WorldGenerator(definition, folder: folder.file("stopped"))
    #expect(throws: CancellationError.self) {
      try stopped.generate(progress: { images, _ in
        if images > told[0].images { throw CancellationError() }
      })
    }
    // The first set is whole, nothing of the second is left.
    #expect(try !stopped.isComplete())
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: stopped.folder).sorted()
        == ["\(definition.sets[0].name).h5"])
  }

  @Test func `A set whose pairs cannot be drawn says so`() throws {
    let folder = try TemporaryFolder()
    let definition = try WorldFixture.definition(
      "name: a, kind: calfw, identities: 20, images-per-identity: 4, folds: 2, pairs-per-fold: 5")
    let error = #expect(throws: HarnessError.self) {
      try WorldGenerator(definition, folder: folder.file("w")).generate()
    }
    #expect(error?.description.contains("0 pairs of fold 1 after 15000 draws") == true)
  }
}

extension [String] {
  /// Two lines at a time.
  fileprivate func chunked() -> [[String]] {
    stride(from: 0, to: count, by: 2).map { Array(self[$0..<$0 + 2]) }
  }
}

extension FeatureStore {
  fileprivate func imageNames() throws -> [String] { try #require(names) }
}
