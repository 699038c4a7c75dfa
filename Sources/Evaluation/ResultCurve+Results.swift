import Metrics

// The curves of each kind of result; the first is what the kind is usually shown by.

extension VerificationHeader {
  func curve(_ content: ResultCurve.Content, of: String = "") -> ResultCurve {
    ResultCurve(
      content, of: of, similarity: convention.similarity,
      interval: .init(convention.interval, confidence: convention.confidence))
  }
}

extension VerificationResult {
  public var curves: [ResultCurve] {
    [header.curve(.roc(roc, reach: nil)), header.curve(.histogram(ScoreHistograms(roc)))]
  }
}

extension FoldwiseResult {
  public var curves: [ResultCurve] {
    let folds = rocs.enumerated().map { ("fold \($0 + 1)", $1) }
    return folds.map { header.curve(.roc($1, reach: nil), of: $0) }
      + folds.map { header.curve(.histogram(ScoreHistograms($1)), of: $0) }
  }
}

extension TemplateVerificationResult {
  public var curves: [ResultCurve] {
    func curves(_ content: (Split) -> ResultCurve.Content) -> [ResultCurve] {
      splits.enumerated().map { number, split in
        ResultCurve(
          content(split), of: splits.count > 1 ? "split \(number + 1)" : "",
          similarity: convention.similarity,
          interval: .init(convention.interval, confidence: convention.confidence))
      }
    }
    return curves { .roc($0.roc, reach: nil) } + curves { .histogram($0.scores) }
  }
}

extension IdentificationResult {
  public var curves: [ResultCurve] {
    func curves(_ content: (Gallery) -> ResultCurve.Content) -> [ResultCurve] {
      galleries.map { gallery in
        ResultCurve(
          content(gallery), of: galleries.count > 1 ? gallery.name : "", similarity: convention.similarity,
          interval: .init(convention.interval, confidence: convention.confidence))
      }
    }
    let isOpen = closedSet == nil && galleries.allSatisfy { $0.nonMatedSearches > 0 }
    return (isOpen ? curves { .iddet($0.curve) } : []) + curves { .cmc($0.match) }
      + curves { .histogram($0.scores) }
  }
}

extension DistractorResult {
  public var curves: [ResultCurve] {
    func curve(_ content: ResultCurve.Content, of: String = "") -> ResultCurve {
      ResultCurve(
        content, of: of, similarity: convention.similarity,
        interval: .init(convention.interval, confidence: convention.confidence))
    }
    let rates = sizes.map {
      ResultCurve.DistractorRate(
        distractors: $0.distractors, hits: $0.match.hits[0], searches: $0.match.searches)
    }
    let reach = sizes.last?.operatingPoints.map(\.targetFAR).max()
    return [curve(.distractors(rates))]
      + sizes.map { curve(.cmc($0.match), of: Self.name($0)) }
      + sizes.map { curve(.roc($0.rocHead, reach: reach), of: Self.name($0)) }
      + (scores.map { [curve(.histogram($0))] } ?? [])
  }

  /// What a curve of one size is called.
  private static func name(_ size: Size) -> String { "\(size.distractors) distractors" }

  /// The name of the curves of the largest size.
  public var largestSizeName: String { sizes.last.map(Self.name) ?? "" }
}

extension AllPairsResult {
  public var curves: [ResultCurve] {
    func curves(_ content: (Trial) -> ResultCurve.Content) -> [ResultCurve] {
      trials.enumerated().map { number, trial in
        ResultCurve(
          content(trial), of: trials.count > 1 ? "trial \(number + 1)" : "",
          similarity: convention.similarity,
          interval: .init(convention.interval, confidence: convention.confidence))
      }
    }
    let reach = rates.map(\.targetFAR).max()
    return curves { .roc($0.rocHead, reach: reach) } + curves { .histogram($0.scores) }
  }
}

extension GroupResult {
  public var curves: [ResultCurve] {
    func curves(_ content: (Group) -> ResultCurve.Content) -> [ResultCurve] {
      groups.map { group in
        ResultCurve(
          content(group), of: group.name, similarity: convention.similarity,
          interval: .init(convention.interval, confidence: convention.confidence))
      }
    }
    return curves { .roc($0.roc, reach: nil) } + curves { .histogram($0.scores) }
  }
}
