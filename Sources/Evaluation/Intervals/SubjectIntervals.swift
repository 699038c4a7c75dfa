import Foundation
import LinearAlgebra
import Metrics
import Synchronization

/// The numbers of a result in resamples of people (`SubjectBootstrap`), and the intervals that these give.
///
/// Replicate b draws the same people whenever a test set has as many of them: two sets of embeddings of one test set can be compared replicate by
/// replicate.
public struct SubjectIntervals: Codable, Equatable, Sendable {
  /// What is done with thresholds in a resample.
  public enum Thresholds: String, Codable, Sendable {
    /// Those of rates at a target are chosen anew by the protocol's rule; those of folds, on which accuracy hardly depends, stay.
    case chosenAnew = "chosen anew"
    /// All stay as chosen on the whole list, because it is too long to be walked for each replicate: rates are exact at these thresholds, their intervals
    /// leave out how the thresholds vary, and AUC and EER have none.
    case kept
  }

  /// One number of the result.
  public struct Number: Codable, Equatable, Sendable {
    /// One of `NumberName`, unique in the result.
    public let name: String
    /// The result's own.
    public let estimate: Double?
    /// Nil where too few replicates have a value.
    public let interval: PercentileInterval?
    /// In each resample; nil where it does not exist.
    public let replicates: ReplicateValues
  }

  public let subjects: Int
  /// Where it is known from who is compared.
  public let subjectsFrom: String
  public let replicates: Int
  public let level: Double
  public let thresholds: Thresholds
  public let numbers: [Number]

  /// Comparisons times replicates beyond which thresholds are kept: some seconds' work.
  static let mostVisits = 200_000_000

  static func thresholds(comparisons: Int, _ settings: IntervalSettings) -> Thresholds {
    comparisons * settings.replicates <= mostVisits ? .chosenAnew : .kept
  }

  /// Resamples people and asks `values` for the numbers of each resample, in the order of `estimates`.
  init(
    subjects: SubjectNumbering, settings: IntervalSettings, thresholds: Thresholds,
    estimates: [(name: String, value: Double?)], workers: Workers,
    values: @escaping @Sendable (_ multiplicities: [Int32]) -> [Double?]
  ) {
    let count = subjects.count
    let bootstrap = SubjectBootstrap(subjects: count, replicates: settings.replicates) { replicate in
      var stream = RandomStream(seed: 0, name: "bootstrap.subjects.\(replicate)")
      return (0..<count).map { _ in stream.integer(below: count) }
    }
    let rows = Mutex([[Double?]](repeating: [], count: settings.replicates))
    workers.forEach(settings.replicates) { replicate in
      let row = values(bootstrap.multiplicities(replicate))
      rows.withLock { $0[replicate] = row }
    }
    let table = rows.withLock { $0 }
    precondition(table.allSatisfy { $0.count == estimates.count }, "other numbers than estimates")
    self.subjects = count
    subjectsFrom = subjects.source
    replicates = settings.replicates
    level = settings.level
    self.thresholds = thresholds
    numbers = estimates.enumerated().map { place, estimate in
      let column = table.map { $0[place] }
      return Number(
        name: estimate.name, estimate: estimate.value,
        interval: estimate.value == nil ? nil : PercentileInterval(column, level: settings.level),
        replicates: ReplicateValues(values: column))
    }
  }

  public subscript(name: String) -> Number? { numbers.first { $0.name == name } }
}

/// What the numbers of results are called in `SubjectIntervals`.
public enum NumberName {
  public static let accuracy = "accuracy"
  public static let auc = "AUC"
  public static let eer = "EER"
  public static func tar(_ targetFAR: Double) -> String { "TAR at FAR \(targetFAR)" }
}

/// Numbers of replicates, coded as the Base64 text of little-endian doubles, NaN for none: 11 characters each.
public struct ReplicateValues: Codable, Equatable, Sendable {
  public let values: [Double?]

  public init(values: [Double?]) { self.values = values }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let data = Data(base64Encoded: try container.decode(String.self)), data.count % 8 == 0 else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "replicates that are no Base64 text of doubles")
    }
    let bytes = [UInt8](data)
    values = stride(from: 0, to: bytes.count, by: 8).map { start in
      let bits = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
      let value = Double(bitPattern: bits)
      return value.isFinite ? value : nil
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * 8)
    for value in values {
      let bits = (value ?? .nan).bitPattern
      for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte))) }
    }
    var container = encoder.singleValueContainer()
    try container.encode(Data(bytes).base64EncodedString())
  }
}
