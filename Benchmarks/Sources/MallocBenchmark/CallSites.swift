import BenchmarkSupport
import CMallocCounter
import Foundation

/// Where allocations come from: the innermost line of the product's own sources, the line of another file that led there, and how often.
struct CallSites {
  struct Site {
    /// Lines with their functions, the innermost first.
    let text: String
    let calls: Int
    let bytes: Int
  }

  /// The most frequent first.
  let sites: [Site]

  /// Of stacks of which some may be alike. Lines are read by the toolchain's `llvm-symbolizer`; without one, and without debug information, sites are
  /// addresses.
  init(_ stacks: [AllocationCount.Stack]) {
    let frames = Self.frames(of: Set(stacks.flatMap(\.addresses)))
    var found: [String: (calls: Int, bytes: Int)] = [:]
    for stack in stacks {
      let own = stack.addresses.flatMap { frames[$0] ?? [] }.filter(\.isOwn)
      let text =
        own.first.map { first in
          ([first] + own.drop { $0.file == first.file }.prefix(2)).map(\.text).joined(separator: " ← ")
        } ?? stack.addresses.prefix(6).map { String($0, radix: 16) }.joined(separator: " ")
      found[text, default: (0, 0)].calls += 1
      found[text, default: (0, 0)].bytes += stack.bytes
    }
    sites = found.map { Site(text: $0.key, calls: $0.value.calls, bytes: $0.value.bytes) }
      .sorted { ($1.calls, $0.text) < ($0.calls, $1.text) }
  }

  private struct Frame {
    let function: String
    let file: String
    let line: Int

    /// Whether it is a line of the product, and not of a library or of what counts. What the compiler made up has no line.
    var isOwn: Bool { line > 0 && file.contains("/Sources/") && !file.contains("/CMallocCounter/") }

    var text: String {
      "\(file.components(separatedBy: "/Sources/").last ?? file):\(line) \(function)"
    }
  }

  /// What `llvm-symbolizer` prints for one address, inlined functions first.
  private struct Symbols: Decodable {
    struct Line: Decodable {
      let function: String
      let file: String
      let number: Int

      private enum CodingKeys: String, CodingKey {
        case function = "FunctionName"
        case file = "FileName"
        case number = "Line"
      }
    }
    let lines: [Line]?

    private enum CodingKeys: String, CodingKey { case lines = "Symbol" }
  }

  private static func frames(of addresses: Set<UInt>) -> [UInt: [Frame]] {
    var objects: [String: [(address: UInt, offset: UInt)]] = [:]
    for address in addresses {
      var offset: UInt = 0
      // A return address stands behind its call.
      guard let object = mc_object(UnsafeRawPointer(bitPattern: address - 1), &offset) else { continue }
      objects[String(cString: object), default: []].append((address, offset))
    }
    var symbols: [UInt: [Symbols.Line]] = [:]
    for (object, places) in objects {
      let words = ["llvm-symbolizer", "--obj=\(object)", "--output-style=JSON", "--inlines"]
      let offsets = places.map { "0x" + String($0.offset, radix: 16) }
      guard let process = try? ChildProcess("/usr/bin/env", words + offsets), process.status == 0,
        let read = try? JSONDecoder().decode([Symbols].self, from: process.output)
      else { continue }
      for (place, symbol) in zip(places, read) { symbols[place.address] = symbol.lines ?? [] }
    }
    let names = demangled(Set(symbols.values.joined().map(\.function)))
    return symbols.mapValues { lines in
      lines.map {
        Frame(function: names[$0.function] ?? $0.function, file: $0.file, line: $0.number)
      }
    }
  }

  /// The names of Swift functions without types and parameters.
  private static func demangled(_ names: Set<String>) -> [String: String] {
    let mangled = names.filter { $0.hasPrefix("$s") }.sorted()
    let words = ["swift-demangle", "--compact", "--simplified"]
    guard !mangled.isEmpty, let process = try? ChildProcess("/usr/bin/env", words + mangled),
      process.status == 0
    else { return [:] }
    let lines = String(decoding: process.output, as: UTF8.self).split(separator: "\n").map { line in
      String(line.prefix { $0 != "(" && $0 != "<" }).replacing("specialized ", with: "")
    }
    return mangled.count == lines.count ? Dictionary(uniqueKeysWithValues: zip(mangled, lines)) : [:]
  }
}
