import CKernels
import COpenBLAS
import Foundation

/// Which set of OpenBLAS kernels ("core") computes the products of this process, and how it was chosen.
///
/// OpenBLAS picks its kernels from the CPU's model number, and an older build takes a newer CPU for a much older one:
/// Debian 12's 0.3.21 runs recent Xeons on SSE3 kernels, at a fifth of their speed. So before the first product the
/// choice is compared with what the CPU's feature flags allow and, if it falls short, OpenBLAS is told to choose again.
/// A user's own `OPENBLAS_CORETYPE` is never overridden. Where the functions for choosing again are missing (another
/// BLAS, a build for one core only) the library is used as it is and `warning` says so.
///
/// OpenBLAS always runs with one thread: work is spread over threads by `Workers`, in pieces that do not depend on
/// their number.
public struct BLASCore: Sendable {
  /// The name OpenBLAS gives the kernels in use, such as `SkylakeX`.
  public let name: String
  /// The name it had chosen by itself, where that was changed.
  public let replaced: String?
  /// The value of `OPENBLAS_CORETYPE`, where the user set it.
  public let requested: String?
  /// What is wrong with the choice and what to do, where something is.
  public let warning: String?
  /// OpenBLAS's own description of its version and build.
  public let version: String

  /// The choice for this process, made at the first use.
  public static let current = BLASCore()

  /// What the CPU's flags allow: AVX-512 (2), AVX2 with FMA (1), neither or another architecture (0).
  static let vectorLevel = Int(ck_vector_level())

  private init() {
    let environment = ProcessInfo.processInfo.environment
    requested = environment["OPENBLAS_CORETYPE"]
    openblas_set_num_threads(1)
    let chosen = Self.coreName()
    var replaced: String?
    var warning: String?
    let wanted = Self.core(forVectorLevel: Self.vectorLevel)
    if Self.vectorLevel(ofCore: chosen) < Self.vectorLevel, let wanted {
      if requested != nil {
        warning =
          "OPENBLAS_CORETYPE asks for the \(chosen) kernels, but this CPU can run \(wanted): products are "
          + "several times slower than they could be. Unset the variable to let Likeness choose."
      } else if Self.choose(core: wanted) {
        if Self.coreName() == chosen {
          warning =
            "OpenBLAS stays with the \(chosen) kernels where this CPU can run \(wanted). \(Self.advice(wanted))"
        } else {
          replaced = chosen
        }
      } else {
        warning =
          "OpenBLAS runs the \(chosen) kernels, this CPU can run \(wanted), and this build cannot be told so "
          + "in the process. \(Self.advice(wanted))"
      }
      // Choosing again resets the library's state, its thread count included.
      openblas_set_num_threads(1)
    }
    name = Self.coreName()
    self.replaced = replaced
    self.warning = warning
    version = openblas_get_config().map { String(cString: $0) } ?? "unknown"
  }

  private static func advice(_ core: String) -> String {
    "Set OPENBLAS_CORETYPE=\(core) before starting, or install a newer OpenBLAS."
  }

  private static func coreName() -> String {
    openblas_get_corename().map { String(cString: $0) } ?? "unknown"
  }

  private static func core(forVectorLevel level: Int) -> String? {
    switch level {
    case 2: "SkylakeX"
    case 1: "Haswell"
    default: nil
    }
  }

  /// The vector level that a core's kernels use. Unknown names are taken for newer ones than this list.
  static func vectorLevel(ofCore name: String) -> Int {
    switch name.lowercased() {
    case "skylakex", "cooperlake", "sapphirerapids": 2
    case "haswell", "zen", "excavator": 1
    case "prescott", "core2", "penryn", "dunnington", "nehalem", "sandybridge", "atom", "athlon", "opteron",
      "opteron_sse3", "barcelona", "bobcat", "bulldozer", "piledriver", "steamroller", "katmai", "coppermine",
      "northwood", "banias", "generic", "nano":
      0
    default: 2
    }
  }

  /// Makes OpenBLAS initialise itself again with `core`. Returns false where the build does not offer that.
  private static func choose(core: String) -> Bool {
    typealias Function = @convention(c) () -> Void
    guard let quit = dlsym(nil, "gotoblas_dynamic_quit"), let initialise = dlsym(nil, "gotoblas_dynamic_init")
    else { return false }
    setenv("OPENBLAS_CORETYPE", core, 1)
    unsafeBitCast(quit, to: Function.self)()
    unsafeBitCast(initialise, to: Function.self)()
    // The variable was ours, not the user's: a child process chooses for itself.
    unsetenv("OPENBLAS_CORETYPE")
    return true
  }
}
