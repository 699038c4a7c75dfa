import BenchmarkSupport
import Evaluation
import FeatureStores
import LinearAlgebra

/// Searches among distractors, ours and the peers in turn: NumPy with the same answers, faiss with the ten best candidates alone.
struct MegaFaceComparison {
  private let settings: Settings
  private let store: MegaFaceStore

  /// Counts may differ by as many searches, of some 150,000: another order of a sum in single precision ranks two nearly equal scores the other
  /// way round.
  private static let tolerance = 3.0

  init(_ settings: Settings) throws {
    self.settings = settings
    store = MegaFaceStore(
      folder: settings.folder, distractors: max(100, Int(1_000_000 * (settings.fraction ?? 1))))
  }

  /// Ours alone, in this process. Opening the store and reading the lists does not count: the peers know where the rows are.
  func measure() throws {
    let workers = Workers(settings.threads)
    let embeddings = try store.embeddings(workers: workers)
    let task = try store.task(embeddings, sizes: store.sizes, screens: settings.screens)
    var result: DistractorResult?
    let time = try seconds { result = try task.result(of: embeddings, workers: workers) }
    try printJSON(
      MegaFaceMeasurement(
        engine: "Likeness", seconds: time, peakMiB: ProcessUsage().peakMiB,
        answers: result?.sizes.map { MegaFaceMeasurement.Answer($0) } ?? []))
  }

  private enum Contender: String, CaseIterable {
    case likeness = "Likeness"
    case screened = "Likeness, with 8-bit screening"
    case numpy = "NumPy, in blocks"
    case faiss = "faiss `IndexFlatIP`, the ten best alone"
  }

  func compare() throws {
    defer { settings.clean() }
    try store.make(sizes: store.sizes)
    let python = try PythonPeer(python: settings.python)
    let cores = try fastestCores(python)
    var rounds: [[Contender: MegaFaceMeasurement]] = []
    var order = Contender.allCases
    for _ in 0..<settings.rounds {
      var round: [Contender: MegaFaceMeasurement] = [:]
      for contender in order {
        round[contender] = try measurement(of: contender, python, cores)
      }
      try demandAgreement(round)
      rounds.append(round)
      order.reverse()
    }
    try show(rounds, cores)
  }

  /// The kernels of the peers' own OpenBLAS that are fastest here, which it does not always choose itself.
  private func fastestCores(_ python: PythonPeer) throws -> [Contender: BestCore] {
    var cores: [Contender: BestCore] = [:]
    for contender in [Contender.numpy, .faiss] {
      cores[contender] = try python.run(
        "best_core.py", ["\(contender)", "--threads", "\(settings.threads)"], threads: settings.threads)
    }
    return cores
  }

  /// What `best_core.py` prints.
  struct BestCore: Decodable {
    /// For `OPENBLAS_CORETYPE`; empty for the library's own choice.
    let core: String
    let gigaflops: [String: Double]
  }

  private var own: [String] { ["--fraction", "\(settings.fraction ?? 1)"] }

  private func measurement(
    of contender: Contender, _ python: PythonPeer, _ cores: [Contender: BestCore]
  ) throws -> MegaFaceMeasurement {
    if contender == .likeness { return try settings.measured(.searchMegaFace, own) }
    if contender == .screened { return try settings.measured(.searchMegaFace, own + ["--screen"]) }
    let core = cores[contender]?.core ?? ""
    let measured = try python.run(
      "megaface_\(contender).py",
      [
        store.path, "--probes", "\(store.probes)", "--identities", "\(MegaFaceStore.identities)", "--threads",
        "\(settings.threads)",
      ], threads: settings.threads, environment: core.isEmpty ? [:] : ["OPENBLAS_CORETYPE": core],
      as: MegaFaceMeasurement.self)
    guard let measured else { throw Failure("megaface_\(contender).py cannot be run here") }
    return measured
  }

  private func demandAgreement(_ round: [Contender: MegaFaceMeasurement]) throws {
    guard let ours = round[.likeness] else { return }
    guard round[.screened]?.answers == ours.answers else {
      throw Failure("screening changes the answers: no time counts\n\(round)")
    }
    for (contender, measured) in round {
      for answer in measured.answers {
        guard let own = ours.answers.first(where: { $0.distractors == answer.distractors }),
          own.difference(from: answer) <= Self.tolerance
        else {
          throw Failure(
            "the answers differ: no time counts\nlikeness: \(ours.answers)\n\(contender): \(measured.answers)"
          )
        }
      }
    }
  }

  private func show(_ rounds: [[Contender: MegaFaceMeasurement]], _ cores: [Contender: BestCore]) throws {
    var record = BenchmarkRecord("MegaFace beside NumPy and faiss")
    let differences = rounds.flatMap { round in
      (round[.numpy]?.answers ?? []).compactMap { answer in
        round[.likeness]?.answers.first { $0.distractors == answer.distractors }?.difference(from: answer)
      }
    }
    record.add(
      "\(store.probes) probes, \(store.distractors) distractors, \(store.dimension) dimensions, \(settings.threads) threads, \(rounds.count) rounds in turn. CMC at "
        + "\(store.sizes.count) sizes and TPR at FAR 1e-6, from the store in the page cache; faiss finds the ten best of the largest size only. "
        + "Counts differ from NumPy's by at most \(Int(differences.max() ?? 0)) searches.")
    func seconds(_ contender: Contender) -> [Double] { rounds.compactMap { $0[contender]?.seconds } }
    func searches(_ contender: Contender) -> [Double] { rounds.compactMap { $0[contender]?.searchSeconds } }
    var table = MarkdownTable([
      "", "s", "quartiles", "range", "its time / Likeness", "quartiles", "range", "peak MiB",
    ])
    func add(_ title: String, _ times: [Double], peak: Double?) {
      let ratios = zip(times, seconds(.likeness)).map { $0 / $1 }
      table.add(
        [title] + Spread(of: times).columns + Spread(of: ratios).columns + [peak.map { "\(Int($0))" } ?? ""])
    }
    for contender in Contender.allCases {
      let peak = Spread(of: rounds.compactMap { $0[contender]?.peakMiB }).median
      add(contender.rawValue, seconds(contender), peak: peak)
    }
    add("faiss, its search alone, of vectors in memory", searches(.faiss), peak: nil)
    record.add(table)
    for (contender, core) in cores.sorted(by: { "\($0.key)" < "\($1.key)" }) {
      let engine = rounds[0][contender]?.engine ?? "\(contender)"
      record.add(peer: "\(engine) (OpenBLAS kernels \(core.core.isEmpty ? "of its own choice" : core.core))")
    }
    try record.finish(in: settings.record)
  }
}
