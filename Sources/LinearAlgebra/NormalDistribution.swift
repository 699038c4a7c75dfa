/// The standard normal distribution, computed with additions, products, divisions and square roots only, so that the
/// results have the same bits everywhere.
public enum NormalDistribution {
  /// The quantile function Φ⁻¹(p) for 0 < p < 1, to 1e-15 relative.
  ///
  /// Source: Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37 (1988).
  /// Outside (0, 1): −∞ at 0, +∞ at 1, NaN elsewhere.
  public static func quantile(_ p: Double) -> Double {
    guard p > 0 && p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
    let q = p - 0.5
    if q.magnitude <= 0.425 { return q * centralRatio(0.180625 - q * q) }
    let r = (-naturalLogarithm(q < 0 ? p : 1 - p)).squareRoot()
    let tail = r <= 5 ? middleRatio(r - 1.6) : farRatio(r - 5)
    return q < 0 ? -tail : tail
  }

  /// ln x for positive and finite x, to 2 ulp.
  static func naturalLogarithm(_ x: Double) -> Double {
    var mantissa = x.significand
    var exponent = Double(x.exponent)
    if mantissa > 1.414_213_562_373_095_1 {
      mantissa /= 2
      exponent += 1
    }
    // ln m = 2·artanh s with s = (m − 1)/(m + 1), |s| ≤ 0.1716: powers up to the 25th reach below 2⁻⁵⁶.
    let s = (mantissa - 1) / (mantissa + 1)
    let square = s * s
    let high = horner(square, 1 / 11, 1 / 13, 1 / 15, 1 / 17, 1 / 19, 1 / 21, 1 / 23, 1 / 25)
    let sum = horner(square, 0, 1 / 3, 1 / 5, 1 / 7, 1 / 9, high, 0, 0)
    // The two parts of ln 2: the first times any exponent is exact.
    return exponent * 0x1.62e42feep-1 + (2 * s * (1 + sum) + exponent * 0x1.a39ef35793c76p-33)
  }

  /// AS 241's approximation for |p − 1/2| ≤ 0.425.
  private static func centralRatio(_ r: Double) -> Double {
    horner(
      r,
      3.387_132_872_796_366_608, 133.141_667_891_784_377_45, 1_971.590_950_306_551_442_7,
      13_731.693_765_509_461_125, 45_921.953_931_549_871_457, 67_265.770_927_008_700_853,
      33_430.575_583_588_128_105, 2_509.080_928_730_122_672_7)
      / horner(
        r,
        1.0, 42.313_330_701_600_911_252, 687.187_007_492_057_908_3,
        5_394.196_021_424_751_107_7, 21_213.794_301_586_595_867, 39_307.895_800_092_710_61,
        28_729.085_735_721_942_674, 5_226.495_278_852_854_561)
  }

  /// AS 241's approximation for tails of 1.4e-11 to 0.075.
  private static func middleRatio(_ r: Double) -> Double {
    horner(
      r,
      1.423_437_110_749_683_577_34, 4.630_337_846_156_545_295_9, 5.769_497_221_460_691_405_5,
      3.647_848_324_763_204_605_04, 1.270_458_252_452_368_382_58, 0.241_780_725_177_450_611_77,
      0.022_723_844_989_269_184_583_3, 7.745_450_142_783_414_076_4e-4)
      / horner(
        r,
        1.0, 2.053_191_626_637_758_821_87, 1.676_384_830_183_803_849_4,
        0.689_767_334_985_100_004_55, 0.148_103_976_427_480_074_59, 0.015_198_666_563_616_457_197,
        5.475_938_084_995_344_946e-4, 1.050_750_071_644_416_843_24e-9)
  }

  /// AS 241's approximation for tails below 1.4e-11.
  private static func farRatio(_ r: Double) -> Double {
    horner(
      r,
      6.657_904_643_501_103_777_2, 5.463_784_911_164_114_369_9, 1.784_826_539_917_291_335_8,
      0.296_560_571_828_504_891_23, 0.026_532_189_526_576_123_093, 0.001_242_660_947_388_078_438_6,
      2.711_555_568_743_487_578_15e-5, 2.010_334_399_292_288_132_65e-7)
      / horner(
        r,
        1.0, 0.599_832_206_555_887_937_69, 0.136_929_880_922_735_805_31,
        0.014_875_361_290_850_615_025, 7.868_691_311_456_132_591e-4, 1.846_318_317_510_054_681_8e-5,
        1.421_511_758_316_445_888_7e-7, 2.044_263_103_389_939_785_64e-15)
  }

  /// The polynomial with coefficients `c0` to `c7`, constant first.
  @inline(__always)
  private static func horner(
    _ x: Double, _ c0: Double, _ c1: Double, _ c2: Double, _ c3: Double, _ c4: Double, _ c5: Double,
    _ c6: Double, _ c7: Double
  ) -> Double {
    let upper = ((c7 * x + c6) * x + c5) * x + c4
    return (((upper * x + c3) * x + c2) * x + c1) * x + c0
  }
}
