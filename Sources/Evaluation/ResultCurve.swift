import Metrics

/// A curve of a result with the counts behind each of its points, to be exported.
public struct ResultCurve: Sendable, Equatable {
  /// What it shows: `roc`, `cmc`, `det-identification`, `rank-1-distractors`.
  public let kind: String
  /// What it is of: a split, a gallery, a number of distractors; empty where there is one only.
  public let of: String
  public let columns: [String]
  public let rows: [[String]]

  public init(kind: String, of: String, columns: [String], rows: [[String]]) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "a row of another width")
    self.kind = kind
    self.of = of
    self.columns = columns
    self.rows = rows
  }
}

extension EvaluationResult {
  /// The curves as comma-separated values, one after the other with an empty line between them: each a line `kind,of`, a header and a line a
  /// point.
  public var curvesCSV: String {
    curves.map { curve in
      ([[curve.kind, curve.of], curve.columns] + curve.rows).map { CSV.line($0) }.joined()
    }.joined(separator: "\n")
  }
}

extension ResultCurve {
  /// The accept rates at each point of a curve, under the names that its kind gives them.
  static func rates(
    _ curve: ROCCurve, kind: String, of: String, false falseName: String, true trueName: String,
    missed: Bool = false, natural: (Double) -> Double
  ) -> ResultCurve {
    ResultCurve(
      kind: kind, of: of,
      columns: [
        "threshold", falseName, trueName, "accepted_genuine", "genuine", "accepted_impostor", "impostor",
      ],
      rows: curve.points.map { point in
        [
          Cell.exact(natural(point.threshold)), Cell.exact(curve.far(point)),
          Cell.exact(curve.tar(point).map { missed ? 1 - $0 : $0 }), "\(point.acceptedGenuine)",
          "\(curve.genuineCount)", "\(point.acceptedImpostor)", "\(curve.impostorCount)",
        ]
      })
  }

  static func cmc(_ match: CumulativeMatch, of: String) -> ResultCurve {
    ResultCurve(
      kind: "cmc", of: of, columns: ["rank", "identification_rate", "hits", "searches"],
      rows: match.hits.indices.map {
        ["\($0 + 1)", Cell.exact(match.rate(rank: $0 + 1)), "\(match.hits[$0])", "\(match.searches)"]
      })
  }
}

extension VerificationResult {
  public var curves: [ResultCurve] {
    [.rates(roc, kind: "roc", of: "", false: "far", true: "tar", natural: header.naturalThreshold)]
  }
}

extension FoldwiseResult {
  public var curves: [ResultCurve] {
    rocs.enumerated().map { fold, roc in
      .rates(
        roc, kind: "roc", of: "fold \(fold + 1)", false: "far", true: "tar", natural: header.naturalThreshold)
    }
  }
}

extension TemplateVerificationResult {
  public var curves: [ResultCurve] {
    splits.enumerated().map { number, split in
      .rates(
        split.roc, kind: "roc", of: splits.count > 1 ? "split \(number + 1)" : "", false: "far", true: "tar",
        natural: convention.similarity.naturalThreshold)
    }
  }
}

extension IdentificationResult {
  public var curves: [ResultCurve] {
    galleries.flatMap { gallery -> [ResultCurve] in
      let cmc = ResultCurve.cmc(gallery.match, of: gallery.name)
      guard gallery.nonMatedSearches > 0, closedSet == nil else { return [cmc] }
      return [
        cmc,
        .rates(
          gallery.curve, kind: "det-identification", of: gallery.name, false: "fpir", true: "fnir",
          missed: true,
          natural: convention.similarity.naturalThreshold),
      ]
    }
  }
}

extension DistractorResult {
  public var curves: [ResultCurve] {
    let rankOne = ResultCurve(
      kind: "rank-1-distractors", of: "", columns: ["distractors", "rank_1_rate", "hits", "searches"],
      rows: sizes.map {
        [
          "\($0.distractors)", Cell.exact($0.match.rate(rank: 1)), "\($0.match.hits[0])",
          "\($0.match.searches)",
        ]
      })
    return [rankOne]
      + sizes.flatMap { size -> [ResultCurve] in
        let of = "\(size.distractors) distractors"
        return [
          ResultCurve.cmc(size.match, of: of),
          // The last point of a head stands far away from the others, and accepts everything.
          .rates(size.rocHead, kind: "roc-head", of: of, false: "far", true: "tpr", natural: { $0 }),
        ]
      }
  }
}
