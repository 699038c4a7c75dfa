import Foundation
import TestSupport
import Testing

@testable import Reports

/// Chromium, where it is installed.
private let browser: String? = ["chromium", "chromium-browser", "google-chrome"].flatMap { name in
  (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
}.first { FileManager.default.isExecutableFile(atPath: $0) }

/// The page of a report in a browser without a window: what a reader's browser would do with it.
@Suite("Report in a browser", .enabled(if: browser != nil, "needs Chromium"))
struct BrowserTests {
  /// Comes before all of the page's own scripts: collects what goes wrong.
  private static let watch = """
    <script>
    window.faults = [];
    window.addEventListener("error", (event) => window.faults.push("error: " + event.message), true);
    document.addEventListener("securitypolicyviolation", (event) => window.faults.push("request: " + event.blockedURI));
    for (const name of ["error", "warn"]) console[name] = (...texts) => window.faults.push(name + ": " + texts.join(" "));
    </script>
    """

  /// Comes after them: uses the page as a reader would and writes what it sees into an element of its own.
  private static let use = """
    <script>
    const seen = {};
    const shown = (item) => item.getClientRects().length > 0;
    const table = document.querySelector("table.sortable");
    const header = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent.includes("Accuracy"));
    const column = () => [...table.tBodies[0].rows].map((row) => row.cells[header].dataset.value ?? null);
    seen.rows = column();
    table.tHead.rows[0].cells[header].querySelector("button").click();
    seen.ascending = column();
    seen.ascendingMark = table.tHead.rows[0].cells[header].getAttribute("aria-sort");
    table.tHead.rows[0].cells[header].querySelector("button").click();
    seen.descending = column();
    seen.descendingMark = table.tHead.rows[0].cells[header].getAttribute("aria-sort");
    table.tHead.rows[0].cells[0].querySelector("button").click();
    seen.methods = [...table.tBodies[0].rows].map((row) => row.cells[0].textContent.trim());
    const count = () => [...table.tBodies[0].rows].filter(shown).map((row) => row.dataset.loss ?? "");
    seen.all = count();
    const select = document.querySelector("select[name=loss]");
    const choose = (value) => { select.value = value; select.dispatchEvent(new Event("input", { bubbles: true })); };
    choose("CosFace");
    seen.filtered = count();
    seen.filteredFigures = [...document.querySelectorAll("figure[data-loss]")].filter(shown).map((figure) => figure.dataset.loss);
    choose("");
    seen.again = count();
    const hover = document.querySelector(".hover");
    const svg = hover.querySelector("svg");
    const frame = svg.getBoundingClientRect();
    const move = (x, y) => svg.dispatchEvent(new PointerEvent("pointermove", { clientX: frame.left + x * frame.width, clientY: frame.top + y * frame.height }));
    seen.hoverBefore = shown(hover.querySelector(".values"));
    move(0.6, 0.4);
    seen.hover = [...hover.querySelectorAll(".values tr")].map((row) => row.textContent);
    svg.dispatchEvent(new PointerEvent("pointerleave"));
    seen.hoverAfter = shown(hover.querySelector(".values"));
    seen.images = [...document.images].map((image) => image.complete && image.naturalWidth > 0);
    seen.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    seen.faults = window.faults;
    const note = document.createElement("pre");
    note.id = "seen";
    note.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(seen))));
    document.body.append(note);
    </script>
    """

  /// What the script above saw.
  private struct Seen: Decodable {
    var rows: [String?]
    var ascending: [String?]
    var ascendingMark: String
    var descending: [String?]
    var descendingMark: String
    var methods: [String]
    var all: [String]
    var filtered: [String]
    var filteredFigures: [String]
    var again: [String]
    var hoverBefore: Bool
    var hover: [String]
    var hoverAfter: Bool
    var images: [Bool]
    var overflow: Double
    var faults: [String]
  }

  /// The document as the browser has it after its scripts ran, and what it wrote to its log.
  private func load(_ page: String, in folder: TemporaryFolder) throws -> (document: String, log: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(browser))
    process.arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,1600",
      "--user-data-dir=\(folder.file("profile"))", "--enable-logging=stderr", "--virtual-time-budget=10000",
      "--dump-dom", "file://\(page)",
    ]
    let (output, log) = (folder.file("document.html"), folder.file("log.txt"))
    for file in [output, log] { try Data().write(to: URL(fileURLWithPath: file)) }
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    return (
      try String(contentsOfFile: output, encoding: .utf8), try String(contentsOfFile: log, encoding: .utf8)
    )
  }

  @Test func `The page loads without a fault, sorts, filters and shows values under the pointer`()
    async throws
  {
    let made = try await DiagnosedExperiment()
    let file = try made.report().writeHTML(to: made.folder.file("out"))
    let page = try String(contentsOfFile: file, encoding: .utf8)
    let probed = page.replacingOccurrences(
      of: "<meta charset=\"utf-8\">", with: "<meta charset=\"utf-8\">\(Self.watch)"
    )
    .replacingOccurrences(of: "</body>", with: "\(Self.use)</body>")
    #expect(probed.count == page.count + Self.watch.count + Self.use.count)
    let folder = try TemporaryFolder()
    try probed.write(toFile: folder.file("page.html"), atomically: true, encoding: .utf8)
    let (document, log) = try load(folder.file("page.html"), in: folder)
    #expect(!log.contains("CONSOLE"), "\(log)")

    let parts = document.components(separatedBy: "<pre id=\"seen\">")
    try #require(parts.count == 2, "the page's scripts did not run to their end: \(log)")
    let data = try #require(Data(base64Encoded: String(parts[1].prefix { $0 != "<" })))
    let seen = try JSONDecoder().decode(Seen.self, from: data)
    #expect(seen.faults == [])
    #expect(seen.images.count > 3 && seen.images.allSatisfy { $0 })
    #expect(seen.overflow == 0, "the page is wider than its window")

    let numbers = seen.rows.compactMap { $0.flatMap(Double.init) }
    #expect(Set(numbers).count > 2)
    #expect(seen.ascending.compactMap { $0.flatMap(Double.init) } == numbers.sorted())
    #expect(seen.descending.compactMap { $0.flatMap(Double.init) } == numbers.sorted(by: >))
    #expect(seen.ascendingMark == "ascending" && seen.descendingMark == "descending")
    #expect(seen.methods == seen.methods.sorted { $0.lowercased() < $1.lowercased() })

    #expect(Set(seen.all).isSuperset(of: ["NormFace", "CosFace"]))
    #expect(seen.filtered.contains("CosFace") && !seen.filtered.contains("NormFace"))
    #expect(!seen.filteredFigures.contains("NormFace"))
    #expect(seen.again == seen.all)

    #expect(!seen.hoverBefore && !seen.hoverAfter)
    #expect(seen.hover.count > 2, "the header and a line a curve")
  }
}
