import Foundation
import Testing

@testable import LinearAlgebra

@Suite struct NormalDistributionTests {
  /// Φ⁻¹ of the exact value of the double, solved with 60 digits.
  static let quantiles: [(p: Double, z: Double)] = [
    (.leastNonzeroMagnitude, -38.46740561714434625078),
    (2.2250738585072014e-308, -37.51937934714449982068),
    (1e-300, -37.04709629936119923655),
    (1e-100, -21.27345356096532429418),
    (1e-30, -11.46402468844361571977),
    (5.551115123125783e-17, -8.292361075813595538234),
    (1e-16, -8.222082216130435615182),
    (1.3887943864964021e-11, -6.657904643501103583721),
    (1.38e-11, -6.658838502850765528309),
    (1e-10, -6.3613409024040561991),
    (1e-08, -5.61200124417478872793),
    (1e-05, -4.264890793922824610234),
    (0.001, -3.090232306167813535358),
    (0.01, -2.326347874040841093075),
    (0.024, -1.977368428181946703257),
    (0.05, -1.644853626951472687952),
    (0.074999, -1.439538535345230688315),
    (0.075, -1.43953147093845593495),
    (0.0750001, -1.439530764501729686493),
    (0.1, -1.281551565544600435335),
    (0.2, -0.8416212335729141655225),
    (0.25, -0.6744897501960817432022),
    (0.3, -0.5244005127080408159695),
    (0.4, -0.2533471031357997413247),
    (0.49, -0.02506890825871105803269),
    (0.499999, -0.000002506628274566559377905),
    (0.5, 0.0),
    (0.5000001, 2.506628273311648301162e-7),
    (0.6, 0.2533471031357997413247),
    (0.75, 0.6744897501960817432022),
    (0.9, 1.281551565544600593487),
    (0.925, 1.439531470938456229063),
    (0.95, 1.644853626951472284276),
    (0.975, 1.959963984540053855604),
    (0.99, 2.326347874040840767637),
    (0.999, 3.090232306167813277758),
    (0.99999, 4.264890793923840769948),
    (0.9999999990686774, 6.009353565530743893181),
    (0.9999999999999999, 8.209536151601386855631),
  ]

  @Test(arguments: quantiles) func quantileAgreesWithSixtyDigits(p: Double, z: Double) {
    #expect(abs(NormalDistribution.quantile(p) - z) <= 1e-15 * abs(z))
  }

  @Test func quantileOutsideItsDomain() {
    #expect(NormalDistribution.quantile(0) == -.infinity)
    #expect(NormalDistribution.quantile(1) == .infinity)
    for p in [-1e-300, Double(1).nextUp, .nan, .infinity] { #expect(NormalDistribution.quantile(p).isNaN) }
  }

  @Test func quantileIsIncreasing() {
    var last = -Double.infinity
    for index in 1..<20_000 {
      let z = NormalDistribution.quantile(Double(index) / 20_000)
      #expect(z > last)
      last = z
    }
  }

  @Test func quantileUndoesTheDistributionFunction() {
    for z in stride(from: -8.0, through: 8, by: 0.125) {
      let p = 0.5 * erfc(-z / 2.0.squareRoot())
      // In the upper tail p itself is rounded by half an ulp of 1.
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      #expect(abs(NormalDistribution.quantile(p) - z) <= 2e-15 * max(abs(z), 1) + 4 * p.ulp / density)
    }
  }

  @Test func naturalLogarithmErrsByAtMostTwoUlp() {
    var worst = 0.0
    for bits in stride(from: 1, to: Double.infinity.bitPattern, by: 40_000_000_000_037) {
      let x = Double(bitPattern: bits)
      let exact = log(x)
      worst = max(worst, abs(NormalDistribution.naturalLogarithm(x) - exact) / exact.ulp)
    }
    #expect(worst <= 2)
    #expect(NormalDistribution.naturalLogarithm(1) == 0)
    for x in [Double(1).nextDown, Double(1).nextUp, 0.999, 1.001, 0.7, 1.414, 1.415] {
      #expect(abs(NormalDistribution.naturalLogarithm(x) - log(x)) <= 2 * log(x).ulp)
    }
  }
}
