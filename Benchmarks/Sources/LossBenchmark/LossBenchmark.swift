import BenchmarkSupport
import Foundation
import Learning
import LinearAlgebra

/// Times losses beside each other.
///
/// Timed is `evaluate`: from a matrix of similarities in `Float` to their gradient in its place, parameters' gradients
/// included. Every repetition goes through all losses in turn, NormFace first, each on a fresh copy of the same
/// similarities, so that what slows the machine down for a while slows all; and through the three products that every head
/// needs besides, the similarities of embeddings and prototypes and the gradients of both. A loss's figures are its time over
/// that of NormFace in the same repetition: alone, and with the products on both sides. SphereFace+ multiplies the batch's prototypes
/// with each other; a line says what it takes alone without these two products of its own.
struct LossBenchmark {
  private let arguments: Arguments
  private let similarities: Matrix<Float>
  private let targets: [Int]
  private let embeddings: Matrix<Float>
  private let prototypes: Matrix<Float>

  init(_ arguments: Arguments) {
    self.arguments = arguments
    var stream = RandomStream(seed: 1, name: "benchmark")
    var cosines = Matrix<Float>(rows: arguments.batch, columns: arguments.classes)
    stream.fillNormal(&cosines, standardDeviation: 0.15)
    let targets = (0..<arguments.batch).map { _ in stream.integer(below: arguments.classes) }
    for row in 0..<arguments.batch {
      cosines.withMutableRow(row) { values in
        for column in values.indices { values[column] = min(max(values[column], -0.99), 0.99) }
        values[targets[row]] = Float(0.3 + 0.5 * stream.uniform())
      }
    }
    similarities = cosines
    self.targets = targets
    var features = Matrix<Float>(rows: arguments.batch, columns: arguments.dimension)
    var weights = Matrix<Float>(rows: arguments.classes, columns: arguments.dimension)
    stream.fillNormal(&features)
    stream.fillNormal(&weights)
    (embeddings, prototypes) = (features, weights)
  }

  /// A loss with the batch that it works on.
  private struct Contender {
    let name: String
    var loss: any Loss
    var batch: LossBatch<Float>
    let targets: [Int]
    /// Seconds of each repetition.
    var times: [Double] = []
  }

  func run() throws {
    var record = BenchmarkRecord("Losses")
    record.add(
      "Similarities to gradient, `Float`, \(arguments.batch) × \(arguments.classes), dimension \(arguments.dimension), \(arguments.repetitions) "
        + "interleaved repetitions. A ratio is that of one repetition's times; the head has the products on both sides."
    )
    for threads in arguments.threads { try measure(threads: threads, into: &record) }
    try record.finish(in: arguments.record)
  }

  private func measure(threads: Int, into record: inout BenchmarkRecord) throws {
    let plain = try LossConfiguration("normface")
    var contenders = ([plain] + arguments.losses.filter { $0 != plain }).map(contender)
    var products: [Double] = []
    var energyProducts: [Double] = []
    for repetition in -2..<arguments.repetitions {
      let seconds = timeProducts(workers: Workers(threads))
      let energySeconds = timeEnergyProducts(workers: Workers(threads))
      if repetition >= 0 {
        products.append(seconds)
        energyProducts.append(energySeconds)
      }
      for index in contenders.indices {
        let seconds = time(&contenders[index], workers: Workers(threads))
        if repetition >= 0 { contenders[index].times.append(seconds) }
      }
    }
    record.add(
      "The products take \(milliseconds(products)) ms, \(threads) thread\(threads == 1 ? "" : "s").")
    record.add(table(contenders, products: products))
    if let energetic = contenders.first(where: { $0.name == SphereFacePlus.description.name }) {
      record.add(table(energetic, without: energyProducts, basis: contenders[0].times))
    }
  }

  /// Of NormFace first and the others.
  private func table(_ contenders: [Contender], products: [Double]) -> MarkdownTable {
    let own = contenders[0].times
    var table = MarkdownTable([
      "loss", "ms", "alone × NormFace", "quartiles", "range", "head × NormFace", "quartiles", "range",
    ])
    for contender in contenders {
      let alone = zip(contender.times, own).map { $0 / $1 }
      let head = own.indices.map { (products[$0] + contender.times[$0]) / (products[$0] + own[$0]) }
      table.add(
        [contender.name, milliseconds(contender.times)] + Spread(of: alone).columns
          + Spread(of: head).columns)
    }
    return table
  }

