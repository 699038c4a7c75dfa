import FeatureStores

/// The scores of pairs of templates, or of a shard of them: split after split, in the order of the lists.
struct TemplateScoresPart: ShardPart {
  var scores: [Float]

  mutating func merge(_ next: TemplateScoresPart) { scores += next.scores }

  func write(to file: inout AccumulatorFile) { file.add("scores", scores) }
}
