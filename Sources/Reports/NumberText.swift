import Foundation

/// Numbers as text, the same in every locale.
public enum NumberText {
  /// `value` with a fixed number of decimals, rounded as C's printf does (the exact binary value, half to
  /// even). Never "-0.00"; "nan" and "inf" for what is not finite.
  public static func fixed(_ value: Double, decimals: Int) -> String {
    let text = String(format: "%.\(max(0, decimals))f", value)
    let isNegativeZero = text.hasPrefix("-") && text.allSatisfy { "-0.".contains($0) }
    return isNegativeZero ? String(text.dropFirst()) : text
  }

  /// A fraction as a percentage without its sign: 0.98123 is "98.12" with two decimals.
  public static func percent(_ fraction: Double, decimals: Int = 2) -> String {
    fixed(fraction * 100, decimals: decimals)
  }

  /// "98.12 ± 0.10": a mean of fractions and its standard deviation in percent; without deviation the mean
  /// alone.
  public static func percent(mean: Double, deviation: Double?, decimals: Int = 2) -> String {
    let text = percent(mean, decimals: decimals)
    return deviation.map { "\(text) ± \(percent($0, decimals: decimals))" } ?? text
  }

  /// The shortest decimal text that reads back as the same number.
  public static func exact(_ value: Double) -> String {
    if value == value.rounded() && value.magnitude < 1e15 { return String(Int64(value)) }
    return value.description
  }

  /// A whole number with thin spaces between thousands, from five digits on: 12 345 but 1234.
  public static func grouped(_ value: Int) -> String {
    let digits = String(value.magnitude)
    guard digits.count > 4 else { return String(value) }
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text += "\u{2009}" }
      text.append(digit)
    }
    return (value < 0 ? "−" : "") + text
  }

  /// 10ⁿ with superscript digits: "10⁻⁴"; "1" for n = 0 and "10" for n = 1.
  public static func powerOfTen(_ exponent: Int) -> String {
    switch exponent {
    case 0: "1"
    case 1: "10"
    default: "10" + superscript(exponent)
    }
  }

  /// A positive or negative number in at most `digits` significant digits as an axis or a legend says it:
  /// "0.01", "3.3×10⁻⁴", "10⁻⁵".
  public static func scientific(_ value: Double, digits: Int = 2) -> String {
    guard value.isFinite && value != 0 else { return fixed(value, decimals: 0) }
    let parts = String(format: "%.\(max(0, digits - 1))e", value.magnitude).split(separator: "e")
    let exponent = Int(parts[1]) ?? 0
    var mantissa = String(parts[0])
    if mantissa.contains(".") {
      while mantissa.hasSuffix("0") { mantissa.removeLast() }
      if mantissa.hasSuffix(".") { mantissa.removeLast() }
    }
    let sign = value < 0 ? "−" : ""
    if mantissa == "1" { return sign + powerOfTen(exponent) }
    return sign + mantissa + (exponent == 0 ? "" : "×" + powerOfTen(exponent))
  }

  /// An integer in superscript digits.
  public static func superscript(_ value: Int) -> String {
    let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    return String(String(value).map { $0 == "-" ? "⁻" : digits[$0.wholeNumberValue ?? 0] })
  }
}
