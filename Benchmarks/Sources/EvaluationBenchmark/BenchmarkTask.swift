import BenchmarkSupport
import Foundation

/// What the command line asks for. What is compared is measured in processes of their own, which are asked for by tasks of their own.
enum BenchmarkTask: String {
  case operatingPoints = "operating-points"
  case readPoints = "read-points"
  case megaFace = "megaface"
  case searchMegaFace = "search-megaface"
  case threads
  case threadedWork = "threaded-work"
  case growth, store, opening
  case help

  static let usage = """
    Times parts of evaluation, beside NumPy, scikit-learn, faiss and plain reads of files, and prints how they grow.

    USAGE: EvaluationBenchmark TASK [OPTIONS]

      operating-points   TAR at six FARs from 15,658,489 stored scores, beside np.sort with searchsorted and roc_curve
      megaface           3,530 probes among 1,000,000 distractors, beside NumPy in blocks and faiss's IndexFlatIP
      threads            two threads beside one: a step of training, a search among distractors, templates; and the bytes of the results
      growth             time against rows, operating points, ranks, sizes, block size, classes and batch, with a figure of each
      store              reading a store of 1 GB in blocks, beside read(2) of the same bytes
      opening            opening stores of 10,000, 100,000 and 1,000,000 rows
      help               this text

      --threads N      threads of what is not said to take one or two (2)
      --rounds N       rounds in turn with the peers (5)
      --fraction F     of the full size (1; threads: 0.1)
      --figures DIR    where growth draws (results/benchmarks)
      --record FILE    keep the last table in a section of this file
      --folder DIR     where files are made (likeness-evaluation in the system's temporary folder)
      --python FILE    a Python with the packages of peers/requirements.txt (that of peers/setup.sh)
      --keep           do not remove the folder afterwards
    """

  static func run(_ words: [String]) throws {
    guard let first = words.first, let task = Self(rawValue: first == "--help" ? "help" : first) else {
      throw Failure(usage)
    }
    let settings = try Settings(words.dropFirst())
    switch task {
    case .operatingPoints: try OperatingPoints(settings).compare()
    case .readPoints: try OperatingPoints(settings).measure()
    case .megaFace: try MegaFaceComparison(settings).compare()
    case .searchMegaFace: try MegaFaceComparison(settings).measure()
    case .threads: try ThreadComparison(settings).compare()
    case .threadedWork: try ThreadComparison(settings).measure()
    case .growth: try Growth(settings).run()
    case .store: try StoreReading(settings).run()
    case .opening: try StoreOpening(settings).run()
    case .help: print(usage)
    }
  }
}
