import Evaluation
import FeatureStores
import Foundation
import LinearAlgebra
import Metrics
import TestSupport
import Testing

/// Comparisons of templates: pooling, scores, rates, lists and errors.
@Suite("Template verification")
struct TemplateVerificationTests {
  /// 30 images of 9 templates in several media, out of order; image 7 is in two templates.
  struct Small {
    let table: EmbeddingTable
    let entries: [(image: Int, template: Int, media: Int, score: Float)]
    let pairs: [(Int, Int, Int)]
    let folder: ListFolder

    init() throws {
      var stream = RandomStream(seed: 5, name: "templates")
      var features = Matrix<Float>(rows: 30, columns: 6)
      var flipped = features
      stream.fillNormal(&features)
      stream.fillNormal(&flipped)
      var entries: [(image: Int, template: Int, media: Int, score: Float)] = []
      for image in (0..<30) {
        let template = 100 - 7 * (image % 9)
        entries.append(
          (image, template, 3 + stream.integer(below: 3), Float(stream.integer(below: 100) + 1) / 100))
      }
      entries.append((7, 100, 4, 0.5))
      stream.shuffle(&entries)
      let ids = Set(entries.map { $0.template }).sorted()
      var pairs: [(Int, Int, Int)] = []
      for (i, a) in ids.enumerated() { for b in ids[i...] { pairs.append((b, a, (a + b) % 3 == 0 ? 1 : 0)) } }
      self.entries = entries
      self.pairs = pairs
      table = try EmbeddingTable(
        source: "store.h5", names: (0..<30).map { "im/\($0)" }, features: features, flipped: flipped)
      folder = try ListFolder([
        "tid.txt": entries.map { "\($0.image).jpg \($0.template) \($0.media)\n" }.joined(),
        "scores.txt": entries.map { "\($0.image).jpg 1 2 3 4 5 6 7 8 9 10 \($0.score)\r\n" }.joined(),
        "pairs.txt": pairs.map { "\($0.0) \($0.1) \($0.2)\n" }.joined(),
      ])
    }