  /// A loss without products of its own.
  private func table(_ contender: Contender, without products: [Double], basis: [Double]) -> MarkdownTable {
    var table = MarkdownTable([
      "", "ms of these products", "alone × NormFace", "quartiles", "range",
    ])
    let rest = basis.indices.map { (contender.times[$0] - products[$0]) / basis[$0] }
    table.add(
      ["\(contender.name) without its products of prototypes", milliseconds(products)]
        + Spread(of: rest).columns)
    return table
  }

  /// The median.
  private func milliseconds(_ seconds: [Double]) -> String {
    String(format: "%.2f", Spread(of: seconds).median * 1000)
  }

  /// Seconds for the similarities and the gradients of embeddings and prototypes.
  private func timeProducts(workers: Workers) -> Double {
    var product = Matrix<Float>(rows: embeddings.rows, columns: prototypes.rows)
    var embeddingGradient = embeddings
    var prototypeGradient = prototypes
    return seconds {
      gemm(embeddings, .asIs, prototypes, .transposed, into: &product, workers: workers)
      gemm(product, .asIs, prototypes, into: &embeddingGradient, workers: workers)
      gemm(product, .transposed, embeddings, into: &prototypeGradient, workers: workers)
    }
  }

  /// Seconds for the products of SphereFace+'s energy: the cosines of the batch's prototypes and their gradient.
  private func timeEnergyProducts(workers: Workers) -> Double {
    let chosen = prototypes.gathering(rows: Set(targets).sorted())
    var product = Matrix<Float>(rows: chosen.rows, columns: chosen.rows)
    var gradient = chosen
    // Its memory is its own before the clock starts.
    gradient[0, 0] = 0
    return seconds {
      gemm(chosen, .asIs, chosen, .transposed, into: &product, workers: workers)
      gemm(product, .asIs, chosen, into: &gradient, workers: workers)
    }
  }

  private func contender(_ configuration: LossConfiguration) -> Contender {
    // Sub-centres share the columns, so that the work is the same.
    let perClass = configuration.traits.columnsPerClass
    let classes = arguments.classes / perClass
    let loss = configuration.makeLoss(classes: classes, seed: 1)
    var batch = LossBatch<Float>()
    batch.similarities = Matrix(rows: arguments.batch, columns: classes * perClass)
    batch.targets = targets.map { $0 % classes }
    var stream = RandomStream(seed: 1, name: "benchmark.inputs")
    if loss.traits.needs.contains(.norms) {
      batch.norms = (0..<arguments.batch).map { _ in Float(stream.uniform(in: 10..<110)) }
      batch.normGradients = Array(repeating: 0, count: arguments.batch)
    }
    if loss.traits.needs.contains(.prototypes) {
      var raw = Matrix<Float>(rows: classes * perClass, columns: arguments.dimension)
      stream.fillNormal(&raw)
      batch.prototypes = raw
      var norms = [Float](repeating: 0, count: raw.rows)
      RowNormalization.forward(raw, into: &batch.prototypes, norms: &norms)
      batch.prototypeGradients = Matrix(rows: raw.rows, columns: raw.columns)
    }
    batch.parameters = loss.traits.parameters.map { parameter in
      Parameter(
        name: parameter.name, kind: parameter.kind,
        value: Matrix(
          rows: 1, columns: parameter.shape == .perClass ? classes : 1,
          repeating: Float(parameter.initial.lowerBound)))
    }
    return Contender(name: configuration.name, loss: loss, batch: batch, targets: batch.targets)
  }

  private func time(_ contender: inout Contender, workers: Workers) -> Double {
    if contender.batch.similarities.columns == similarities.columns {
      ElementwiseKernels.copy(similarities, to: &contender.batch.similarities)
    } else {
      similarities.copyColumns(
        0..<contender.batch.similarities.columns, into: &contender.batch.similarities)
    }
    return seconds { _ = contender.loss.evaluate(&contender.batch, workers: workers) }
  }
}
