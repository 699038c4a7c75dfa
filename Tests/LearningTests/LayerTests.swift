import FeatureStores
import LinearAlgebra
import TestSupport
import Testing

@testable import Learning

@Suite struct LayerTests {
  static let networks: [(String, [LayerConfiguration])] = [
    ("linear", [.linear(outputs: 4)]),
    ("linear without bias", [.linear(outputs: 7, bias: false, initialisation: .xavier)]),
    ("batch-norm", [.batchNorm()]),
    ("batch-norm without gain and shift", [.batchNorm(momentum: 0.3, epsilon: 1e-3, affine: false)]),
    ("prelu", [.prelu()]),
    ("dropout", [.dropout(rate: 0.4)]),
    ("residual", [.residual([.linear(outputs: 5, initialisation: .uniform), .prelu()])]),
    ("empty residual", [.residual([])]),
    ("identity", []),
    (
      "all",
      [
        .linear(outputs: 6), .batchNorm(), .prelu(), .dropout(rate: 0.2),
        .residual([.linear(outputs: 6), .batchNorm(), .prelu(), .linear(outputs: 6)]), .linear(outputs: 3),
      ]
    ),
  ]

  static func batch(rows: Int, columns: Int, seed: UInt64 = 1) -> Matrix<Double> {
    var stream = RandomStream(seed: seed, name: "batch")
    var matrix = Matrix<Double>(rows: rows, columns: columns)
    stream.fillNormal(&matrix)
    return matrix
  }

  /// Σ output·weights of a training pass: a scalar whose gradient at the output is `weights`.
  static func scalar(_ network: Network<Double>, _ x: Matrix<Double>, _ weights: Matrix<Double>) -> Double {
    var network = network
    var tape = network.makeTape()
    network.forward(x, tape: &tape, dropoutKey: SIMD2(3, 4))
    return zip(tape.output.elements, weights.elements).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test(arguments: networks.indices)
  func gradientsAreDerivatives(index: Int) throws {
    let (name, layers) = Self.networks[index]
    // An input layer of its own shows the gradient at the input of what is tested.
    let configuration = NetworkConfiguration([.linear(outputs: 5)] + layers)
    var network = try Network<Double>(configuration, inputs: 5, seed: 9)
    var stream = RandomStream(seed: 4, name: "parameters")
    for place in network.parameters.indices {
      var noise = network.parameters[place].value
      stream.fillNormal(&noise, standardDeviation: 0.2)
      ElementwiseKernels.add(noise, to: &network.parameters[place].value)
    }
    let x = Self.batch(rows: 7, columns: 5)
    let weights = Self.batch(rows: 7, columns: network.outputs, seed: 2)
    var run = network
    var tape = run.makeTape()
    run.forward(x, tape: &tape, dropoutKey: SIMD2(3, 4))
    run.backward(weights, tape: &tape)
    for place in network.parameters.indices {
      let gradient = run.parameters[place].gradient
      for entry in 0..<gradient.count {
        let (row, column) = entry.quotientAndRemainder(dividingBy: gradient.columns)
        let expected = derivative { change in
          var moved = network
          moved.parameters[place].value[row, column] += change
          return Self.scalar(moved, x, weights)
        }
        #expect(
          abs(gradient[row, column] - expected) < 1e-7 * max(1, abs(expected)),
          "\(name) \(network.parameters[place].name)[\(row), \(column)]")
      }
    }
  }

