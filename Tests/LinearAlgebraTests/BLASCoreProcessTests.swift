import CKernels
import Foundation
import Testing

@testable import LinearAlgebra

/// What only a process of its own can show: the core is chosen once a process.
@Suite struct BLASCoreProcessTests {
  private static let functions: (quit: @convention(c) () -> Void, initialise: @convention(c) () -> Void)? = {
    guard let quit = dlsym(nil, "gotoblas_dynamic_quit"), let initialise = dlsym(nil, "gotoblas_dynamic_init")
    else { return nil }
    return (
      unsafeBitCast(quit, to: (@convention(c) () -> Void).self),
      unsafeBitCast(initialise, to: (@convention(c) () -> Void).self)
    )
  }()

  static let canChoose = functions != nil && ck_vector_level() > 0

  static func canRun(_ core: String) -> Bool {
    canChoose && BLASCore.vectorLevel(ofCore: core) <= Int(ck_vector_level())
  }

  /// Makes OpenBLAS start again as it would have with this core in the environment.
  static func startOpenBLAS(core: String) throws {
    let functions = try #require(Self.functions)
    setenv("OPENBLAS_CORETYPE", core, 1)
    functions.quit()
    functions.initialise()
  }

  @Test(.enabled(if: canChoose, "needs an OpenBLAS of several cores and a CPU with AVX2"))
  func aCoreThatOpenBLASChoseTooLowIsReplacedBeforeTheFirstProduct() async {
    await #expect(processExitsWith: .success) {
      try BLASCoreProcessTests.startOpenBLAS(core: "Prescott")
      unsetenv("OPENBLAS_CORETYPE")
      let matrix = Matrix<Float>([[1, 2], [3, 4]])
      #expect(product(matrix, .asIs, matrix) == Matrix([[7, 10], [15, 22]]))
      #expect(BLASCore.current.replaced == "Prescott")
      #expect(BLASCore.current.name == (ck_vector_level() == 2 ? "SkylakeX" : "Haswell"))
      #expect(BLASCore.current.requested == nil && BLASCore.current.warning == nil)
      #expect(getenv("OPENBLAS_CORETYPE") == nil)
    }
  }

  @Test(.enabled(if: canChoose, "needs an OpenBLAS of several cores and a CPU with AVX2"))
  func aCoreThatTheUserSetIsKept() async {
    await #expect(processExitsWith: .success) {
      try BLASCoreProcessTests.startOpenBLAS(core: "Prescott")
      _ = product(Matrix<Float>(rows: 2, columns: 2), .asIs, Matrix(rows: 2, columns: 2))
      #expect(BLASCore.current.name == "Prescott" && BLASCore.current.replaced == nil)
      #expect(BLASCore.current.requested == "Prescott")
      #expect(BLASCore.current.warning != nil)
    }
  }

  /// Products on `core`: right, the same bytes for any number of workers, and of the operands' alignment.
  static func checkProducts(onCore core: String) throws {
    try startOpenBLAS(core: core)
    try #require(BLASCore.current.name == core)
    for shape in ProductTests.shapes {
      for orientation in ProductTests.orientations {
        #expect(ProductTests.worksAlike(Float.self, shape, orientation), "\(core) \(shape) \(orientation)")
        #expect(ProductTests.worksAlike(Double.self, shape, orientation), "\(core) \(shape) \(orientation)")
        let (a, b, c) = ProductTests.operands(Float.self, shape, orientation)
        var result = c
        gemm(alpha: 2, a, orientation.0, b, orientation.1, beta: -1, into: &result)
        let wrong = NaiveProduct(alpha: 2, a, orientation.0, b, orientation.1, beta: -1, c)
          .firstWrong(in: result)
        #expect(wrong == nil, "\(core) \(shape) \(orientation)")
        var soiled = Matrix<Float>(rows: c.rows, columns: c.columns, repeating: .nan)
        gemm(a, orientation.0, b, orientation.1, into: &soiled)
        #expect(sameBits(soiled, product(a, orientation.0, b, orientation.1)), "\(core) \(shape)")
      }
    }
    checkAlignment()
  }

  /// Vectors come from arrays, which may begin anywhere: that must not change a bit.
  static func checkAlignment() {
    for (rows, columns) in [(1, 100), (37, 61), (130, 513)] {
      let a = randomMatrix(Float.self, rows, columns, "a")
      for orientation in [Orientation.asIs, .transposed] {
        let (inner, outer) = orientation == .asIs ? (columns, rows) : (rows, columns)
        let x = randomMatrix(Float.self, 1, inner, "x")
        let results = (0..<16).map { shift in
          let input = UnsafeMutablePointer<Float>.allocate(capacity: inner + 16)
          let output = UnsafeMutablePointer<Float>.allocate(capacity: outer + 16)
          defer {
            input.deallocate()
            output.deallocate()
          }
          (input + shift).update(from: x.elements, count: inner)
          (output + 15 - shift).update(repeating: 0, count: outer)
          a.withElements { a in
            a.withUnsafeBufferPointer {
              Float._gemv(
                orientation == .transposed, rows, columns, 1, $0.baseAddress!, columns, input + shift, 0,
                output + 15 - shift)
            }
          }
          let norm = Float._nrm2(input + shift, inner)
          return Array(UnsafeBufferPointer(start: output + 15 - shift, count: outer)) + [norm]
        }
        for result in results { #expect(sameBits(result, results[0]), "\(rows) × \(columns) \(orientation)") }
      }
    }
  }

  @Test(.enabled(if: canRun("Prescott"), "needs an OpenBLAS of several cores"))
  func productsOnPrescottDoNotDependOnWorkers() async {
    await #expect(processExitsWith: .success) {
      try BLASCoreProcessTests.checkProducts(onCore: "Prescott")
    }
  }

  @Test(.enabled(if: canRun("Sandybridge"), "needs an OpenBLAS of several cores"))
  func productsOnSandybridgeDoNotDependOnWorkers() async {
    await #expect(processExitsWith: .success) {
      try BLASCoreProcessTests.checkProducts(onCore: "Sandybridge")
    }
  }

  @Test(.enabled(if: canRun("Haswell"), "needs an OpenBLAS of several cores and AVX2"))
  func productsOnHaswellDoNotDependOnWorkers() async {
    await #expect(processExitsWith: .success) {
      try BLASCoreProcessTests.checkProducts(onCore: "Haswell")
    }
  }

  @Test(.enabled(if: canRun("Zen"), "needs an OpenBLAS of several cores and AVX2"))
  func productsOnZenDoNotDependOnWorkers() async {
    await #expect(processExitsWith: .success) {
      try BLASCoreProcessTests.checkProducts(onCore: "Zen")
    }
  }

  @Test(.enabled(if: canRun("SkylakeX"), "needs an OpenBLAS of several cores and AVX-512"))
  func productsOnSkylakeXDoNotDependOnWorkers() async {
    await #expect(processExitsWith: .success) {
      try BLASCoreProcessTests.checkProducts(onCore: "SkylakeX")
    }
  }
}
