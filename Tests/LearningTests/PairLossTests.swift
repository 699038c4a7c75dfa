import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

/// Losses of pairs and triplets of samples.
@Suite struct PairLossTests {
  static let cases: [(name: String, configuration: LossConfiguration)] = [
    "contrastive", "{name: contrastive, preset: pytorch-metric-learning}",
    "{name: contrastive, balance: pairs, positive-margin: 0.4}",
    "{name: contrastive, form: linear, balance: pairs, margin: 1.3}", "triplet",
    "{name: triplet, preset: facexzoo}", "{name: triplet, preset: pytorch-metric-learning, margin: 0.4}",
    "{name: triplet, mining: hard, margin: 0.5, reduction: nonzero}",
    "{name: triplet, mining: hardest-negative, anchors: first, distance: euclidean}",
    "{name: triplet, mining: semi-hard, distance: euclidean, margin: 0.6}", "n-pair",
    "{name: n-pair, scale: 8}",
    "{name: n-pair, similarity: inner-product}",
  ].compactMap { text in
    (try? LossConfiguration(yaml("loss: \(text)").mapping(keys: ["loss"]).required("loss"))).map {
      (text, $0)
    }
  }

  @Test func everyConfigurationIsRead() { #expect(Self.cases.count == 13) }

  /// Batches of cosines: rows that are the columns, with one identity of a single sample, and two views.
  static func batches(seed: UInt64) -> [(cosines: Matrix<Double>, targets: [Int], pairs: PairColumns)] {
    let classes = [2, 0, 1, 0, 2, 2, 3, 1]
    var square = LossTests.cosines(rows: 8, columns: 8, seed: seed).0
    for row in 0..<8 {
      for column in 0...row { square[row, column] = row == column ? 1 : square[column, row] }
    }
    let views = LossTests.cosines(rows: 5, columns: 5, seed: seed + 1).0
    return [
      (square, classes, PairColumns(classes: classes, areRows: true)),
      (views, [4, 1, 4, 0, 2], PairColumns(classes: [4, 1, 4, 0, 2], areRows: false)),
    ]
  }

  static func run<Element: Scalar>(
    _ configuration: LossConfiguration, _ cosines: Matrix<Element>, _ targets: [Int], _ pairs: PairColumns,
    workers: Workers = .one
  ) -> (loss: Element, gradient: Matrix<Element>) {
    var loss = configuration.makeLoss(classes: 9)
    var batch = LossBatch<Element>()
    batch.similarities = cosines
    batch.targets = targets
    batch.pairs = pairs
    let value = loss.evaluate(&batch, workers: workers)
    return (value, batch.similarities)
  }

  /// The losses restated: lists of pairs and triplets first, then the mean over them.
  static func naive(
    _ configuration: LossConfiguration, _ c: Matrix<Double>, _ targets: [Int], _ pairs: PairColumns
  ) -> Double {
    let options = configuration.options
    func square(_ i: Int, _ j: Int) -> Double { 2 - 2 * c[i, j] }
    let all = (0..<c.rows).flatMap { i in (0..<c.columns).map { (i, $0) } }
      .filter { !pairs.areRows || $0.0 != $0.1 }
    let genuine = all.filter { targets[$0.0] == pairs.classes[$0.1] }
    let impostor = all.filter { targets[$0.0] != pairs.classes[$0.1] }
    func mean(_ losses: [Double]) -> Double {
      let counted = options.text("reduction") == "mean" ? losses : losses.filter { $0 > 0 }
      return counted.isEmpty ? 0 : counted.reduce(0, +) / Double(counted.count)
    }
    switch configuration.name {
    case "contrastive":
      func penalty(_ excess: Double) -> Double {
        let x = max(excess, 0)
        return options.text("form") == "squared" ? x * x / 2 : x
      }
      let near = genuine.map { penalty(square($0.0, $0.1).squareRoot() - options.number("positive-margin")) }
      let far = impostor.map { penalty(options.number("margin") - square($0.0, $0.1).squareRoot()) }
      return options.text("balance") == "sides" ? mean(near) + mean(far) : mean(near + far)
    case "triplet":
      func distance(_ i: Int, _ j: Int) -> Double {
        options.text("distance") == "squared" ? square(i, j) : square(i, j).squareRoot()
      }
      var triplets: [(Int, Int, Int)] = []
      for i in 0..<c.rows {
        let positives = genuine.filter {
          $0.0 == i && !(options.text("anchors") == "first" && pairs.areRows && $0.1 < i)
        }.map(\.1)
        let negatives = impostor.filter { $0.0 == i }.map(\.1).sorted { distance(i, $0) < distance(i, $1) }
        switch options.text("mining") {
        case "all": triplets += positives.flatMap { p in negatives.map { (i, p, $0) } }
        case "hard":
          if let p = positives.max(by: { distance(i, $0) < distance(i, $1) }) {
            triplets.append((i, p, negatives[0]))
          }
        case "hardest-negative": triplets += positives.map { (i, $0, negatives[0]) }
        default:
          triplets += positives.map { p in
            (i, p, negatives.first { distance(i, $0) > distance(i, p) } ?? negatives[negatives.count - 1])
          }
        }
      }
      return mean(
        triplets.map { max(distance($0.0, $0.1) - distance($0.0, $0.2) + options.number("margin"), 0) })
    default:
      var losses: [Double] = []
      var anchors: [(row: Int, column: Int)] = []
      if pairs.areRows {
        for label in Set(targets).sorted() {
          let members = targets.indices.filter { targets[$0] == label }
          if members.count > 1 { anchors.append((row: members[0], column: members[1])) }
        }
      } else {
        for row in targets.indices { anchors.append((row: row, column: row)) }
      }
      let columns = pairs.areRows ? anchors.map(\.column) : Array(0..<c.columns)
      for (row, column) in anchors {
        let others = columns.filter { pairs.classes[$0] != targets[row] }
        let scale = options.number("scale")
        losses.append(log1p(others.map { exp(scale * (c[row, $0] - c[row, column])) }.reduce(0, +)))
      }
      return losses.reduce(0, +) / Double(losses.count)
    }
  }

  @Test(arguments: cases.indices)
  func agreesWithTheNaiveRestatementAndItsDerivative(index: Int) {
    let (name, configuration) = Self.cases[index]
    for seed in 1...4 {
      for (cosines, targets, pairs) in Self.batches(seed: UInt64(seed)) {
        let place = "\(name) \(seed) \(pairs.areRows)"
        let found = Self.run(configuration, cosines, targets, pairs)
        #expect(abs(found.loss - Self.naive(configuration, cosines, targets, pairs)) < 1e-12, "\(place)")
        let scale = max(found.gradient.elements.map(\.magnitude).max() ?? 0, 1e-3)
        for entry in 0..<cosines.count {
          let (row, column) = entry.quotientAndRemainder(dividingBy: cosines.columns)
          if pairs.areRows && row == column {
            #expect(found.gradient[row, column] == 0, "\(place)")
            continue
          }
          let slope = derivative(step: 1e-6) { change in
            var moved = cosines
            moved[row, column] += change
            return Self.naive(configuration, moved, targets, pairs)
          }
          #expect(abs(found.gradient[row, column] - slope) < 1e-6 * scale, "\(place) [\(row), \(column)]")
        }
        let single = Self.run(configuration, cosines.converted(to: Float.self), targets, pairs)
        #expect(abs(Double(single.loss) - found.loss) < 1e-5 * max(found.loss, 0.1), "\(place)")
        #expect(relativeError(single.gradient, found.gradient) < 1e-4, "\(place)")
        let two = Self.run(configuration, cosines, targets, pairs, workers: Workers(2))
        #expect(two.loss == found.loss && two.gradient == found.gradient, "\(place)")
      }
    }
  }

  @Test(arguments: cases.indices)
  func staysFiniteWhereSamplesCoincide(index: Int) {
    let (name, configuration) = Self.cases[index]
    for value in [1, 1.0000002, -1, -1.0000002, 0] {
      for classes in [[0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 2, 3]] {
        for areRows in [true, false] {
          let pairs = PairColumns(classes: classes, areRows: areRows)
          let single = Self.run(
            configuration, Matrix<Float>(rows: 4, columns: 4, repeating: Float(value)), classes, pairs)
          let double = Self.run(
            configuration, Matrix<Double>(rows: 4, columns: 4, repeating: value), classes, pairs)
          #expect(single.loss.isFinite && double.loss.isFinite, "\(name) \(value)")
          #expect(single.gradient.elements.allSatisfy { $0.isFinite }, "\(name) \(value)")
          #expect(double.gradient.elements.allSatisfy { $0.isFinite }, "\(name) \(value)")
        }
      }
    }
  }

  // MARK: The siamese mechanism

  static func source(
    _ loss: LossConfiguration, columns: String = "batch", images: Int = 2, width: Int
  ) throws -> any PrototypeSource<Double> {
    try MechanismConfiguration(
      "siamese", ["columns": .text(columns), "images": .number(Double(images))]
    ).makeSource(loss: loss, width: width, classes: 9, seed: 1, Double.self)
  }

  static func run(
    _ source: any PrototypeSource<Double>, _ views: [Matrix<Double>], classes: [Int]
  ) -> (loss: Double, gradients: [Matrix<Double>]) {
    var source = source
    var batch = SourceBatch<Double>(views: views.count)
    batch.embeddings = views
    batch.gradients = views
    batch.classes = classes
    let loss = source.evaluate(&batch, workers: .one)
    return (loss, batch.gradients)
  }

  @Test(arguments: cases.indices)
  func gradientsFlowThroughBothSidesOfEverySimilarity(index: Int) throws {
    let (name, loss) = Self.cases[index]
    var stream = RandomStream(seed: 4, name: "views")
    for (columns, images) in [("batch", 2), ("batch", 3), ("views", 2)] {
      let views = (0..<images).map { _ in
        var view = Matrix<Double>(rows: 4, columns: 5)
        stream.fillNormal(&view)
        return view
      }
      let source = try Self.source(loss, columns: columns, images: images, width: 5)
      #expect(source.viewsPerSample == images)
      let classes = [3, 0, 1, 0]
      let found = Self.run(source, views, classes: classes)
      for view in 0..<images {
        for entry in 0..<20 {
          let (row, column) = entry.quotientAndRemainder(dividingBy: 5)
          let slope = derivative(step: 1e-6) { change in
            var moved = views
            moved[view][row, column] += change
            return Self.run(source, moved, classes: classes).loss
          }
          #expect(
            abs(found.gradients[view][row, column] - slope) < 1e-7,
            "\(name) \(columns) \(images) view \(view) [\(row), \(column)]")
        }
      }
    }
  }

