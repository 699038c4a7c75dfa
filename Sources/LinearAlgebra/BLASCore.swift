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
  public static let current: BLASCore = {
    openblas_set_num_threads(1)
    let core = BLASCore(
      library: .loaded, requested: getenv("OPENBLAS_CORETYPE").map { String(cString: $0) } ?? "",
      vectorLevel: vectorLevel)
    // Choosing again resets the library's state, its thread count included.
    openblas_set_num_threads(1)
    return core
  }()

  /// What the CPU's flags allow: AVX-512 (2), AVX2 with FMA (1), neither or another architecture (0).
  static let vectorLevel = Int(ck_vector_level())

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

  /// The core to ask for at each vector level; level 0 is what OpenBLAS falls back to by itself.
  private static let cores = [1: "Haswell", 2: "SkylakeX"]

  /// A BLAS library as far as choosing its core goes.
  struct Library {
    /// The core in use.
    var coreName: () -> String
    /// Makes the library initialise itself again with the named core (with its oldest one where it has none of that
    /// name). Absent where the build does not offer that.
    var choose: ((String) -> Void)?
    /// The library's own description of its version and build.
    var version: String
  }

  /// Brings `library` to the best core that `vectorLevel` allows, unless the user requested one by a name that is not empty.
  init(library: Library, requested: String, vectorLevel: Int) {
    let requested = requested.isEmpty ? nil : requested
    let found = library.coreName()
    let level = Self.vectorLevel(ofCore: found)
    var warning: String?
    if let requested {
      if requested.lowercased() != found.lowercased() {
        warning =
          "OPENBLAS_CORETYPE asks for the \(requested) kernels, but OpenBLAS runs \(found). Unset the variable to "
          + "let Likeness choose."
      } else if level < vectorLevel, let wanted = Self.cores[vectorLevel] {
        warning =
          "OPENBLAS_CORETYPE asks for the \(requested) kernels, but this CPU can run \(wanted): products are "
          + "several times slower than they could be. Unset the variable to let Likeness choose."
      }
    } else if level < vectorLevel, let wanted = Self.cores[vectorLevel] {
      if let choose = library.choose {
        for better in stride(from: vectorLevel, to: level, by: -1) {
          choose(Self.cores[better] ?? wanted)
          if Self.vectorLevel(ofCore: library.coreName()) >= better { break }
        }
        // A build that knows none of them fell back to its oldest core.
        if Self.vectorLevel(ofCore: library.coreName()) <= level { choose(found) }
      }
      if Self.vectorLevel(ofCore: library.coreName()) < vectorLevel {
        warning =
          "OpenBLAS runs the \(library.coreName()) kernels where this CPU can run \(wanted)"
          + (library.choose == nil ? ", and this build cannot be told so in the process" : "")
          + ". Install a newer OpenBLAS, or set OPENBLAS_CORETYPE=\(wanted) before starting."
      }
    }
    name = library.coreName()
    replaced = name == found ? nil : found
    self.requested = requested
    self.warning = warning
    version = library.version
  }
}

extension BLASCore.Library {
  /// The library that this process has loaded.
  static var loaded: Self {
    Self(
      coreName: { openblas_get_corename().map { String(cString: $0) } ?? "unknown" },
      choose: chooseFunction,
      version: openblas_get_config().map { String(cString: $0) } ?? "unknown")
  }

  private static var chooseFunction: ((String) -> Void)? {
    typealias Function = @convention(c) () -> Void
    #if canImport(Darwin)
      let everywhere = UnsafeMutableRawPointer(bitPattern: -2)
    #else
      let everywhere: UnsafeMutableRawPointer? = nil
    #endif
    guard let quit = dlsym(everywhere, "gotoblas_dynamic_quit"),
      let initialise = dlsym(everywhere, "gotoblas_dynamic_init")
    else { return nil }
    return { core in
      setenv("OPENBLAS_CORETYPE", core, 1)
      unsafeBitCast(quit, to: Function.self)()
      unsafeBitCast(initialise, to: Function.self)()
      // The variable is ours, not the user's: a child process chooses for itself.
      unsetenv("OPENBLAS_CORETYPE")
    }
  }
}
