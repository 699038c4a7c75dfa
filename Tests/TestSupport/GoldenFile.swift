import FeatureStores
import Foundation
import LinearAlgebra

/// A file of golden values, such as `losses` (for `losses.h5`).
public struct GoldenFile: Sendable {
  public let root: GoldenGroup

  /// Opens `NAME.h5` in the golden folder.
  public init(_ name: String) throws {
    guard let folder = SharedData.golden else {
      throw HarnessError(.missingInput, found: "no folder of golden values")
    }
    try self.init(path: "\(folder)/\(name).h5")
  }

  /// Opens any HDF5 file as golden values.
  public init(path: String) throws {
    root = GoldenGroup(try HDF5File(opening: path).root)
  }

  /// The group at an absolute path, such as `/arcface/insightface`.
  public func group(_ path: String) throws -> GoldenGroup {
    try path.split(separator: "/").reduce(root) { try $0.group(String($1)) }
  }
}

/// An array of any rank, its elements in row-major order.
public struct GoldenArray: Sendable, Equatable {
  public var shape: [Int]
  public var elements: [Double]

  /// The sub-array at `index` along the first dimension.
  public subscript(index: Int) -> GoldenArray {
    let size = shape.dropFirst().reduce(1, *)
    return GoldenArray(
      shape: Array(shape.dropFirst()), elements: Array(elements[index * size..<(index + 1) * size]))
  }

  /// A matrix of the elements; the array must have two dimensions.
  public var matrix: Matrix<Double> {
    precondition(shape.count == 2, "an array of shape \(shape) is no matrix")
    return Matrix(rows: shape[0], columns: shape[1], elements: elements)
  }
}

/// A group of golden values: a head, a variant, a case, a step.
public struct GoldenGroup: Sendable {
  private let group: HDF5Group

  init(_ group: HDF5Group) { self.group = group }

  /// The absolute path in its file, such as `/arcface/insightface/base`.
  public var path: String { group.path }
  /// The last component of the path.
  public var name: String { path.split(separator: "/").last.map(String.init) ?? "/" }

  // MARK: Groups

  /// The groups in this one, in the order of their names.
  public func groups() throws -> [GoldenGroup] {
    try group.groupNames().map { try GoldenGroup(group.group($0)) }
  }

  /// The group of this name.
  public func group(_ name: String) throws -> GoldenGroup { GoldenGroup(try group.group(name)) }

  /// The group of this name, or nil where there is none.
  public func groupIfPresent(_ name: String) throws -> GoldenGroup? {
    try group.member(name) == .group ? try group(name) : nil
  }

  /// This group and all groups below it, each before its own, in the order of their names.
  public func descendants() throws -> [GoldenGroup] { try [self] + groups().flatMap { try $0.descendants() } }

  // MARK: Datasets

  /// The names of the datasets in this group, in the order of their bytes.
  public func datasetNames() throws -> [String] { try group.datasetNames() }

  /// Whether the group holds a dataset of this name.
  public func has(_ name: String) throws -> Bool { try group.member(name) == .dataset }

  /// A numeric dataset of any rank.
  public func array(_ name: String) throws -> GoldenArray {
    let dataset = try group.dataset(name)
    return GoldenArray(shape: dataset.shape, elements: try dataset.readReals())
  }

  /// A numeric dataset with two dimensions.
  public func matrix(_ name: String) throws -> Matrix<Double> {
    let array = try array(name)
    guard array.shape.count == 2 else { throw wrongShape(name, array.shape, "two dimensions") }
    return array.matrix
  }

  /// A numeric dataset with one dimension.
  public func vector(_ name: String) throws -> [Double] {
    let array = try array(name)
    guard array.shape.count == 1 else { throw wrongShape(name, array.shape, "one dimension") }
    return array.elements
  }

  /// A number.
  public func scalar(_ name: String) throws -> Double {
    let array = try array(name)
    guard array.shape.isEmpty else { throw wrongShape(name, array.shape, "a scalar") }
    return array.elements[0]
  }

  /// An integer dataset of one dimension: labels, indices, counts.
  public func integers(_ name: String) throws -> [Int] {
    let dataset = try group.dataset(name)
    guard dataset.shape.count == 1 else { throw wrongShape(name, dataset.shape, "one dimension") }
    return try dataset.readIntegers().map { Int($0) }
  }

  /// An integer dataset of two dimensions, row by row.
  public func integerRows(_ name: String) throws -> [[Int]] {
    let dataset = try group.dataset(name)
    guard dataset.shape.count == 2 else { throw wrongShape(name, dataset.shape, "two dimensions") }
    let values = try dataset.readIntegers()
    let columns = dataset.shape[1]
    return (0..<dataset.shape[0]).map { row in values[row * columns..<(row + 1) * columns].map { Int($0) } }
  }

  /// An integer.
  public func integer(_ name: String) throws -> Int {
    let dataset = try group.dataset(name)
    guard dataset.shape.isEmpty else { throw wrongShape(name, dataset.shape, "a scalar") }
    return Int(try dataset.readIntegers()[0])
  }

  private func wrongShape(_ name: String, _ shape: [Int], _ expected: String) -> HarnessError {
    HarnessError(.badInput, place: "\(path)/\(name)", found: "the shape \(shape)", expected: expected)
  }

  // MARK: Attributes

  /// All attributes of the group.
  public func attributes() throws -> [String: HDF5Attribute] {
    Dictionary(uniqueKeysWithValues: try group.attributes().map { ($0.name, $0.value) })
  }

  /// A string attribute, or nil where there is none of this name and type.
  public func string(attribute name: String) throws -> String? {
    if case .string(let value) = try attributes()[name] { value } else { nil }
  }

  /// A numeric or boolean attribute (true is 1), or nil where there is none of this name and type.
  public func number(attribute name: String) throws -> Double? {
    switch try attributes()[name] {
    case .real(let value): value
    case .integer(let value): Double(value)
    case .boolean(let value): value ? 1 : 0
    default: nil
    }
  }

  /// The attribute `hyper_parameters`, decoded from JSON; empty where there is none.
  public func hyperParameters() throws -> [String: GoldenParameter] {
    guard let text = try string(attribute: "hyper_parameters") else { return [:] }
    return try JSONDecoder().decode([String: GoldenParameter].self, from: Data(text.utf8))
  }
}

/// A hyper-parameter of a golden variant.
public enum GoldenParameter: Sendable, Hashable, Decodable {
  case boolean(Bool)
  case number(Double)
  case string(String)
  case list([GoldenParameter])
  case none

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .none
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else {
      self = .list(try container.decode([GoldenParameter].self))
    }
  }

  /// The number, with true as 1; nil for anything else.
  public var number: Double? {
    switch self {
    case .number(let value): value
    case .boolean(let value): value ? 1 : 0
    case .string, .list, .none: nil
    }
  }

  /// The truth value, with any number but 0 as true; nil for anything else.
  public var boolean: Bool? { number.map { $0 != 0 } }
}
