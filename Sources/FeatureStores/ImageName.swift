/// `path` without the extension of its last component: how data sets' lists and stores name an image that files call `image.jpg`.
public func withoutExtension(_ path: some StringProtocol) -> String {
  let name = path.split(separator: "/").last ?? ""
  guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return String(path) }
  return String(path.prefix(path.count - name[dot...].count))
}
