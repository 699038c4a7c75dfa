import FeatureStores
import Foundation
import Learning
import LinearAlgebra

/// What a trained run is used for besides its results: embedding other stores, and handing over its weights.
extension StoredRun {
  /// Writes the embeddings of a store by the run's network as a store, with everything else that the store has.
  ///
  /// Features of mirrored images are embedded, too. A store of another width is an error. Memory is that of a block of rows.
  public func embed(
    _ store: FeatureStore, to output: StoreLocation, workers: Workers,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    let model = try folder.model()
    guard store.dimension == model.network.inputs else {
      throw HarnessError(
        .badInput, file: store.location.description, place: "features",
        found: "rows of \(store.dimension) columns",
        expected: "\(model.network.inputs), as the run \(name) trained on")
    }
    var metadata = store.metadata
    let extractor = [metadata.attributes.extractor, "Likeness run \(name)"]
    metadata.attributes.extractor = extractor.compactMap(\.self).joined(separator: ", then ")
    let writer = try StoreWriter(
      to: output, rowCount: store.rowCount, dimension: model.network.outputs,
      hasFlippedFeatures: store.hasFlippedFeatures, metadata: metadata, carrying: store.unknown)
    let blockRows = 4096
    try store.forEachBlock(rows: blockRows) { rows, features in
      let flipped = store.hasFlippedFeatures ? try store.flippedFeatures(ofRows: Array(rows)) : nil
      try writer.append(
        model.embed(features, workers: workers), flipped: flipped.map { model.embed($0, workers: workers) })
      try progress(rows.upperBound)
    }
    try writer.finish()
  }

  /// What describes the exported arrays.
  private struct Description: Encodable {
    var run: String
    var identity: String?
    var steps: Int
    var inputs: Int
    var outputs: Int
    var network: NetworkConfiguration
  }

  /// Every array of the run's network by its name, and the text `network.json` that says how they are put together.
  ///
  /// A linear layer is y = x·Wᵀ + b with `weight` of outputs × inputs; batch normalisation uses its running statistics,
  /// y = gain·(x − running-mean)/√(running-variance + ε) + shift; a rectifier gives x above 0 and slope·x below. Names count the layers from 0.
  public func weights() throws -> ArrayFile {
    let model = try folder.model()
    var file = ArrayFile()
    for parameter in model.network.parameters {
      file.add(parameter.name, parameter.value, isVector: parameter.kind != .weight)
    }
    for buffer in model.network.buffers { file.add(buffer.name, buffer.value, isVector: true) }
    let description = Description(
      run: name, identity: identity?.hash, steps: model.steps, inputs: model.network.inputs,
      outputs: model.network.outputs, network: model.network.configuration)
    file.add(
      "network.json", text: String(decoding: try CanonicalJSON.encode(description), as: UTF8.self))
    return file
  }
}

extension RunFolder {
  /// The trained network. A missing one is an error, as is one of other bytes than the result tells of.
  public func model() throws -> TrainedModel<Float> {
    guard exists(resultFile), let data = FileManager.default.contents(atPath: modelFile) else {
      throw HarnessError(
        .missingInput, file: path, found: "no trained network", expected: "result.json and model.bin",
        advice: "The run is not finished, or trains nothing.")
    }
    let result = try CanonicalJSON.decode(TrainingResult.self, from: resultFile)
    guard result.modelDigest == Digest.sha256(data) else {
      throw HarnessError(
        .badInput, file: modelFile, found: "bytes other than those that \(resultFile) tells of")
    }
    return try TrainedModel(decoding: data)
  }
}
