import CHDF5

/// The element type of a dataset or an attribute, as stored in the file.
public enum HDF5Type: Sendable, Hashable {
  /// The order of the bytes of a number in the file.
  public enum ByteOrder: String, Sendable, Hashable {
    case little = "little-endian"
    case big = "big-endian"
  }

  /// An IEEE 754 number of 16, 32 or 64 bits.
  case real(bits: Int, ByteOrder)
  /// An integer of 8, 16, 32 or 64 bits.
  case integer(bits: Int, isSigned: Bool, ByteOrder)
  /// A truth value as h5py writes it: an enumeration of `FALSE` and `TRUE`.
  case boolean
  /// A string of at most `length` bytes, or of variable length.
  case string(length: Int?)
  /// Anything else, by its class.
  case other(String)

  /// The type behind an identifier. Call with the library's lock held.
  init(identifier type: hid_t) {
    let size = Int(H5Tget_size(type))
    let order: ByteOrder = H5Tget_order(type) == H5T_ORDER_BE ? .big : .little
    switch H5Tget_class(type) {
    case H5T_FLOAT:
      let layout = FloatLayout(type)
      let known = [16: FloatLayout.half, 32: .single, 64: .double]
      self =
        known[size * 8] == layout
        ? .real(bits: size * 8, order) : .other("\(size * 8)-bit real of unusual layout")
    case H5T_INTEGER where H5Tget_precision(type) == size * 8 && [1, 2, 4, 8].contains(size):
      self = .integer(bits: size * 8, isSigned: H5Tget_sign(type) == H5T_SGN_2, order)
    case H5T_INTEGER: self = .other("integer of \(H5Tget_precision(type)) bits in \(size) bytes")
    case H5T_STRING:
      self = .string(length: H5Tis_variable_str(type) > 0 ? nil : size)
    case H5T_ENUM:
      self = Self.isBoolean(type) ? .boolean : .other("enumeration")
    case H5T_COMPOUND: self = .other("compound")
    case H5T_ARRAY: self = .other("array")
    case H5T_VLEN: self = .other("variable-length sequence")
    case H5T_BITFIELD: self = .other("bit field")
    case H5T_OPAQUE: self = .other("opaque")
    case H5T_REFERENCE: self = .other("reference")
    default: self = .other("unknown")
    }
  }

  private static func isBoolean(_ type: hid_t) -> Bool {
    guard H5Tget_nmembers(type) == 2 else { return false }
    return (0..<2).allSatisfy { index in
      guard let name = H5Tget_member_name(type, UInt32(index)) else { return false }
      defer { H5free_memory(name) }
      return String(cString: name) == ["FALSE", "TRUE"][index]
    }
  }

  /// Where sign, exponent and mantissa lie in a real number.
  private struct FloatLayout: Equatable {
    var precision = 0
    var exponentPosition = 0
    var exponentSize = 0
    var mantissaSize = 0
    var bias = 0

    static let half = FloatLayout(
      precision: 16, exponentPosition: 10, exponentSize: 5, mantissaSize: 10, bias: 15)
    static let single = FloatLayout(
      precision: 32, exponentPosition: 23, exponentSize: 8, mantissaSize: 23, bias: 127)
    static let double = FloatLayout(
      precision: 64, exponentPosition: 52, exponentSize: 11, mantissaSize: 52, bias: 1023)

    init(precision: Int, exponentPosition: Int, exponentSize: Int, mantissaSize: Int, bias: Int) {
      self.precision = precision
      self.exponentPosition = exponentPosition
      self.exponentSize = exponentSize
      self.mantissaSize = mantissaSize
      self.bias = bias
    }

    init(_ type: hid_t) {
      var (sign, exponent, exponentBits, mantissa, mantissaBits) = (0, 0, 0, 0, 0)
      H5Tget_fields(type, &sign, &exponent, &exponentBits, &mantissa, &mantissaBits)
      precision = Int(H5Tget_precision(type))
      exponentPosition = exponent
      exponentSize = exponentBits
      mantissaSize = mantissaBits
      bias = Int(H5Tget_ebias(type))
    }
  }

  var isNumeric: Bool {
    switch self {
    case .real, .integer: true
    case .boolean, .string, .other: false
    }
  }

  var isInteger: Bool {
    if case .integer = self { true } else { false }
  }
}

extension HDF5Type: CustomStringConvertible {
  /// Such as `float32`, `int64 big-endian`, `string of 12 bytes`.
  public var description: String {
    switch self {
    case .real(let bits, let order): "float\(bits)" + (order == .big ? " big-endian" : "")
    case .integer(let bits, let isSigned, let order):
      (isSigned ? "int" : "uint") + "\(bits)" + (order == .big && bits > 8 ? " big-endian" : "")
    case .boolean: "boolean"
    case .string(nil): "string"
    case .string(let length?): "string of \(length) bytes"
    case .other(let name): name
    }
  }
}

/// How the elements of a dataset lie in the file.
public enum HDF5Layout: Sendable, Hashable, CustomStringConvertible {
  case contiguous
  /// Within the object's header.
  case compact
  /// In chunks of the given shape, each passed through the filters, such as `shuffle` and `gzip level 4`.
  case chunked(shape: [Int], filters: [String])
  /// Elsewhere: in external files or in other datasets.
  case elsewhere

  public var description: String {
    switch self {
    case .contiguous: "contiguous"
    case .compact: "compact"
    case .chunked(let shape, let filters):
      (["chunks of " + shape.map(String.init).joined(separator: " × ")] + filters).joined(separator: ", ")
    case .elsewhere: "external or virtual"
    }
  }
}