  @Test func combinationsThatMakeNoSenseSayWhy() throws {
    let siamese = try MechanismConfiguration("siamese")
    let arcFace = try LossConfiguration("arcface")
    let triplet = try LossConfiguration("triplet")
    #expect(
      siamese.unsupportedReason(loss: arcFace, width: 8)
        == "the loss compares samples with classes, of which a siamese network has no prototypes")
    #expect(siamese.unsupportedReason(loss: triplet, width: 8) == nil)
    #expect(
      try MechanismConfiguration("siamese", ["columns": .text("views"), "images": .number(3)])
        .unsupportedReason(loss: triplet, width: 8) == "columns: views compares two images a sample, not 3")
    for name in ["conventional", "multiface"] {
      #expect(
        try MechanismConfiguration(name).unsupportedReason(loss: triplet, width: 8)
          == "the loss compares samples of a batch with each other, not with class weights")
    }
  }

  @Test func trainingWithPairsLowersTheLossAndResumesToTheSameBytes() throws {
    let (features, labels) = clusters(identities: 6, images: 5, columns: 7, spread: 0.4)
    let configuration = try smallConfiguration(
      loss: LossConfiguration("triplet", ["mining": .text("all"), "margin": .number(0.5)]),
      mechanism: MechanismConfiguration("siamese", ["images": .number(3)]), batch: 6, steps: 30)
    var trainer = try Trainer<Float>(configuration: configuration, features: features, labels: labels)
    var checkpoint: Data?
    while !trainer.isFinished {
      _ = try trainer.step()
      if trainer.completedSteps == 11 { checkpoint = try trainer.checkpoint() }
    }
    let losses = trainer.history.losses
    #expect(losses.prefix(5).reduce(0, +) > 1.2 * losses.suffix(5).reduce(0, +))
    var resumed = try Trainer<Float>(resuming: #require(checkpoint), features: features, labels: labels)
    while !resumed.isFinished { _ = try resumed.step() }
    #expect(try resumed.checkpoint() == trainer.checkpoint())
  }
}

