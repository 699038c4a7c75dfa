import FeatureStores

extension BoundExperiment {
  /// What can be run and is likely not meant, a line each: batches larger than the images that train. Samplers go on with the next epoch within a batch, so
  /// that such a batch holds every image, and some of them more than once.
  public var warnings: [String] {
    var warnings: [String] = []
    for run in grid.runs {
      guard let batch = run.specification.training?.batch else { continue }
      let dataset = datasets[run.dataset]
      let images = dataset.rows(fold: run.fold)?.count ?? dataset.features.rows
      guard batch > images else { continue }
      let fold = run.fold.map { " in fold \($0 + 1)" } ?? ""
      let warning =
        "\(definition.file): batches of \(batch) are larger than the \(CountedNoun(images, "image")) of ‘\(dataset.name)’ that train\(fold): "
        + "each holds some of them more than once"
      if !warnings.contains(warning) { warnings.append(warning) }
    }
    return warnings
  }
}
