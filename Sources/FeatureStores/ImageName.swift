/// `path` without the extension of its last component: how data sets' lists and stores name an image that files call `image.jpg`.
public func withoutExtension(_ path: String) -> String {
  // In bytes: lists have millions of names, and characters cost thirty times as much.
  let bytes = path.utf8
  guard let dot = bytes.lastIndex(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }),
    bytes[dot] == UInt8(ascii: "."), dot > bytes.startIndex,
    bytes[bytes.index(before: dot)] != UInt8(ascii: "/")
  else { return path }
  return String(path[..<dot])
}

/// The same for a part of a text.
public func withoutExtension(_ path: Substring) -> String { withoutExtension(String(path)) }