    func task(_ convention: String, _ further: String = "", names: [String]? = nil) throws
      -> TemplateVerificationTask
    {
      try #require(
        try TemplateVerificationTests.definition(convention, further).task(
          lists: folder.path, names: names ?? table.names, source: table.source) as? TemplateVerificationTask)
    }
  }

  static func definition(_ convention: String, _ further: String = "") throws -> ProtocolDefinition {
    try ProtocolDefinition(
      text: """
        name: small
        kind: template-verification
        lists: {format: ijb, media: tid.txt, detector-scores: scores.txt, pairs: pairs.txt}
        names: {prefix: im/}
        convention: \(convention)
        far: [0.5, 0.1]
        \(further)
        """, file: "test.yaml")
  }

  /// A template by the definition, step by step.
  private func naive(_ small: Small, template: Int, _ pooling: TemplatePooling) -> [Double] {
    func unit(_ x: [Double]) -> [Double] {
      let norm = x.map { $0 * $0 }.reduce(0, +).squareRoot()
      return x.map { $0 / norm }
    }
    let members = small.entries.filter { $0.template == template }
    let media = Set(members.map { $0.media }).sorted().map { media -> [Double] in
      let images = members.filter { $0.media == media }.map { entry -> [Double] in
        let f = small.table.features.row(entry.image).map(Double.init)
        let g = small.table.flipped?.row(entry.image).map(Double.init) ?? []
        var e =
          switch pooling.flip {
          case .none: f
          case .sum: zip(f, g).map { $0 + $1 }
          case .concatenate: f + g
          }
        if pooling.imageNorm == .normalise { e = unit(e) }
        return e.map { $0 * (pooling.detectorScore ? Double(entry.score) : 1) }
      }
      let mean = images[0].indices.map { column in
        images.map { $0[column] }.reduce(0, +) / Double(images.count)
      }
      return pooling.mediaNorm == .normalise ? unit(mean) : mean
    }
    return media[0].indices.map { column in
      media.map { $0[column] }.reduce(0, +) / (pooling.template == .mean ? Double(media.count) : 1)
    }
  }

  @Test
  func
    `Replicates are the numbers of a list in which pairs stand as often as the people of their templates were drawn`()
    throws
  {
    let small = try Small()
    let task = try small.task("{flip: none}", "interval: {replicates: 25}")
    let result = try task.result(of: small.table)
    // Who is one person: the closure of the genuine pairs, step by step.
    let ids = task.templateIDs(split: 0)
    var person = Dictionary(uniqueKeysWithValues: ids.map { ($0, $0) })
    for _ in ids {
      for (a, b, same) in small.pairs where same == 1 {
        let lower = min(person[a] ?? a, person[b] ?? b)
        (person[a], person[b]) = (lower, lower)
      }
    }
    let people = Set(person.values).sorted()
    let intervals = try #require(result.intervals.subjects)
    #expect(intervals.subjects == people.count && people.count > 1)
    #expect(intervals.subjectsFrom == "the templates that genuine pairs join")
    let scores = try task.scores(split: 0, templates: task.templates(split: 0, of: small.table))
    for replicate in 0..<25 {
      let counts = SubjectIntervalTests.draws(people.count, replicate)
      var repeated = LabelledScores()
      for (pair, score) in zip(small.pairs, scores) {
        let a = try #require(people.firstIndex(of: person[pair.0] ?? -1))
        let b = try #require(people.firstIndex(of: person[pair.1] ?? -1))
        let weight = Int(a == b ? counts[a] : counts[a] * counts[b])
        repeated.append(
          contentsOf: LabelledScores(
            scores: [Double](repeating: Double(score), count: weight),
            isGenuine: [Bool](repeating: pair.2 == 1, count: weight)))
      }
      let found = { intervals[$0]?.replicates.values[replicate] }
      #expect(found("AUC") == repeated.roc.auc)
      #expect(found("EER") == repeated.roc.equalErrorRate()?.value)
      for target in [0.5, 0.1] {
        #expect(found("TAR at FAR \(target)") == repeated.roc.reading(at: target)?.tar)
      }
    }
    #expect(intervals["TAR at FAR 0.5"]?.estimate == result.splits[0].operatingPoints[0].tar)
  }

  @Test func `Flip, norms, detector score and fusion are what their names say, in all their combinations`()
    throws
  {
    let small = try Small()
    for flip in TemplatePooling.Flip.allCases {
      for image in TemplatePooling.Norm.allCases {
        for media in TemplatePooling.Norm.allCases {
          for fusion in TemplatePooling.Fusion.allCases {
            for score in [true, false] {
              // The inner product keeps the length of templates, which `template` decides.
              let task = try small.task(
                "{flip: \(flip), image-norm: \(image), media-norm: \(media), template: \(fusion), "
                  + "detector-score: \(score), similarity: inner-product}")
              let pooling = TemplatePooling(
                flip: flip, imageNorm: image, detectorScore: score, mediaNorm: media, template: fusion)
              #expect(task.settings.convention.pooling == pooling)
              let templates = try task.templates(split: 0, of: small.table)
              for (row, id) in task.templateIDs(split: 0).enumerated() {
                let expected = naive(small, template: id, pooling)
                #expect(relativeError(templates.row(row).map(Double.init), expected) < 1e-6)
              }
            }
          }
        }
      }
    }
  }

  @Test
  func `Scores are the cosines of the templates, in the order of the list, and rates those of the scores`()
    throws
  {
    let small = try Small()
    let task = try small.task("{flip: sum}")
    let scores = try task.scores(split: 0, templates: task.templates(split: 0, of: small.table))
    let pooling = TemplatePooling(flip: .sum, detectorScore: true)
    for (index, pair) in small.pairs.enumerated() {
      let (a, b) = (naive(small, template: pair.0, pooling), naive(small, template: pair.1, pooling))
      func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).map(*).reduce(0, +) }
      let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
      #expect(abs(Double(scores[index]) - cosine) < 1e-6)
    }
    #expect(task.isGenuine(split: 0) == small.pairs.map { $0.2 == 1 })
    let result = try task.result(of: small.table)
    let roc = ROCCurve(
      ScoreCounts(scores: scores.map(Double.init), isGenuine: small.pairs.map { $0.2 == 1 }))
    #expect(result.splits[0].operatingPoints == [0.5, 0.1].map { roc.operatingPoint(at: $0) })
    #expect(result.splits[0].auc == roc.auc && result.splits[0].eer == roc.equalErrorRate())
    #expect(result.splits[0].roc == roc.thinned(.genuineScores))
    #expect(result.splits[0].images == 31)
    #expect(result.warnings.contains { $0.contains("compare a template with itself") })
    #expect(try JSONDecoder().decode(TemplateVerificationResult.self, from: result.json()) == result)
    #expect(result.records.allSatisfy { $0.count == result.records[0].count })
  }

  @Test(arguments: [1, 2, 7, 31])
  func `The result depends neither on the size of batches nor on threads`(block: Int) throws {
    let small = try Small()
    let task = try small.task("{flip: sum, media-norm: normalise}")
    let whole = try task.templates(split: 0, of: small.table)
    #expect(try task.templates(split: 0, of: small.table, blockImages: block) == whole)
    let shared = try task.templates(
      split: 0, of: small.table, blockImages: block, workers: Workers(3))
    #expect(shared == whole)
    #expect(
      try task.scores(split: 0, templates: whole, workers: Workers(2))
        == task.scores(split: 0, templates: whole))
    #expect(try task.result(of: small.table, workers: Workers(2)) == task.result(of: small.table))
  }

  @Test
  func
    `A store read in blocks gives what its features in memory give, and a map of rows is applied to both kinds of features`()
    throws
  {
    let small = try Small()
    let folder = try TemporaryFolder()
    let location = StoreLocation(path: folder.file("s.h5"))
    try FeatureStoreContents(
      features: small.table.features, flippedFeatures: small.table.flipped,
      metadata: StoreMetadata(names: small.table.names)
    ).write(to: location)
    let store = try StoreEmbeddings(FeatureStore(opening: location))
    let task = try small.task("{flip: sum}")
    let result = try task.result(of: store)
    #expect(try result.header.embeddingDigest == store.store.digest())
    #expect(try result.splits == task.result(of: small.table).splits)
    let doubled = MappedEmbeddings(store, source: "run", dimension: 12) { rows in
      Matrix(rows: rows.rows, columns: 12, elements: (0..<rows.rows).flatMap { rows.row($0) + rows.row($0) })
    }
    let mapped = try task.scores(split: 0, templates: task.templates(split: 0, of: doubled))
    let plain = try task.scores(split: 0, templates: task.templates(split: 0, of: store))
    #expect(relativeError(mapped.map(Double.init), plain.map(Double.init)) < 1e-6)
    #expect(try task.result(of: doubled).header.embeddingDigest == nil)
  }

  @Test func `A protocol that needs mirrored images refuses a store without them`() throws {
    let small = try Small()
    let plain = try EmbeddingTable(source: "s.h5", names: small.table.names, features: small.table.features)
    let error = try harnessError { try small.task("{flip: sum}").result(of: plain) }
    #expect(error.kind == .missingInput && error.place == "features_flipped")
    #expect(error.advice?.contains("flip: none") == true)
  }

  @Test func `Missing images are an error that lists the first ten, or failures to enrol`() throws {
    let small = try Small()
    // Every image of template 93 is gone: 1, 10, 19 and 28.
    let names = small.table.names.enumerated().map { $0 % 9 == 1 ? "gone \($0)" : $1 }
    let error = try harnessError { try small.task("likeness", names: names) }
    #expect(error.kind == .missingInput)
    #expect(error.file == "\(small.folder.path)/tid.txt")
    #expect(error.found.hasPrefix("4 images are missing ("))
    for image in [1, 10, 19, 28] { #expect(error.found.contains("im/\(image)")) }
    #expect(error.advice?.contains("score-minimum") == true)
    let task = try small.task("likeness", "missing: score-minimum", names: names)
    let table = try EmbeddingTable(source: "s.h5", names: names, features: small.table.features)
    let result = try task.result(of: table)
    #expect(result.missing.count == 4)
    #expect(result.splits[0].emptyTemplates == 1 && result.splits[0].templates == 9)
    let scores = try task.scores(split: 0, templates: task.templates(split: 0, of: table))
    for (score, pair) in zip(scores, small.pairs) {
      #expect((score == -.infinity) == (pair.0 == 93 || pair.1 == 93))
    }
    #expect(result.warnings.contains { $0.contains("failures to enrol") })
  }

  @Test
  func `Embeddings that are not finite, or cancel out where they must have a direction, name the image`()
    throws
  {
    let small = try Small()
    for (value, convention) in [
      (Float.nan, "likeness"), (.infinity, "likeness"), (0, "{image-norm: normalise}"),
    ] {
      var features = small.table.features
      for column in 0..<6 { features[12, column] = value }
      let table = try EmbeddingTable(source: "s.h5", names: small.table.names, features: features)
      let error = try harnessError { try small.task(convention).result(of: table) }
      #expect(error.place == "features, row 12" && error.found.contains("`im/12`"), "\(error)")
    }
    let zeros = try EmbeddingTable(
      source: "s.h5", names: small.table.names, features: Matrix(rows: 30, columns: 6))
    #expect(try harnessError { try small.task("likeness").result(of: zeros) }.place == "template 44")
  }

  @Test(arguments: [
    ("tid.txt", "1.jpg 5\n", "line 1", "2 columns"), ("tid.txt", "1.jpg x 3\n", "line 1", "`x`"),
    ("tid.txt", "1.jpg 1 3\n\n2.jpg 1 4\n", "line 2", "a blank line"),
    ("pairs.txt", "100 93 2\n", "line 1", "the label `2`"),
    ("pairs.txt", "100 93 1\n100 999 0\n", "line 2", "template 999, which has no images"),
    ("pairs.txt", "100 93\n", "line 1", "2 columns"),
    ("scores.txt", "0.jpg 1 2 3 4 5 6 7 8 9 10 0.5\n", "line 1", "the image `0.jpg`"),
    ("scores.txt", "0.jpg 0.5\n", "line 1", "2 columns"), ("pairs.txt", "", nil, "an empty file"),
  ])
  func `A malformed line is named with its file`(file: String, text: String, place: String?, found: String)
    throws
  {
    let small = try Small()
    try Data(text.utf8).write(to: URL(fileURLWithPath: small.folder.folder.file(file)))
    let error = try harnessError { try small.task("likeness") }
    #expect(error.file == "\(small.folder.path)/\(file)", "\(error)")
    #expect(error.place == place && error.found == found, "\(error)")
  }

  @Test func `Scores that are cut short, and counts that are not the protocol's, are refused`() throws {
    let small = try Small()
    let error = try harnessError { try small.task("likeness", "templates: 10") }
    #expect(error.found == "9 templates" && error.expected == "10")
    #expect(try harnessError { try small.task("likeness", "pairs: 44") }.found == "45 pairs")
    let text = try String(contentsOfFile: small.folder.folder.file("scores.txt"), encoding: .utf8)
    let cut = text.split(whereSeparator: \.isNewline).dropLast().joined(separator: "\n")
    try Data(cut.utf8).write(to: URL(fileURLWithPath: small.folder.folder.file("scores.txt")))
    #expect(try harnessError { try small.task("likeness") }.found == "30 images")
    // Where the convention has no use for them they are not read.
    _ = try small.task("{detector-score: false}")
  }

  @Test func `Long lists are read in pieces: lines across them are whole`() throws {
    let folder = try ListFolder(["tid.txt": "1.jpg 1 1\n2.jpg 1234567 1\n", "pairs.txt": ""])
    // More than the 4 MiB that are read at a time.
    let line = "1 1234567 0\n"
    let count = (5 << 20) / line.utf8.count
    try Data(String(repeating: line, count: count).utf8).write(
      to: URL(fileURLWithPath: folder.folder.file("pairs.txt")))
    let definition = try ProtocolDefinition(
      text: """
        name: long
        kind: template-verification
        lists: {format: ijb, media: tid.txt, pairs: pairs.txt}
        convention: {detector-score: false}
        pairs: \(count)
        far: [0.1]
        """, file: "p.yaml")
    let table = try circle([("1", 0), ("2", 60)])
    let result = try #require(
      try definition.evaluate(table, lists: folder.path) as? TemplateVerificationResult)
    #expect(result.splits[0].impostor == count && result.splits[0].genuine == 0)
    #expect(result.splits[0].operatingPoints[0].tar == nil)
  }

  @Test func `IJB-A's splits are read by column names, and rates averaged over them`() throws {
    let header = "TEMPLATE_ID,SUBJECT_ID,FILE,MEDIA_ID,SIGHTING_ID,FRAME\n"
    let folder = try ListFolder([
      "split1/verify_metadata_1.csv": header
        + "1,10,img/a.jpg,1,100,\n1,10,frame/b.png,2,101,5\n2,10,img/c.jpg,3,102,\n3,11,img/d.jpg,4,103,\n",
      "split1/verify_comparisons_1.csv": "1,2\n1,3\n2,3\n",
      "split2/verify_metadata_2.csv": header
        + "7,11,img/d.jpg,1,103,\n8,11,img/c.jpg,2,102,\n9,10,img/a.jpg,3,100,\n",
      "split2/verify_comparisons_2.csv": "7,8\n9,7\n",
    ])
    let definition = try ProtocolDefinition(
      text: """
        name: a
        kind: template-verification
        lists: {format: ijb-a, metadata: "split{n}/verify_metadata_{n}.csv", comparisons: "split{n}/verify_comparisons_{n}.csv", splits: 2}
        convention: {detector-score: false}
        far: [0.5]
        """, file: "p.yaml")
    #expect(
      try definition.listDigests(folder: folder.path).map(\.file) == [
        "split1/verify_metadata_1.csv", "split1/verify_comparisons_1.csv", "split2/verify_metadata_2.csv",
        "split2/verify_comparisons_2.csv",
      ])
    let table = try circle([("img/a", 0), ("frame/b", 20), ("img/c", 30), ("img/d", 90)])
    let task = try #require(
      try definition.task(lists: folder.path, names: table.names, source: "s") as? TemplateVerificationTask)
    #expect(task.isGenuine(split: 0) == [true, false, false] && task.isGenuine(split: 1) == [true, false])
    let result = try task.result(of: table)
    #expect(result.splits.count == 2 && result.splits[0].images == 4)
    // Split 1: cos 20° beats cos 80° and cos 60°. Split 2: cos 60° beats cos 90°; 1/N is 1, so 0.5 is not attainable.
    #expect(result.splits[0].operatingPoints[0].tar == 1)
    #expect(result.splits[1].operatingPoints[0].tar == nil)
    #expect(result.rates?[0].spread == nil)
    let scores = try task.scores(split: 0, templates: task.templates(split: 0, of: table))
    #expect(abs(Double(scores[0]) - cos(20 * Double.pi / 180)) < 1e-6)
    let sightings = try ProtocolDefinition(
      text: """
        name: a
        kind: template-verification
        lists: {format: ijb-a, metadata: "split{n}/verify_metadata_{n}.csv", comparisons: "split{n}/verify_comparisons_{n}.csv", splits: 2, images: sighting}
        convention: {detector-score: false}
        far: [0.5]
        """, file: "p.yaml")
    let named = try EmbeddingTable(
      source: "s", names: ["100", "101", "102", "103"], features: table.features)
    let same = try #require(try sightings.evaluate(named, lists: folder.path) as? TemplateVerificationResult)
    #expect(same.splits == result.splits)
  }

  @Test(arguments: [
    ("convention: {detector-score: true}\nlists: {format: ijb, media: t, pairs: p}", "no ‘detector-scores’"),
    ("convention: {similarity: negative-l2}", "‘negative-l2’"), ("convention: insigthface", "‘insigthface’"),
    ("convention: {flip: both}", "‘both’"), ("lists: {format: ijbb}", "‘ijbb’"),
    ("convention: {confidence: 1}", "‘1’"), ("missing: reject-pair", "‘reject-pair’"),
  ])
  func `A wrong field is named with its line`(field: String, found: String) throws {
    let usual = [
      "name: test", "kind: template-verification",
      "lists: {format: ijb, media: t, detector-scores: s, pairs: p}", "far: [0.1]",
    ].filter { line in
      !field.split(separator: "\n").contains { line.prefix { $0 != ":" } == $0.prefix { $0 != ":" } }
    }
    let text = (usual + [field]).joined(separator: "\n") + "\n"
    let error = try harnessError { try ProtocolDefinition(text: text, file: "p.yaml") }
    #expect(error.file == "p.yaml" && error.place?.hasPrefix("line ") == true)
    #expect(error.found == found)
  }
}
