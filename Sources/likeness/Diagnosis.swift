import Experiments
import FeatureStores
import Foundation
import LinearAlgebra
import Reports

/// What Likeness found out about the machine, its libraries and its folders, and what is wrong with them.
struct Diagnosis: Encodable {
  struct Machine: Encodable {
    var processor: String
    var cores: Int
    var memoryBytes: UInt64
  }

  struct Kernels: Encodable {
    var core: String
    /// The core that OpenBLAS had chosen by itself, where Likeness changed it.
    var replaced: String?
    /// The user's `OPENBLAS_CORETYPE`.
    var requested: String?
  }

  /// Measured rates, in 10⁹ floating-point operations a second, and the share of the peak that products reach.
  struct Speed: Encodable {
    var threads: Int
    var productsGFLOPS: Double
    var peakGFLOPS: Double
    var share: Double

    init(threads: Int) {
      self.threads = threads
      let workers = Workers(threads)
      productsGFLOPS = Throughput.products(workers: workers, seconds: 0.3)
      peakGFLOPS = Throughput.multiplyAddPeak(workers: workers, seconds: 0.15)
      share = productsGFLOPS / peakGFLOPS
    }
  }

  struct Library: Encodable {
    var name: String
    var version: String
  }

  struct Folder: Encodable {
    var path: String
    var isWritable: Bool
  }

  struct Problem: Encodable {
    enum Severity: String, Encodable {
      /// Something does not work.
      case error
      /// Everything works, but worse than it could.
      case warning
    }

    var severity: Severity
    /// What kind of failure it leads to; the first error's decides the exit status.
    var kind: HarnessError.Kind
    var found: String
    var advice: String
  }

  var version: String
  var commit: String
  var machine: Machine
  var kernels: Kernels
  var speed: [Speed]
  var libraries: [Library]
  var hdf5IsThreadSafe: Bool
  var folders: [Folder]
  var figureFont: String
  var figureFontIsInstalled: Bool
  var problems: [Problem]

  /// Looks at everything; takes about a second, most of it measuring.
  init(folders paths: [String]) {
    let core = BLASCore.current
    let cores = ProcessInfo.processInfo.activeProcessorCount
    version = Likeness.version
    commit = Commit.current
    machine = Machine(
      processor: RunEnvironment.processorName(), cores: cores,
      memoryBytes: ProcessInfo.processInfo.physicalMemory)
    kernels = Kernels(core: core.name, replaced: core.replaced, requested: core.requested)
    speed = cores > 1 ? [Speed(threads: 1), Speed(threads: cores)] : [Speed(threads: 1)]
    libraries = [
      Library(name: "OpenBLAS", version: core.version),
      Library(name: "HDF5", version: StorageLibraries.hdf5Version),
      Library(name: "libpng", version: DrawingLibraries.pngVersion),
      Library(name: "cairo", version: DrawingLibraries.cairoVersion),
      Library(name: "OpenSSL", version: StorageLibraries.openSSLVersion),
      Library(name: "Swift", version: Self.compilerVersion),
    ]
    hdf5IsThreadSafe = StorageLibraries.isHDF5ThreadSafe
    folders = paths.map { Folder(path: $0, isWritable: Self.isWritable($0)) }
    figureFont = Font.family
    figureFontIsInstalled = DrawingLibraries.hasFigureFont
    problems = []
    problems = findProblems(warning: core.warning)
  }

  private func findProblems(warning: String?) -> [Problem] {
    var problems: [Problem] = []
    if !Self.productsAreRight() {
      problems.append(
        Problem(
          severity: .error, kind: .fault,
          found: "OpenBLAS's \(kernels.core) kernels compute wrong products on this CPU",
          advice: "Set OPENBLAS_CORETYPE to another core, such as Haswell, or install another OpenBLAS."))
    }
    if let warning {
      problems.append(
        Problem(
          severity: .warning, kind: .fault, found: warning,
          advice: "Results stay right either way; only the speed and the last bits differ."))
    }
    if warning == nil, let one = speed.first, one.share < 0.4 {
      problems.append(
        Problem(
          severity: .warning, kind: .fault,
          found: "products reach \(Int((one.share * 100).rounded())) % of the CPU's peak on one thread",
          advice:
            "70 % or more is usual. If nothing else keeps the machine busy, install a newer OpenBLAS or try another OPENBLAS_CORETYPE."
        ))
    }
    if let one = speed.first, let all = speed.last, all.threads > 1 {
      let gain = all.productsGFLOPS / one.productsGFLOPS
      if gain < Self.leastGain(threads: all.threads) {
        let howFast = gain < 1 ? "slower than one thread" : "little faster than one thread"
        problems.append(
          Problem(
            severity: .warning, kind: .fault,
            found:
              "\(all.threads) threads are \(howFast): \(String(format: "%.2f", gain)) times its products a second",
            advice:
              "Either other programs keep the machine busy, or threads share a core (hyper-threading, or a virtual machine's share). Measure again when it is idle; if nothing changes, give fewer --threads or --jobs."
          ))
      }
    }
    if !figureFontIsInstalled {
      problems.append(
        Problem(
          severity: .warning, kind: .missingInput,
          found: "\(figureFont) is not installed; figures use the nearest font",
          advice: "Install it (Debian: fonts-dejavu-core), or run scripts/setup.sh."))
    }
    for folder in folders where !folder.isWritable {
      problems.append(
        Problem(
          severity: .error, kind: .cannotWrite, found: "the folder \(folder.path) cannot be written",
          advice: "Change its permissions, or choose another with --results or --figures."))
    }
    return problems
  }

  /// The speed beside one thread below which threads are in each other's way: a quarter of a thread more for each. Two that share a core gain about that.
  private static func leastGain(threads: Int) -> Double { 1 + 0.25 * Double(threads - 1) }

  /// A product over several tiles of numbers whose sums are exact, against its closed form.
  private static func productsAreRight() -> Bool {
    let (m, n, k) = (140, 530, 600)
    var a = Matrix<Float>(rows: m, columns: k)
    var b = Matrix<Float>(rows: k, columns: n)
    for inner in 0..<k {
      for row in 0..<m { a[row, inner] = Float(row % 7 + inner % 2) }
      for column in 0..<n { b[inner, column] = Float(column % 5 - inner % 3) }
    }
    let c = product(a, .asIs, b, workers: Workers(2))
    for row in 0..<m {
      for column in 0..<n {
        // Over six consecutive inner indices: Σ(r + i mod 2)(q − i mod 3) = 6rq − 6r + 3q − 3.
        let (r, q) = (Float(row % 7), Float(column % 5))
        if c[row, column] != Float(k / 6) * (6 * r * q - 6 * r + 3 * q - 3) { return false }
      }
    }
    return true
  }

  /// Whether files can be made in the folder, or the folder in the nearest one above it that exists.
  private static func isWritable(_ path: String) -> Bool {
    var url = URL(fileURLWithPath: path).standardizedFileURL
    var isFolder: ObjCBool = false
    while !FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), url.path != "/" {
      url.deleteLastPathComponent()
    }
    guard isFolder.boolValue else { return false }
    // Permissions say yes to root even where the file system says no: only trying tells.
    let probe = url.appendingPathComponent(".likeness-\(UUID().uuidString)").path
    guard FileManager.default.createFile(atPath: probe, contents: nil) else { return false }
    try? FileManager.default.removeItem(atPath: probe)
    return true
  }

  /// The compiler this program was built with, as exactly as the language lets a program know.
  private static var compilerVersion: String {
    #if compiler(>=6.5)
      "6.5 or newer"
    #elseif compiler(>=6.4)
      "6.4"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }
}
