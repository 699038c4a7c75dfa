import Foundation

/// What a benchmark has found: printed at its end, and kept as a section of its own in a file that all benchmarks share.
///
/// `results/benchmarks.md` is such a file. A section is known by its heading; writing it again replaces it and leaves the others as they are,
/// byte by byte. Under what was found stands where and when: the date, the commit, the command, the machine, and the versions of the peers.
public struct BenchmarkRecord: Sendable {
  private let heading: String
  private let command: String
  private var paragraphs: [String] = []
  private var peers: [String] = []

  private static let title = "# Benchmarks"
  private static let preamble =
    "What each benchmark printed last. Benchmarks write their sections themselves (`--record`); see `Benchmarks/README.md` for what they measure."

  /// A section of its own with one line of heading. The command is that of this process, unless another one is given.
  public init(_ heading: String, command: String? = nil) {
    precondition(!heading.contains("\n"), "a heading of one line")
    self.heading = heading
    self.command = command ?? Self.ownCommand
  }

  private static var ownCommand: String {
    let words = CommandLine.arguments
    let name = words.first?.split(separator: "/").last.map(String.init) ?? "?"
    return ([name] + words.dropFirst()).joined(separator: " ")
  }

  public mutating func add(_ table: MarkdownTable) { paragraphs.append(table.text) }

  /// Adds text: a sentence, a list, an image.
  public mutating func add(_ paragraph: String) { paragraphs.append(paragraph) }

  /// Names a peer with its version, such as `numpy 2.4.6`; the same one again changes nothing.
  public mutating func add(peer: String) {
    if !peers.contains(peer) { peers.append(peer) }
  }

  /// The section, without its heading.
  public var body: String {
    var lines = [
      "Measured \(Self.today) at \(Machine.commit.map { "commit \($0)" } ?? "an unknown commit") by `\(command)`.",
      "Machine: \(Machine.summary).",
    ]
    if !peers.isEmpty { lines.append("Peers: \(peers.joined(separator: ", ")).") }
    return (paragraphs + [lines.joined(separator: " ")]).joined(separator: "\n\n")
  }

  /// Prints what was found, and writes the section to `file` where there is one.
  public func finish(in file: String?) throws {
    print("\n\(paragraphs.joined(separator: "\n\n"))")
    guard let file else { return }
    let old = FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) }
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // Written aside and renamed, so that a crash leaves the old file.
    try Data(replacingSection(of: old ?? "").utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
  }

  /// `text` with this section in the place of the one with its heading, else at the end.
  func replacingSection(of text: String) -> String {
    let own = "## \(heading)\n\n\(body)\n"
    var sections = Self.sections(of: text)
    if sections.isEmpty { sections = ["\(Self.title)\n\n\(Self.preamble)\n"] }
    if let place = sections.firstIndex(where: { $0.hasPrefix("## \(heading)\n") }) {
      sections[place] = place == sections.count - 1 ? own : own + "\n"
    } else {
      while !sections[sections.count - 1].hasSuffix("\n\n") { sections[sections.count - 1] += "\n" }
      sections.append(own)
    }
    return sections.joined()
  }

  /// The text before the first heading of the second level, then each section from its heading on; joined they are the text.
  private static func sections(of text: String) -> [String] {
    var sections: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("## ") || sections.isEmpty { sections.append("") }
      sections[sections.count - 1] += line + "\n"
    }
    // What was split off behind the last line break is no line.
    if var last = sections.popLast() {
      last.removeLast()
      if !(last.isEmpty && sections.isEmpty) { sections.append(last) }
    }
    return sections
  }

  private static var today: String {
    let parts = Calendar(identifier: .iso8601).dateComponents(
      in: .gmt, from: Date())
    return String(format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
  }
}
