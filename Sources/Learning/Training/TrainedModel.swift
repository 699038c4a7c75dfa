public import Foundation
public import LinearAlgebra

/// A trained network with what it takes to use it.
public struct TrainedModel<Element: Scalar>: Sendable {
  public let network: Network<Element>
  /// The steps that its weights have seen.
  public let steps: Int

  public init(network: Network<Element>, steps: Int) {
    self.network = network
    self.steps = steps
  }

  /// The embeddings of `features`, one a row: the raw outputs of the network in inference mode.
  ///
  /// A row's embedding has the same bytes whatever other rows come with it and for any number of workers.
  public func embed(_ features: Matrix<Float>, workers: Workers = .one) -> Matrix<Element> {
    network.embed(features.elements(as: Element.self), workers: workers)
  }

  /// The model as bytes; the same for equal models.
  public func encoded() throws -> Data {
    var archive = TensorArchive(noun: "model")
    try archive.add("steps", steps)
    try network.save(to: &archive, prefix: "")
    return archive.data
  }

  /// Reads what `encoded` gave. Throws `HarnessError` for anything else.
  public init(decoding data: Data) throws {
    let archive = try TensorArchive(data, noun: "model")
    network = try Network(from: archive, prefix: "")
    steps = try archive.value("steps", as: Int.self)
  }
}

extension Network {
  /// Adds configuration, parameters and buffers to `archive`, their names prefixed.
  func save(to archive: inout TensorArchive, prefix: String) throws {
    try archive.add("\(prefix)network", configuration)
    try archive.add("\(prefix)inputs", inputs)
    for parameter in parameters { archive.add(prefix + parameter.name, parameter.value) }
    for buffer in buffers { archive.add(prefix + buffer.name, buffer.value) }
  }

  /// Takes back what `save` wrote.
  init(from archive: TensorArchive, prefix: String) throws {
    try self.init(
      archive.value("\(prefix)network", as: NetworkConfiguration.self),
      inputs: archive.value("\(prefix)inputs", as: Int.self), seed: 0)
    for index in parameters.indices {
      let old = parameters[index]
      parameters[index].value = try archive.matrix(
        prefix + old.name, rows: old.value.rows, columns: old.value.columns)
    }
    for index in buffers.indices {
      let old = buffers[index]
      buffers[index].value = try archive.matrix(
        prefix + old.name, rows: old.value.rows, columns: old.value.columns)
    }
  }
}

extension Matrix<Float> {
  /// The same numbers as `Other`; without a copy where that is `Float`.
  func elements<Other: Scalar>(as type: Other.Type) -> Matrix<Other> {
    (self as? Matrix<Other>) ?? converted(to: type)
  }
}
