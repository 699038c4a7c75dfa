import Experiments
import FeatureStores
import Foundation

/// A run as a terminal shows it.
struct RunText {
  let text: String

  init(_ run: StoredRun) throws {
    var lines = [run.name]
    func section(_ title: String, _ rows: [(String, String)]) {
      guard !rows.isEmpty else { return }
      let width = rows.map(\.0.count).max() ?? 0
      lines += ["", title]
      lines += rows.map { name, value in
        "  " + name + String(repeating: " ", count: width - name.count + 2) + value
      }
    }
    let state = try run.state()
    let history = try run.history()
    var rows = [("state", state.word)]
    if case .failed(let reason) = state { rows.append(("reason", reason)) }
    if run.isStale {
      rows.append(
        (
          "stale",
          "semantics \(run.result.map { "\($0.semantics)" } ?? "unknown"), now \(Semantics.version): never used"
        ))
    } else if let identity = run.identity {
      rows += [("identity", identity.hash), ("semantics", "\(Semantics.version)")]
    }
    rows.append(("folder", run.folder.path))
    if state == .running, let step = run.folder.lastStep() { rows.append(("training", step.inWords)) }
    if let history, let steps = run.specification?.training?.steps {
      rows.append(("steps", "\(history.steps) of \(steps)"))
    }
    if let result = run.result {
      rows.append(("trained on", "\(result.images) images of \(result.identities) identities"))
      rows.append(("network", result.modelDigest))
      if let chosen = result.chosen {
        let accuracy = String(format: "%.4f", chosen.validationAccuracy)
        rows.append(("chosen", "step \(chosen.step), validation accuracy \(accuracy)"))
      }
    }
    section("Run", rows)
    section("Configuration", try Self.flattened(run.folder.specificationFile))
    for evaluation in run.evaluations() {
      section("Results: \(evaluation.name)", Self.numbers(evaluation.record))
    }
    section("Provenance", run.environment.map(Self.provenance) ?? [])
    func plot(_ title: String, _ points: [(place: Double, value: Double)]) {
      let plot = TerminalPlot(points)
      if !plot.lines.isEmpty { lines += ["", title] + plot.lines }
    }
    if let losses = history?.history.losses {
      plot("Training loss against steps", losses.enumerated().map { (Double($0 + 1), $1) })
    }
    for diagnostic in run.diagnostics() {
      let curve = diagnostic.record.curve ?? []
      plot(
        "Validation accuracy against steps",
        curve.compactMap { point in point.validation.accuracy.map { (Double(point.step), $0) } })
    }
    text = lines.joined(separator: "\n")
  }

  /// The numbers of an evaluation, with intervals from resampling people where there are.
  private static func numbers(_ record: EvaluationRecord) -> [(String, String)] {
    if let scores = record.scores {
      return [
        ("comparisons tested", "\(scores.test.isGenuine.count)"),
        ("comparisons that choose the threshold", "\(scores.selection.isGenuine.count)"),
      ]
    }
    guard let outcome = ExperimentResults.Outcome(seed: nil, record) else { return [] }
    func text(_ value: Double?) -> String {
      value.map { String(format: "%.4f", $0) } ?? "not attainable"
    }
    if let intervals = outcome.intervals {
      let empty = record.distractors?.emptyRates ?? record.identification?.emptyRates ?? []
      return intervals.numbers.filter { !empty.contains($0.name) }.map { number in
        let interval = number.interval.map { " [\(text($0.lower)), \(text($0.upper))]" } ?? ""
        return (number.name, text(number.estimate) + interval)
      } + (empty.isEmpty ? [] : [("left out", "ranks beyond all candidates of a search")])
    }
    return [("accuracy", outcome.accuracy), ("AUC", outcome.auc), ("EER", outcome.eer)].compactMap {
      name, value in value.map { (name, text($0)) }
    } + outcome.tar.map { ("TAR at FAR \($0.targetFAR)", text($0.tar)) }
  }

  /// Whence a run is, in units that people read.
  private static func provenance(_ environment: RunEnvironment) -> [(String, String)] {
    func seconds(_ value: Double) -> String {
      if value == 0 { return "0 s" }
      if value >= 60 { return ProgressDisplay.duration(value) }
      let (scale, unit) = value >= 1 ? (1, "s") : value >= 1e-3 ? (1e3, "ms") : (1e6, "µs")
      return String(format: value * scale >= 100 ? "%.0f " : "%.3g ", value * scale) + unit
    }
    return [
      ("commit", environment.commit), ("date", environment.date), ("host", environment.host),
      ("processor", environment.processor), ("operating system", environment.operatingSystem),
      ("BLAS core", environment.blasCore), ("BLAS version", environment.blasVersion),
      ("threads", "\(environment.threads)"), ("training", seconds(environment.trainingSeconds)),
      ("evaluation", seconds(environment.evaluationSeconds)),
    ]
      + [
        ("a step", environment.secondsPerStep), ("an embedding", environment.secondsPerEmbedding),
      ].compactMap { name, value in value.map { (name, seconds($0)) } }
      + [
        (
          "peak memory",
          ByteCountFormatter.string(fromByteCount: Int64(environment.peakMemory), countStyle: .memory)
        )
      ]
  }

  /// The values of a JSON file by their paths, sorted; lists in one line. Empty where there is no such file.
  private static func flattened(_ file: String) throws -> [(String, String)] {
    guard let data = FileManager.default.contents(atPath: file) else { return [] }
    guard let root = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed) else {
      throw HarnessError(.badInput, file: file, found: "text that is not JSON")
    }
    func rows(_ value: Any, _ path: String) -> [(String, String)] {
      if let object = value as? [String: Any] {
        return object.keys.sorted().flatMap { key in
          rows(object[key] ?? NSNull(), path.isEmpty ? key : "\(path).\(key)")
        }
      }
      if let text = value as? String { return [(path, text)] }
      let options: JSONSerialization.WritingOptions = [
        .fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes,
      ]
      let data = (try? JSONSerialization.data(withJSONObject: value, options: options)) ?? Data()
      return [(path, String(decoding: data, as: UTF8.self))]
    }
    return rows(root, "")
  }
}
