import LinearAlgebra

/// A matrix of normal numbers from a stream of its own.
func randomMatrix<Element: Scalar>(
  _ type: Element.Type, _ rows: Int, _ columns: Int, _ name: String, seed: UInt64 = 7
) -> Matrix<Element> {
  var result = Matrix<Element>(rows: rows, columns: columns)
  var stream = RandomStream(seed: seed, name: name)
  stream.fillNormal(&result)
  return result
}

/// Whether two matrices hold the same bits, signs of zero and payloads of NaN included.
func sameBits<Element: Scalar>(_ a: Matrix<Element>, _ b: Matrix<Element>) -> Bool {
  a.rows == b.rows && a.columns == b.columns && sameBits(a.elements, b.elements)
}

func sameBits<Element: Scalar>(_ a: [Element], _ b: [Element]) -> Bool {
  a.withUnsafeBytes { a in b.withUnsafeBytes { b in a.elementsEqual(b) } }
}

/// A product by its definition in double precision, with the bound on the rounding error of any order of summation.
struct NaiveProduct {
  var values: Matrix<Double>
  var bounds: Matrix<Double>

  /// α·op(A)·op(B) + β·C; C is not looked at where β is 0.
  init<Element: Scalar>(
    alpha: Element, _ a: Matrix<Element>, _ orientationA: Orientation, _ b: Matrix<Element>,
    _ orientationB: Orientation, beta: Element, _ c: Matrix<Element>
  ) {
    // Rows of op(A) against rows of op(B)ᵀ.
    let left = (orientationA == .transposed ? a.transposed() : a).converted(to: Double.self).elements
    let right = (orientationB == .transposed ? b : b.transposed()).converted(to: Double.self).elements
    let k = orientationA == .transposed ? a.rows : a.columns
    var values = [Double]()
    var bounds = [Double]()
    let unit = Double(Element.ulpOfOne) / 2
    for row in 0..<c.rows {
      for column in 0..<c.columns {
        var sum = 0.0
        var magnitude = 0.0
        for inner in 0..<k {
          let term = left[row * k + inner] * right[column * k + inner]
          sum += term
          magnitude += abs(term)
        }
        let old = beta == 0 ? 0 : Double(beta) * Double(c[row, column])
        values.append(Double(alpha) * sum + old)
        // Higham, "Accuracy and stability of numerical algorithms", theorem 3.5, and a few roundings for α, β and the slices.
        bounds.append(Double(k + 16) * unit * (abs(Double(alpha)) * magnitude + abs(old)))
      }
    }
    self.values = Matrix(rows: c.rows, columns: c.columns, elements: values)
    self.bounds = Matrix(rows: c.rows, columns: c.columns, elements: bounds)
  }

  /// The first element of `result` that is further from the definition than rounding explains.
  func firstWrong<Element: Scalar>(in result: Matrix<Element>) -> String? {
    for row in 0..<values.rows {
      for column in 0..<values.columns {
        let error = abs(Double(result[row, column]) - values[row, column])
        if !(error <= bounds[row, column]) {
          return
            "(\(row), \(column)): \(result[row, column]) for \(values[row, column]) ± \(bounds[row, column])"
        }
      }
    }
    return nil
  }
}

/// A number of twice a double's precision: the unevaluated sum of two.
///
/// Source of the operations: Dekker, "A floating-point technique for extending the available precision", 1971.
struct DoubleDouble {
  var high: Double
  var low: Double

  init(_ high: Double, _ low: Double = 0) {
    self.high = high + low
    let part = self.high - high
    self.low = (high - (self.high - part)) + (low - part)
  }

  static func + (a: DoubleDouble, b: Double) -> DoubleDouble {
    let sum = DoubleDouble(a.high, b)
    return DoubleDouble(sum.high, sum.low + a.low)
  }

  static func + (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let sum = DoubleDouble(a.high, b.high)
    return DoubleDouble(sum.high, sum.low + a.low + b.low)
  }

  static func * (a: DoubleDouble, b: DoubleDouble) -> DoubleDouble {
    let product = a.high * b.high
    let error = (-product).addingProduct(a.high, b.high)
    return DoubleDouble(product, error + (a.high * b.low + a.low * b.high))
  }

  static func / (a: DoubleDouble, b: Double) -> DoubleDouble {
    let quotient = a.high / b
    let remainder = a.high.addingProduct(-quotient, b) + a.low
    return DoubleDouble(quotient, remainder / b)
  }

  /// eˣ to about 2⁻¹⁰⁰, times 2^−exponent so that neither part underflows.
  static func exponential(_ x: Double) -> (value: DoubleDouble, exponent: Int) {
    // ln 2 in three parts; the first two have 42 bits, so that their products with n are exact.
    let n = (x * 1.442_695_040_888_963_4).rounded()
    let reduced =
      DoubleDouble(x - n * 0x1.62e42fefa38p-1) + -(n * 0x1.ef35793c76p-45) + -(n * 0x1.cc01f97b57a08p-87)
    // The Taylor series of e^(r/16), |r/16| ≤ 0.022, then four squarings.
    let small = reduced / 16
    var sum = DoubleDouble(1)
    for power in stride(from: 16, through: 1, by: -1) { sum = (sum * small) / Double(power) + 1 }
    for _ in 0..<4 { sum = sum * sum }
    return (sum, Int(n))
  }
}