  @Test(arguments: networks.indices)
  func aBackwardPassThatWritesForgetsTheGradientsBefore(index: Int) throws {
    let configuration = NetworkConfiguration([.linear(outputs: 5)] + Self.networks[index].1)
    var network = try Network<Float>(configuration, inputs: 5, seed: 9)
    let x = Self.batch(rows: 7, columns: 5).converted(to: Float.self)
    let weights = Self.batch(rows: 7, columns: network.outputs, seed: 2).converted(to: Float.self)
    var tape = network.makeTape()
    network.forward(x, tape: &tape, dropoutKey: SIMD2(3, 4))
    var soiled = network
    for place in network.parameters.indices { soiled.parameters[place].gradient.fill(.nan) }
    var other = tape
    network.backward(weights, tape: &tape)
    soiled.backward(weights, tape: &other, adding: false)
    for (one, other) in zip(network.parameters, soiled.parameters) {
      #expect(one.gradient.elements.map(\.bitPattern) == other.gradient.elements.map(\.bitPattern))
    }
    // And the next pass adds again.
    soiled.backward(weights, tape: &other)
    network.backward(weights, tape: &tape)
    for (one, other) in zip(network.parameters, soiled.parameters) { #expect(one.gradient == other.gradient) }
  }

  @Test func backwardAddsToTheGradients() throws {
    var network = try Network<Double>(
      NetworkConfiguration(Self.networks[9].1), inputs: 5, seed: 9)
    let x = Self.batch(rows: 7, columns: 5)
    let weights = Self.batch(rows: 7, columns: 3, seed: 2)
    var tapes = [network.makeTape(), network.makeTape()]
    network.forward(x, tape: &tapes[0], dropoutKey: SIMD2(3, 4))
    network.forward(x, tape: &tapes[1], dropoutKey: SIMD2(3, 4))
    network.backward(weights, tape: &tapes[1])
    let once = network.parameters.map(\.gradient)
    network.backward(weights, tape: &tapes[0])
    for (place, gradient) in once.enumerated() {
      let twice = network.parameters[place].gradient
      // A bias before a normalisation has no gradient but rounding.
      #expect(zip(twice.elements, gradient.elements).allSatisfy { abs($0 - 2 * $1) < 1e-13 })
      #expect(gradient.elements.contains { $0 != 0 })
    }
  }

  @Test func batchNormUsesTheBatchInTrainingAndTheRunningStatisticsInInference() throws {
    var network = try Network<Double>(
      NetworkConfiguration([.batchNorm(momentum: 0.25, epsilon: 1e-5)]), inputs: 2, seed: 0)
    network.parameters[0].value = Matrix([[2.0, 3.0]])
    network.parameters[1].value = Matrix([[-1.0, 0.5]])
    let x = Matrix<Double>([[1, 10], [3, 10], [8, 40]])
    var tape = network.makeTape()
    network.forward(x, tape: &tape, dropoutKey: SIMD2(0, 0))
    // Columns: means 4 and 20, biased variances 26/3 and 200.
    let scale = 2 / (26.0 / 3 + 1e-5).squareRoot()
    #expect(
      relativeError(tape.output.row(0), [-3 * scale - 1, -10 * 3 / (200 + 1e-5).squareRoot() + 0.5]) < 1e-14)
    #expect(relativeError(network.buffers[0].value.elements, [1, 5]) < 1e-15)
    // Running variance 0.75·1 + 0.25·(26/3)·(3/2), unbiased.
    #expect(relativeError(network.buffers[1].value.elements, [0.75 + 0.25 * 13, 0.75 + 0.25 * 300]) < 1e-15)
    let embedded = network.embed(Matrix([[1.0, 5.0]]))
    #expect(relativeError(embedded.elements, [-1, 0.5]) < 1e-14)
  }

  @Test func dropoutKeepsTheExpectedShareScaledAndDependsOnTheKey() throws {
    var network = try Network<Float>(NetworkConfiguration([.dropout(rate: 0.25)]), inputs: 500, seed: 0)
    var tape = network.makeTape()
    let x = Matrix<Float>(rows: 200, columns: 500, repeating: 3)
    network.forward(x, tape: &tape, dropoutKey: SIMD2(1, 2))
    let first = tape.output
    #expect(Set(first.elements) == [0, 4])
    let kept = first.elements.count { $0 == 4 }
    // 75,000 expected, with a standard deviation of 137.
    #expect(abs(kept - 75_000) < 600)
    network.forward(x, tape: &tape, dropoutKey: SIMD2(1, 2))
    #expect(tape.output == first)
    network.forward(x, tape: &tape, dropoutKey: SIMD2(2, 2))
    #expect(tape.output != first)
    #expect(network.embed(x) == x)
  }

