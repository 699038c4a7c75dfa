import Foundation

/// Reads lists of three numbers a line, of which there may be tens of millions, where every line is plain: three integers without a sign, of at most 18 digits each,
/// with spaces or tabs between and around them, ended by LF or CRLF.
enum PlainTriples {
  /// Calls `body` with each line's numbers until it returns false. Returns whether all lines were plain and taken; where it does not, the file is for `ListScanner`, which knows every
  /// form that a list may have and what to say of one that is none.
  static func read(_ path: String, _ body: (Int, Int, Int) -> Bool) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? handle.close() }
    var bytes: [UInt8] = []
    var isEmpty = true
    while true {
      let data: Data
      do { data = try handle.read(upToCount: 1 << 22) ?? Data() } catch { return false }
      if data.isEmpty { break }
      isEmpty = false
      bytes.append(contentsOf: data)
      guard let end = bytes.lastIndex(of: 0x0a) else { continue }
      guard bytes.withUnsafeBufferPointer({ lines($0[...end], body) }) else { return false }
      bytes.removeFirst(end + 1)
    }
    // The last line may lack its end.
    if !bytes.isEmpty {
      bytes.append(0x0a)
      guard bytes.withUnsafeBufferPointer({ lines($0[...], body) }) else { return false }
    }
    return !isEmpty
  }

  /// The whole lines of `bytes`, which end with LF.
  private static func lines(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ body: (Int, Int, Int) -> Bool)
    -> Bool
  {
    let bytes = UnsafeBufferPointer(rebasing: bytes)
    var place = 0
    while place < bytes.count {
      guard let first = number(bytes, &place), let second = number(bytes, &place),
        let third = number(bytes, &place)
      else { return false }
      while bytes[place] == 0x20 || bytes[place] == 0x09 || bytes[place] == 0x0d { place += 1 }
      guard bytes[place] == 0x0a, body(first, second, third) else { return false }
      place += 1
    }
    return true
  }

  /// The number at `place`, after spaces; nil where there is none. Stops behind it, at the latest at LF.
  private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ place: inout Int) -> Int? {
    while bytes[place] == 0x20 || bytes[place] == 0x09 { place += 1 }
    let start = place
    var value = 0
    while true {
      let digit = bytes[place] &- 0x30
      guard digit <= 9 else { break }
      value = value &* 10 &+ Int(digit)
      place += 1
    }
    let isEnded = bytes[place] == 0x20 || bytes[place] == 0x09 || bytes[place] == 0x0d || bytes[place] == 0x0a
    return place > start && place - start <= 18 && isEnded ? value : nil
  }
}
