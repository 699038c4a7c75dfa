import LinearAlgebra
import Testing

@Suite struct NormTests {
  @Test func nrm2OfThreeAndFourIsFive() {
    #expect(nrm2(Matrix<Float>([[3], [4]])) == 5)
    #expect(nrm2(Matrix<Double>([[3, 4]])) == 5)
  }

  @Test func nrm2OfNothingIsZero() {
    #expect(nrm2(Matrix<Float>(rows: 0, columns: 4)) == 0)
    #expect(nrm2(Matrix<Float>(rows: 3, columns: 3)) == 0)
  }

  @Test(arguments: [Float.leastNonzeroMagnitude, 0x1p-133, 1e-30, 1e-19, 1, 1e18, 1e30, 1e37])
  func nrm2InFloatNeitherOverflowsNorUnderflows(scale: Float) {
    let x = Matrix<Float>(rows: 10, columns: 10, repeating: scale)
    #expect(abs(nrm2(x) - 10 * scale) <= 8 * (10 * scale).ulp)
  }

  @Test(arguments: [Double.leastNonzeroMagnitude, 0x1p-1060, 1e-300, 1e-154, 1, 1e154, 1e300])
  func nrm2InDoubleNeitherOverflowsNorUnderflows(scale: Double) {
    let x = Matrix<Double>(rows: 10, columns: 10, repeating: scale)
    #expect(abs(nrm2(x) - 10 * scale) <= 8 * (10 * scale).ulp)
  }

  @Test func nrm2KeepsManySmallElementsBesideOneWhoseSquareIsBarelyNormal() {
    // The squares of the small ones underflow one by one, but together they are a hundred times the large one's.
    var x = Matrix<Float>(rows: 1000, columns: 1000, repeating: 1e-21)
    x[0, 0] = 1.2e-19
    #expect(abs(nrm2(x) - 1.0071744e-18) < 1e-21)
  }

  @Test func nrm2BeyondTheLargestNumberIsInfinite() {
    #expect(nrm2(Matrix<Float>(rows: 1, columns: 4, repeating: .greatestFiniteMagnitude)) == .infinity)
  }

  @Test func nrm2OfNaNIsNaNAndOfInfinityInfinite() {
    #expect(nrm2(Matrix<Float>([[1, .nan, 2]])).isNaN)
    #expect(nrm2(Matrix<Float>([[.nan, .nan]])).isNaN)
    #expect(nrm2(Matrix<Float>([[1, -.infinity]])) == .infinity)
  }
}
