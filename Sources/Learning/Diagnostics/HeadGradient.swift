import LinearAlgebra

/// The gradient at one matrix of class weights, split by whether a class is in the batch.
///
/// Each number is the mean of |∂L/∂w| over the elements concerned: the statistic of MultiFace's research code, there saved for each
/// head every 200 steps.
public struct HeadGradient: Hashable, Sendable, Codable {
  /// The parameter's name, such as `prototypes.2`.
  public let name: String
  /// Over all classes.
  public let all: Double
  /// Over the classes of the batch.
  public let present: Double
  /// Over the others; nil where there are none.
  public let absent: Double?

  init<Element: Scalar>(_ parameter: Parameter<Element>, present classes: Set<Int>, classCount: Int) {
    let rows = parameter.gradient.rows / classCount
    var sums = [0.0, 0.0]
    for row in 0..<parameter.gradient.rows {
      let sum = parameter.gradient.withRow(row) { values in
        var sum = 0.0
        for column in values.indices { sum += Double(values[column].magnitude) }
        return sum
      }
      sums[classes.contains(row / rows) ? 0 : 1] += sum
    }
    let columns = Double(parameter.gradient.columns * rows)
    name = parameter.name
    all = (sums[0] + sums[1]) / (columns * Double(classCount))
    present = sums[0] / (columns * Double(classes.count))
    absent = classes.count < classCount ? sums[1] / (columns * Double(classCount - classes.count)) : nil
  }
}

extension Trainer {
  /// The gradients at the class weights that the last step left, a head each; empty before the first step of this trainer (a resumed
  /// one has none yet) and for mechanisms without class weights.
  public func headGradients() -> [HeadGradient] {
    guard !batch.classes.isEmpty else { return [] }
    let present = Set(batch.classes)
    var result: [HeadGradient] = []
    var source = source
    source.forEachParameter { parameter in
      if parameter.kind == .prototype {
        result.append(HeadGradient(parameter, present: present, classCount: classes))
      }
    }
    return result
  }
}
