import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

@Suite struct DiagnosticsTests {
  private func random(_ rows: Int, _ columns: Int, _ seed: UInt64) -> Matrix<Double> {
    var stream = RandomStream(seed: seed, name: "diagnostics")
    var matrix = Matrix<Double>(rows: rows, columns: columns)
    stream.fillNormal(&matrix)
    return matrix
  }

  /// A random orthogonal matrix, by Gram and Schmidt.
  private func rotation(_ size: Int, _ seed: UInt64) -> Matrix<Double> {
    var q = random(size, size, seed)
    for row in 0..<size {
      for _ in 0..<2 {
        for earlier in 0..<row {
          let inner = zip(q.row(row), q.row(earlier)).reduce(0) { $0 + $1.0 * $1.1 }
          for column in 0..<size { q[row, column] -= inner * q[earlier, column] }
        }
      }
      let norm = q.row(row).reduce(0) { $0 + $1 * $1 }.squareRoot()
      for column in 0..<size { q[row, column] /= norm }
    }
    return q
  }

  // MARK: Eigenvalues

  @Test(arguments: [1, 2, 3, 5, 40])
  func eigenvaluesOfARotatedDiagonalAreTheDiagonal(size: Int) {
    for repeats in [false, true] {
      func value(_ index: Int) -> Double { repeats ? Double(index / 3) : 10 - Double(index * index) / 3 }
      let values: [Double] = (0..<size).map(value).sorted(by: >)
      let q = rotation(size, 3)
      var scaled = q
      for row in 0..<size { for column in 0..<size { scaled[row, column] *= values[row] } }
      let found = SymmetricEigenvalues.of(product(q, .transposed, scaled))
      let scale = max(10, values[size - 1].magnitude)
      for (a, b) in zip(found, values) { #expect(abs(a - b) < 1e-12 * scale) }
    }
  }

  @Test func eigenvaluesOfCornersAreExact() {
    #expect(SymmetricEigenvalues.of(Matrix(rows: 0, columns: 0)) == [])
    #expect(SymmetricEigenvalues.of(Matrix(rows: 3, columns: 3)) == [0, 0, 0])
    let diagonal = SymmetricEigenvalues.of(Matrix([[2, 0], [0, -3]]))
    #expect(abs(diagonal[0] - 2) < 1e-14 && abs(diagonal[1] + 3) < 1e-14)
    let found = SymmetricEigenvalues.of(Matrix([[0, 1], [1, 0]]))
    #expect(abs(found[0] - 1) < 1e-15 && abs(found[1] + 1) < 1e-15)
    #expect(SymmetricEigenvalues.of(Matrix([[1, .nan], [.nan, 1]])).count { $0.isNaN } == 2)
    // One large and one tiny eigenvalue.
    let wide = SymmetricEigenvalues.of(Matrix([[1e8, 0], [0, 1e-8]]))
    #expect(abs(wide[0] - 1e8) < 1e-6 && abs(wide[1]) < 1e-6)
  }

  @Test(arguments: [1, 2, 3, 7, 40])
  func eigenvectorsAreThoseOfTheMatrixAndOrthonormal(size: Int) {
    // Different eigenvalues, threefold ones, two close ones, none but one.
    let spectra: [(Int) -> Double] = [
      { 10 - Double($0 * $0) / 3 }, { Double($0 / 3) }, { $0 < 2 ? 5 + Double($0) * 1e-13 : 1 },
      { $0 == 0 ? 3 : 0 },
    ]
    for spectrum in spectra {
      let q = rotation(size, 4)
      var scaled = q
      for row in 0..<size { for column in 0..<size { scaled[row, column] *= spectrum(row) } }
      let matrix = product(q, .transposed, scaled)
      let form = TridiagonalMatrix(matrix)
      let values = form.eigenvalues((0..<size).reversed())
      #expect(values == SymmetricEigenvalues.of(matrix))
      let vectors = form.eigenvectors(values)
      let scale = max(1, values.map(\.magnitude).max() ?? 1)
      for (place, (value, vector)) in zip(values, vectors).enumerated() {
        for row in 0..<size {
          let image = zip(matrix.row(row), vector).reduce(0) { $0 + $1.0 * $1.1 }
          #expect(abs(image - value * vector[row]) < 1e-12 * scale)
        }
        for (other, second) in vectors[...place].enumerated() {
          let inner = zip(vector, second).reduce(0) { $0 + $1.0 * $1.1 }
          #expect(abs(inner - (other == place ? 1 : 0)) < 1e-12)
        }
      }
      #expect(form.eigenvectors(values) == vectors)
    }
  }

  @Test func eigenvectorsOfCornersAreThere() {
    #expect(TridiagonalMatrix(Matrix(rows: 0, columns: 0)).eigenvectors([]) == [])
    let zero = TridiagonalMatrix(Matrix(rows: 4, columns: 4)).eigenvectors([0, 0])
    #expect(zero.count == 2 && zero.allSatisfy { abs($0.reduce(0) { $0 + $1 * $1 } - 1) < 1e-12 })
    // Blocks that know nothing of each other, and entries far from 1.
    for scale in [1e-150, 1, 1e150] {
      let blocks = Matrix<Double>([[1, 0, 0], [0, 2, 1], [0, 1, 2]].map { $0.map { $0 * scale } })
      let form = TridiagonalMatrix(blocks)
      let vectors = form.eigenvectors(form.eigenvalues([2, 1, 0]))
      #expect(abs(abs(vectors[0][1]) - 0.5.squareRoot()) < 1e-12 && abs(vectors[0][0]) < 1e-12)
      #expect(abs(vectors[0][1] - vectors[0][2]) < 1e-12)
    }
  }

  // MARK: Spectrum

  @Test func spectrumCountsTheDimensionsThatAreUsed() throws {
    // Rows at ±e_k for the first 3 of 7 axes: equal variances in 3 dimensions.
    var rows = Matrix<Float>(rows: 6, columns: 7)
    for axis in 0..<3 {
      rows[2 * axis, axis] = 4
      rows[2 * axis + 1, axis] = -2
    }
    let spectrum = EmbeddingSpectrum(rows)
    for (index, variance) in spectrum.variances.enumerated() {
      #expect(abs(variance - (index < 3 ? 1.0 / 3 : 0)) < 1e-15)
    }
    #expect(abs(try #require(spectrum.effectiveDimension) - 3) < 1e-12)
    #expect(abs(try #require(spectrum.entropyDimension) - 3) < 1e-12)
    #expect(spectrum.dimensions(holding: 0.5) == 2)
    #expect(spectrum.dimensions(holding: 0.99) == 3)
    #expect(abs(spectrum.totalVariance - 1) < 1e-12)
    // Without normalisation the lengths and the mean count: variances of (4, −2, 0, 0, 0, 0) and so on.
    let raw = EmbeddingSpectrum(rows, normalised: false)
    #expect(abs(raw.totalVariance - 3 * (20.0 / 6 - 1.0 / 9)) < 1e-12)
  }

  @Test func spectrumIsThatOfTheCovarianceByLoops() {
    let rows = random(50, 6, 5)
    let spectrum = EmbeddingSpectrum(rows, normalised: false)
    // Σλ and Σλ² are the trace and the squared norm of the covariance.
    var trace = 0.0
    var square = 0.0
    for a in 0..<6 {
      for b in 0..<6 {
        let (x, y) = ((0..<50).map { rows[$0, a] }, (0..<50).map { rows[$0, b] })
        let (meanX, meanY) = (x.reduce(0, +) / 50, y.reduce(0, +) / 50)
        let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / 50
        square += covariance * covariance
        if a == b { trace += covariance }
      }
    }
    #expect(abs(spectrum.totalVariance - trace) < 1e-12)
    #expect(abs(spectrum.variances.reduce(0) { $0 + $1 * $1 } - square) < 1e-12)
  }

  @Test func aSpectrumOfOnePointHasNoDimension() {
    let spectrum = EmbeddingSpectrum(Matrix<Float>(rows: 4, columns: 3, repeating: 0.5))
    #expect(spectrum.effectiveDimension == nil)
    #expect(spectrum.entropyDimension == nil)
    #expect(spectrum.dimensions(holding: 0.9) == nil)
  }

  // MARK: Angles

  @Test func anglesAreCountedOnceForEachPair() throws {
    // Identity 7 at 0° and 60°, identity 2 at 180°.
    let rows = Matrix<Double>([[2, 0], [0.5, 0.75.squareRoot()], [-3, 0]])
    let found = Compactness(rows, labels: [7, 7, 2])
    #expect(found.genuine.count == 1)
    #expect(abs(try #require(found.genuine.mean) - 60) < 1e-9)
    #expect(found.genuine.standardDeviation == 0)
    #expect(found.impostor.count == 2)
    #expect(abs(try #require(found.impostor.mean) - 150) < 1e-9)
    #expect(abs(try #require(found.impostor.standardDeviation) - 30) < 1e-9)
    #expect(found.impostor.histogram[179] == 1)
    #expect(abs(try #require(found.toCentre.mean) - 20) < 1e-5)
    #expect(found.betweenCentres.count == 1)
    #expect(abs(try #require(found.betweenCentres.mean) - 150) < 1e-9)
    #expect(AngleStatistics().mean == nil && AngleStatistics().standardDeviation == nil)
  }

  @Test func anglesAgreeWithLoopsAcrossBlocks() throws {
    let rows = random(300, 5, 6)
    let labels = (0..<300).map { $0 % 17 }
    let found = Compactness(rows, labels: labels)
    var angles: [[Double]] = [[], []]
    for a in 0..<300 {
      for b in 0..<a {
        let inner = zip(rows.row(a), rows.row(b)).reduce(0) { $0 + $1.0 * $1.1 }
        let norms = [a, b].map { rows.row($0).reduce(0) { $0 + $1 * $1 }.squareRoot() }
        angles[labels[a] == labels[b] ? 0 : 1].append(acos(inner / norms[0] / norms[1]) * 180 / .pi)
      }
    }
    for (statistics, expected) in zip([found.genuine, found.impostor], angles) {
      let mean = expected.reduce(0, +) / Double(expected.count)
      let square = expected.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(expected.count)
      #expect(statistics.count == expected.count)
      #expect(abs(try #require(statistics.mean) - mean) < 1e-9)
      #expect(abs(try #require(statistics.standardDeviation) - square.squareRoot()) < 1e-9)
      #expect(statistics.histogram == (0..<180).map { bin in expected.count { Int($0) == bin } })
    }
    #expect(found.toCentre.count == 300 && found.betweenCentres.count == 17 * 8)
    #expect(Compactness(rows, labels: labels, workers: Workers(2)) == found)
  }

  // MARK: Groups

  @Test func alignmentIsOneForRotatedAndScaledCopiesAndTheNaiveValueElse() throws {
    let x = random(40, 4, 7)
    var rotated = product(x, .asIs, rotation(4, 8))
    ElementwiseKernels.scale(&rotated, by: 3)
    #expect(abs(try #require(GroupComparison.alignment(x, rotated)) - 1) < 1e-12)
    let y = random(40, 3, 9)
    // By the centred Gram matrices: Σ K·L / √(ΣK²·ΣL²).
    func gram(_ matrix: Matrix<Double>) -> [Double] {
      var centred = matrix
      centred.centreColumns()
      return product(centred, .asIs, centred, .transposed).elements
    }
    let (k, l) = (gram(x), gram(y))
    func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let expected = inner(k, l) / (inner(k, k) * inner(l, l)).squareRoot()
    #expect(abs(try #require(GroupComparison.alignment(x, y)) - expected) < 1e-12)
    #expect(GroupComparison.alignment(x, Matrix(rows: 40, columns: 2, repeating: 1)) == nil)
  }

  @Test func groupsThatRepeatEachOtherAgreeAndOthersDoNot() {
    let (features, labels) = clusters(identities: 30, images: 6, columns: 4, spread: 0.1)
    var rows = Matrix<Float>(rows: 180, columns: 12)
    rows.replaceColumns(from: 0, with: features)
    rows.replaceColumns(from: 4, with: features)
    rows.replaceColumns(from: 8, with: random(180, 4, 10).converted(to: Float.self))
    let found = GroupComparison(rows, labels: labels, groups: 3)
    #expect((0..<3).allSatisfy { found.alignment[$0][$0] == 1 && found.neighbourAgreement[$0][$0] == 1 })
    #expect(abs(found.alignment[0][1] - 1) < 1e-12)
    #expect(found.alignment[0][2] < 0.1 && found.alignment[0][2] == found.alignment[2][0])
    #expect(found.neighbourAgreement[0][1] == 1)
    #expect(found.neighbourAgreement[0][2] < 0.05)
    #expect(found.neighbourAccuracy[0] == found.neighbourAccuracy[1])
    #expect(found.neighbourAccuracy[0] > 0.9 && found.neighbourAccuracy[2] < 0.15)
  }

  @Test func nearestRowsAreThoseOfLoopsAcrossBlocks() {
    let rows = random(200, 6, 11)
    let labels = (0..<200).map { $0 % 9 }
    let nearest = (0..<2).map { group in
      (0..<200).map { a in
        (0..<200).filter { $0 != a }.max { b, c in
          func cosine(_ other: Int) -> Double {
            let (x, y) = (rows.row(a)[group * 3..<group * 3 + 3], rows.row(other)[group * 3..<group * 3 + 3])
            return zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / y.reduce(0) { $0 + $1 * $1 }.squareRoot()
          }
          return cosine(b) < cosine(c)
        }!
      }
    }
    let found = GroupComparison(rows, labels: labels, groups: 2)
    #expect(found.neighbourAgreement[0][1] == Double(zip(nearest[0], nearest[1]).count { $0 == $1 }) / 200)
    for group in 0..<2 {
      #expect(
        found.neighbourAccuracy[group]
          == Double((0..<200).count { labels[$0] == labels[nearest[group][$0]] }) / 200)
    }
  }