/// The pair losses of the golden file, through the siamese mechanism.
@Suite(.enabled(if: SharedData.goldenIsAvailable, "needs ../shared"))
struct GoldenPairTests {
  static let variants: [(name: String, loss: String)] = [
    ("facexzoo_online_contrastive_all", "{name: contrastive, preset: facexzoo}"),
    ("facexzoo_online_triplet_all_m0.3", "{name: triplet, preset: facexzoo, margin: 0.3}"),
    ("facexzoo_online_triplet_all_m2.5", "{name: triplet, preset: facexzoo}"),
    (
      "facexzoo_online_triplet_hardest_m0.3",
      "{name: triplet, preset: facexzoo, margin: 0.3, mining: hardest-negative, reduction: nonzero}"
    ),
    ("pml_contrastive", "{name: contrastive, preset: pytorch-metric-learning}"),
    ("pml_contrastive_mean", "{name: contrastive, preset: pytorch-metric-learning, reduction: mean}"),
    ("pml_npairs", "{name: n-pair, preset: pytorch-metric-learning}"),
    ("pml_triplet", "{name: triplet, preset: pytorch-metric-learning}"),
    ("pml_triplet_m0.3_mean_sq", "{name: triplet, mining: all, margin: 0.3}"),
  ]

  @Test func everyVariantOfTheFileIsKnown() throws {
    let groups = try GoldenFile("losses").group("/pairs").groups().map(\.name)
    #expect(groups == Self.variants.map(\.name))
  }

