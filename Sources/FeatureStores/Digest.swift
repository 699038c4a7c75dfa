import CCrypto
import Foundation

/// SHA-256 by libcrypto, over data that comes in pieces.
public struct Digest: ~Copyable {
  private let context: OpaquePointer

  /// Asks libcrypto to stay as it is at exit, where another thread may still be at work on a digest; true where it agreed.
  private static let staysAtExit = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1

  public init() {
    precondition(Self.staysAtExit, "libcrypto cannot be prepared")
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      // libcrypto without SHA-256 or memory cannot be worked around.
      preconditionFailure("libcrypto offers no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let done = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(done == 1, "libcrypto refused \(bytes.count) bytes")
  }

  /// Adds the bytes of `data`.
  public mutating func update(_ data: Data) { data.withUnsafeBytes { update($0) } }

  /// Adds the UTF-8 bytes of `text`.
  public mutating func update(_ text: String) { update(Data(text.utf8)) }

  /// Adds the bytes of numbers as they lie in memory.
  public mutating func update<Element: BitwiseCopyable>(_ values: [Element]) {
    values.withUnsafeBytes { update($0) }
  }

  /// Adds the eight bytes of a count, least significant first.
  public mutating func update(count: Int) {
    withUnsafeBytes(of: UInt64(count).littleEndian) { update($0) }
  }

  /// The 32 bytes of the digest of all that was added.
  public consuming func bytes() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    let done = EVP_DigestFinal_ex(context, &bytes, nil)
    precondition(done == 1, "libcrypto refused to finish")
    return bytes
  }

  /// The digest of all that was added, in lower-case hexadecimal.
  public consuming func hexadecimal() -> String {
    let bytes = bytes()
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The SHA-256 of `data` in hexadecimal.
  public static func sha256(_ data: Data) -> String {
    var digest = Digest()
    digest.update(data)
    return digest.hexadecimal()
  }

  /// The SHA-256 of the UTF-8 bytes of `text` in hexadecimal.
  public static func sha256(_ text: String) -> String { sha256(Data(text.utf8)) }

  /// The SHA-256 of the file at `path` in hexadecimal, read in blocks.
  public static func sha256(file path: String) throws -> String {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw HarnessError(.missingInput, file: path, found: "no such file, or it cannot be read")
    }
    defer { try? handle.close() }
    var digest = Digest()
    do {
      while let block = try handle.read(upToCount: 1 << 20), !block.isEmpty { digest.update(block) }
    } catch {
      throw HarnessError(
        .badInput, file: path, found: "the file cannot be read (\(error.localizedDescription))")
    }
    return digest.hexadecimal()
  }
}