  // MARK: Gradients

  private func trainer(_ text: String, steps: Int = 4) throws -> Trainer<Double> {
    let (features, labels) = clusters(identities: 15, images: 4, columns: 6, spread: 0.5)
    return try Trainer<Double>(
      configuration: smallConfiguration(
        loss: LossConfiguration("normface", ["scale": .number(8)]), mechanism: mechanism(text), batch: 4,
        steps: 9), features: features, labels: labels)
  }

  @Test func headGradientsAreMeansOverPresentAndAbsentClasses() throws {
    var trainer = try trainer("{name: multiface, groups: 2}")
    #expect(trainer.headGradients().isEmpty)
    _ = try trainer.step(on: [[0, 3, 15, 11]])
    var expected: [Matrix<Double>] = []
    trainer.source.forEachParameter { expected.append($0.gradient) }
    let found = trainer.headGradients()
    #expect(found.map(\.name) == ["prototypes.0", "prototypes.1"])
    for (head, gradient) in zip(found, expected) {
      func mean(_ rows: [Int]) -> Double {
        rows.flatMap { gradient.row($0).map(\.magnitude) }.reduce(0, +) / Double(rows.count * 4)
      }
      #expect(abs(head.all - mean(Array(0..<15))) < 1e-15)
      #expect(abs(head.present - mean([0, 3, 11])) < 1e-15)
      #expect(abs(try #require(head.absent) - mean((0..<15).filter { ![0, 3, 11].contains($0) })) < 1e-15)
    }
    var queue = try self.trainer("{name: semi-siamese, queue: 8}")
    _ = try queue.step()
    #expect(queue.headGradients().isEmpty)
  }

