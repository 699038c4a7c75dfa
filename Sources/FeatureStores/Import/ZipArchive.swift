import CZlib

/// The members of a zip archive (APPNOTE 6.3.3), stored or deflated, zip64 too: as much as NumPy's `.npz` needs.
///
/// Everything that the directory says is checked against the file, and the checksum of a member before its first byte is given out, so that
/// damage is an error that names file, member and place.
struct ZipArchive {
  struct Member {
    let name: String
    let method: Int
    let isEncrypted: Bool
    let checksum: Int
    let storedSize: Int
    let size: Int
    let headerOffset: Int
  }

  let file: FileBytes
  /// In the order of the archive, each name once.
  let members: [Member]

  /// Whether the file begins as an archive does, an empty one included.
  static func isArchive(_ file: FileBytes) throws -> Bool {
    guard file.count >= 4 else { return false }
    let magic = try file.bytes(at: 0, count: 4)
    return magic == [0x50, 0x4b, 3, 4] || magic == [0x50, 0x4b, 5, 6]
  }

  init(_ file: FileBytes) throws {
    self.file = file
    let directory = try Self.directory(file)
    let bytes = try file.bytes(at: directory.offset, count: directory.size)
    var members: [Member] = []
    var names: Set<String> = []
    var place = 0
    while members.count < directory.entries {
      guard let (member, next) = Self.member(bytes, place) else {
        throw file.error(
          at: directory.offset + place, found: "a damaged entry of the archive's directory",
          expected: "the entry of member \(members.count + 1) of \(directory.entries)",
          advice: "The file is damaged; copy or write it again.")
      }
      guard names.insert(member.name).inserted else {
        throw file.error(
          at: directory.offset + place, found: "the member `\(member.name)` a second time",
          expected: "each name once")
      }
      members.append(member)
      place = next
    }
    self.members = members
  }

  /// Where the directory is, from the record at the end of the file.
  private static func directory(_ file: FileBytes) throws -> (offset: Int, size: Int, entries: Int) {
    // The record has 22 bytes, and a comment of up to 65,535 after it.
    let tailSize = min(file.count, 22 + 65_535)
    let tailStart = file.count - tailSize
    let tail = try file.bytes(at: tailStart, count: tailSize)
    let start = stride(from: tailSize - 22, through: 0, by: -1).first { place in
      tail.number(at: place, size: 4) == 0x0605_4b50
        && tail.number(at: place + 20, size: 2) == tailSize - 22 - place
    }
    guard let start, let entries = tail.number(at: start + 10, size: 2),
      let size = tail.number(at: start + 12, size: 4), let offset = tail.number(at: start + 16, size: 4)
    else {
      throw file.error(
        found: "no end record of a zip archive", expected: "one in the last \(tailSize) bytes",
        advice: "The file is not complete.")
    }
    var result = (offset: offset, size: size, entries: entries)
    if entries == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff, tailStart + start >= 20 {
      let locator = try file.bytes(at: tailStart + start - 20, count: 20)
      if locator.number(at: 0, size: 4) == 0x0706_4b50, let place = locator.number(at: 8, size: 8) {
        let record = try file.bytes(at: place, count: 56)
        guard record.number(at: 0, size: 4) == 0x0606_4b50, let entries = record.number(at: 32, size: 8),
          let size = record.number(at: 40, size: 8), let offset = record.number(at: 48, size: 8)
        else {
          throw file.error(at: place, found: "a damaged zip64 record", advice: "The file is damaged.")
        }
        result = (offset, size, entries)
      }
    }
    guard result.offset <= file.count, result.size <= file.count - result.offset,
      result.entries <= result.size / 46
    else {
      throw file.error(
        at: tailStart + start,
        found: "a directory of \(result.entries) members in \(result.size) bytes from byte \(result.offset)",
        expected: "one within the file's \(file.count) bytes", advice: "The file is damaged.")
    }
    return result
  }