  @Test func theEmptyNetworkIsTheIdentity() throws {
    let network = try Network<Float>(NetworkConfiguration([]), inputs: 3, seed: 0)
    let x = Matrix<Float>([[1, 2, 3], [4, 5, 6]])
    #expect(network.embed(x) == x)
    #expect(network.outputs == 3)
    #expect(network.parameters.isEmpty)
  }

  @Test func initialisationsHaveTheirVariances() throws {
    func variance(_ initialisation: WeightInitialisation) throws -> Double {
      let network = try Network<Double>(
        NetworkConfiguration([.linear(outputs: 300, initialisation: initialisation)]), inputs: 200, seed: 5)
      #expect(network.parameters[1].value == Matrix(rows: 1, columns: 300))
      let values = network.parameters[0].value.elements
      return values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    }
    #expect(abs(try variance(.he) - 0.01) < 2e-4)
    #expect(abs(try variance(.xavier) - 0.004) < 1e-4)
    #expect(abs(try variance(.uniform) - 1.0 / 600) < 5e-5)
    let identity = try Network<Double>(
      NetworkConfiguration([.linear(outputs: 3, initialisation: .identity)]), inputs: 2, seed: 5)
    #expect(identity.parameters[0].value == Matrix([[1, 0], [0, 1], [0, 0]]))
  }

  @Test func anEmbeddingHasTheSameBytesInAnyCompany() throws {
    var network = try Network<Float>(
      NetworkConfiguration([
        .linear(outputs: 130), .batchNorm(), .prelu(), .residual([.linear(outputs: 130), .prelu()]),
        .dropout(rate: 0.5),
        .linear(outputs: 33),
      ]), inputs: 70, seed: 8)
    var tape = network.makeTape()
    let x = Self.batch(rows: 300, columns: 70).converted(to: Float.self)
    network.forward(x, tape: &tape, dropoutKey: SIMD2(0, 1))
    let whole = network.embed(x)
    for (start, count) in [(0, 1), (299, 1), (3, 2), (17, 100), (0, 128), (5, 129), (128, 172), (10, 0)] {
      let part = network.embed(x.rows(in: start..<start + count), workers: Workers(start % 2 + 1))
      #expect(part == whole.rows(in: start..<start + count), "rows \(start)..<\(start + count)")
    }
  }

  @Test func widthsThatDoNotFitAreRefused() {
    let configuration = NetworkConfiguration([.linear(outputs: 6), .residual([.linear(outputs: 5)])])
    #expect(
      configuration.unsupportedReason(inputs: 4)
        == "a residual block gets 6 columns and gives 5: its sum needs the same number")
    #expect(throws: HarnessError.self) { try Network<Float>(configuration, inputs: 4, seed: 0) }
  }

  @Test func modelsSurviveTheirEncoding() throws {
    var network = try Network<Float>(
      NetworkConfiguration([.linear(outputs: 6), .batchNorm(), .prelu()]), inputs: 4, seed: 1)
    var tape = network.makeTape()
    let x = Self.batch(rows: 9, columns: 4).converted(to: Float.self)
    network.forward(x, tape: &tape, dropoutKey: SIMD2(0, 1))
    let model = TrainedModel(network: network, steps: 77)
    let data = try model.encoded()
    let copy = try TrainedModel<Float>(decoding: data)
    #expect(copy.steps == 77)
    #expect(copy.embed(x) == model.embed(x))
    #expect(try copy.encoded() == data)
    #expect(copy.network.buffers.map(\.value) == network.buffers.map(\.value))
    #expect(throws: HarnessError.self) { try TrainedModel<Double>(decoding: data) }
    #expect(throws: HarnessError.self) { try TrainedModel<Float>(decoding: data.dropLast()) }
  }
}