  @Test(arguments: ["conventional", "{name: multi-agent, queue: 8, agents: 2, ema: 0.5}"])
  func theGradientLineIsTheLossAlongTheNextStepsGradient(text: String) throws {
    var trainer = try trainer(text)
    for _ in 0..<3 { _ = try trainer.step() }
    let before = try trainer.checkpoint()
    let line = trainer.gradientLine(rates: [0, 1e-6, 0.1])
    #expect(try trainer.checkpoint() == before)
    var next = trainer
    let progress = try next.step()
    #expect(line.loss == progress.loss)
    #expect(abs(line.gradientNorm - progress.gradientNorm) < 1e-12)
    #expect(line.places[0].loss == line.loss)
    #expect(line.places[0].gradientChange == 0 && line.places[0].distance == 0)
    // To first order the loss falls by η‖g‖².
    let fall = (line.loss - line.places[1].loss) / 1e-6
    #expect(abs(fall - line.gradientNorm * line.gradientNorm) < 1e-3 * fall)
    #expect(abs(line.places[2].distance - 0.1 * line.gradientNorm) < 1e-12)
    #expect(line.lossRange.lowerBound <= line.places[1].loss && line.lossRange.contains(line.loss))
    let slopes = line.places[1...].map { abs($0.loss - line.loss) / $0.distance }
    #expect(line.lipschitz == slopes.max())
    #expect(line.smoothness == line.places[1...].map { $0.gradientChange / $0.distance }.max())
    #expect(trainer.gradientLine(rates: [0]).smoothness == nil)
  }

