/// ⌊`targetFAR` · `impostors`⌋, the number of false accepts that a target FAR allows, in integers.
///
/// The target means the decimal number that is written: 1e-3 of 1,000 impostors is 1, and 1e-6 of 1,000,000 is 1,
/// though the nearest `Double` to 1e-6 is a little less. It is taken from the shortest decimal text that reads back
/// as the same `Double`. Negative or non-finite targets and negative counts are programming errors.
public func allowedFalseAccepts(targetFAR: Double, impostors: Int) -> Int {
  precondition(targetFAR.isFinite && targetFAR >= 0, "a target FAR of \(targetFAR)")
  precondition(impostors >= 0, "a negative number of impostors")
  if targetFAR >= 1 { return impostors }
  let (digits, exponent) = decimal(targetFAR)
  // digits < 10¹⁷ and impostors < 2⁶³, so the product fits in 128 bits; the divisor only up to 10³⁸.
  let product = UInt128(digits) * UInt128(impostors)
  guard exponent <= 38 else { return 0 }
  var divisor: UInt128 = 1
  for _ in 0..<exponent { divisor *= 10 }
  return Int(product / divisor)
}

/// The shortest decimal of `value` in [0, 1), as digits · 10^(−exponent).
private func decimal(_ value: Double) -> (digits: UInt64, exponent: Int) {
  var digits: UInt64 = 0
  var exponent = 0
  var afterPoint = false
  // `description` is "0.001" or "1.25e-07", in ASCII whatever the locale.
  let text = value.description
  let mantissa = text.prefix { $0 != "e" }
  for character in mantissa {
    if character == "." {
      afterPoint = true
    } else if let digit = character.wholeNumberValue {
      digits = digits * 10 + UInt64(digit)
      if afterPoint { exponent += 1 }
    }
  }
  if mantissa.count < text.count, let shift = Int(text.dropFirst(mantissa.count + 1)) { exponent -= shift }
  return (digits, exponent)
}