  @Test(arguments: variants.indices)
  func lossAndGradientAgreeWithThePeer(index: Int) throws {
    let (name, text) = Self.variants[index]
    let group = try GoldenFile("losses").group("/pairs/\(name)")
    let loss = try LossConfiguration(yaml("loss: \(text)").mapping(keys: ["loss"]).required("loss"))
    let features = try group.matrix("features")
    let labels = try group.integers("labels")
    // The file has two neighbouring rows an identity, which are here two views of one sample.
    let views = [0, 1].map { view in features.gathering(rows: (0..<features.rows / 2).map { 2 * $0 + view }) }
    let source = try PairLossTests.source(loss, width: features.columns)
    let found = PairLossTests.run(
      source, views, classes: stride(from: 0, to: labels.count, by: 2).map { labels[$0] })
    let expectedLoss = try group.scalar("loss")
    #expect(abs(found.loss - expectedLoss) < 1e-9)
    let expected = try group.matrix("dfeatures")
    for view in 0..<2 {
      let part = expected.gathering(rows: (0..<features.rows / 2).map { 2 * $0 + view })
      #expect(relativeError(found.gradients[view], part) < 1e-9, "view \(view)")
    }
  }

  @Test func thePairsOfABatchAreThePeersPairs() throws {
    let group = try GoldenFile("losses").group("/pairs")
    let labels = try group.integers("labels")
    let pairs = PairColumns(classes: labels, areRows: true)
    let all = labels.indices.flatMap { row in labels.indices.map { [row, $0] } }
    func list(_ isGenuine: Bool) -> [[Int]] {
      all.filter { pairs.isGenuine(row: $0[0], column: $0[1], class: labels[$0[0]]) == isGenuine }
    }
    #expect(try list(true) == group.integerRows("pml_positive_pairs"))
    #expect(try Set(list(false)) == Set(group.integerRows("pml_negative_pairs")))
  }
}