  /// The entry at `place` of the directory, and where the next one begins; nil where it is damaged.
  private static func member(_ bytes: [UInt8], _ place: Int) -> (Member, next: Int)? {
    guard bytes.number(at: place, size: 4) == 0x0201_4b50, let flags = bytes.number(at: place + 8, size: 2),
      let method = bytes.number(at: place + 10, size: 2),
      let checksum = bytes.number(at: place + 16, size: 4),
      var stored = bytes.number(at: place + 20, size: 4), var size = bytes.number(at: place + 24, size: 4),
      let nameSize = bytes.number(at: place + 28, size: 2),
      let extraSize = bytes.number(at: place + 30, size: 2),
      let commentSize = bytes.number(at: place + 32, size: 2),
      var offset = bytes.number(at: place + 42, size: 4)
    else { return nil }
    let nameStart = place + 46
    let end = nameStart + nameSize + extraSize + commentSize
    guard end <= bytes.count else { return nil }
    let name = String(decoding: bytes[nameStart..<nameStart + nameSize], as: UTF8.self)
    // The zip64 field holds, in this order, the numbers that did not fit.
    var field = nameStart + nameSize
    let extraEnd = field + extraSize
    while field + 4 <= extraEnd, let id = bytes.number(at: field, size: 2),
      let length = bytes.number(at: field + 2, size: 2)
    {
      if id == 1 {
        var next = field + 4
        func large(_ value: Int) -> Int? {
          guard value == 0xffff_ffff else { return value }
          defer { next += 8 }
          return next + 8 <= min(field + 4 + length, extraEnd) ? bytes.number(at: next, size: 8) : nil
        }
        guard let largeSize = large(size), let largeStored = large(stored), let largeOffset = large(offset)
        else { return nil }
        (size, stored, offset) = (largeSize, largeStored, largeOffset)
        break
      }
      field += 4 + length
    }
    let member = Member(
      name: name, method: method, isEncrypted: flags & 1 != 0, checksum: checksum, storedSize: stored,
      size: size, headerOffset: offset)
    return (member, end)
  }

  /// The content of a member, whose checksum was right.
  func open(_ member: Member) throws -> any ByteSource {
    let name = "\(file.name)#\(member.name)"
    let header = try file.bytes(at: member.headerOffset, count: 30)
    guard header.number(at: 0, size: 4) == 0x0403_4b50, let nameSize = header.number(at: 26, size: 2),
      let extraSize = header.number(at: 28, size: 2)
    else {
      throw file.error(
        at: member.headerOffset, found: "no member", expected: "the header of `\(member.name)`",
        advice: "The file is damaged; copy or write it again.")
    }
    let start = member.headerOffset + 30 + nameSize + extraSize
    try file.check(start, member.storedSize)
    let stored = ByteRange(file, start..<start + member.storedSize, name: name)
    guard !member.isEncrypted else { throw stored.error(found: "an encrypted member") }
    let content: any ByteSource
    switch member.method {
    case 0:
      guard member.size == member.storedSize else {
        throw stored.error(
          found: "\(member.storedSize) bytes", expected: "\(member.size), as the directory says")
      }
      content = stored
    case 8: content = InflatedBytes(stored, count: member.size, name: name)
    default:
      throw stored.error(
        found: "compression method \(member.method)", expected: "0 (stored) or 8 (deflated)",
        advice: "Write the archive with np.savez or np.savez_compressed.")
    }
    let checksum = try Self.checksum(content)
    guard checksum == member.checksum else {
      throw content.error(
        found: "content with the checksum \(checksum)", expected: "\(member.checksum), as the directory says",
        advice: "The file is damaged; copy or write it again.")
    }
    return content
  }

  /// The CRC-32 of everything.
  private static func checksum(_ source: any ByteSource) throws -> Int {
    var checksum = crc32(0, nil, 0)
    for offset in stride(from: 0, to: source.count, by: 1 << 20) {
      let block = try source.bytes(at: offset, count: min(1 << 20, source.count - offset))
      checksum = block.withUnsafeBufferPointer { crc32(checksum, $0.baseAddress, UInt32($0.count)) }
    }
    return Int(checksum)
  }
}