  @Test func theSliceKeepsTheLossInItsMiddleAndScalesItsFilters() throws {
    var trainer = try trainer("{name: multiface, groups: 2}")
    _ = try trainer.step()
    let before = try trainer.checkpoint()
    let slice = trainer.lossSlice(steps: [-0.5, 0, 0.5])
    #expect(try trainer.checkpoint() == before)
    #expect(slice.losses[1][1] == trainer.gradientLine(rates: []).loss)
    #expect(slice.losses[0][1] != slice.losses[1][0])
    #expect(Set(slice.losses.joined()).count == 9)
    #expect(slice == trainer.lossSlice(steps: [-0.5, 0, 0.5]))
    // A whole step along one direction moves each filter by its own length, and biases not at all.
    let weight = trainer.network.parameters[0].value
    let direction = Trainer<Double>.filterDirection(trainer.network.parameters[0], seed: 3, axis: 0)
    for row in 0..<weight.rows {
      func length(_ matrix: Matrix<Double>) -> Double {
        matrix.row(row).reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      #expect(abs(length(direction) - length(weight)) < 1e-12)
    }
    let bias = Trainer<Double>.filterDirection(trainer.network.parameters[1], seed: 3, axis: 0)
    #expect(bias.elements.allSatisfy { $0 == 0 })
  }
}
