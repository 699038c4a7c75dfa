import Experiments
import FeatureStores
import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite("Reports in HTML")
struct HTMLReportTests {
  private func page(_ made: DiagnosedExperiment, _ folder: String = "page") throws -> String {
    let file = try made.report().writeHTML(to: made.folder.file(folder))
    #expect(file.lastPathComponent == "report.html")
    return try String(contentsOfFile: file, encoding: .utf8)
  }

  /// The names of elements that are open, or closed in the wrong order; empty where all are balanced. Scripts and styles hold no elements.
  private func unbalanced(_ html: String) -> [String] {
    let void: Set<String> = ["meta", "img", "!DOCTYPE"]
    var open: [String] = []
    var wrong: [String] = []
    var rest = Substring(html)
    while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      let name = String(tag.drop { $0 == "/" }.prefix { $0 != " " })
      if tag.hasPrefix("/") {
        if open.last == name { open.removeLast() } else { wrong.append("/\(name)") }
      } else if !void.contains(name) {
        open.append(name)
        if name == "script" || name == "style", let close = rest.range(of: "</\(name)>") {
          rest = rest[close.lowerBound...]
        }
      }
    }
    return open + wrong
  }

  @Test func `One file holds every table, every figure and the provenance, and asks no network`() async throws
  {
    let made = try await DiagnosedExperiment()
    let page = try page(made)
    #expect(unbalanced(page) == [])
    let figures = try made.report().writeFigures(to: made.folder.file("figures"), formats: [.svg])
    #expect(page.components(separatedBy: "<img ").count - 1 == figures.count)
    for file in figures {
      let drawing = try #require(FileManager.default.contents(atPath: file)).base64EncodedString()
      #expect(page.contains(drawing), "\(file)")
    }
    // Untrained, ceiling, two losses by two mechanisms; then a header.
    let table = try #require(page.components(separatedBy: "</table>").first)
    #expect(table.components(separatedBy: "<tr").count - 1 == 7)
    #expect(table.contains("data-loss=\"NormFace\" data-mechanism=\"MultiFace\""))
    #expect(page.contains("Tiny: speed-up") && page.contains(">Configuration<"))
    #expect(page.contains("default-src 'none'"))
    for request in ["src=\"http", "href=", "@import", "url(", "fetch(", "XMLHttpRequest", "<link"] {
      #expect(!page.contains(request), "\(request)")
    }
    // The one address is the name of SVG's elements, which nothing asks for.
    let words = page.replacing(/base64,[A-Za-z0-9+\/=]*/, with: "")
    #expect(words.components(separatedBy: "http").count - 1 == 2, "http-equiv and SVG's name")
  }

  @Test func `The same results give the same bytes`() async throws {
    let made = try await DiagnosedExperiment()
    #expect(try page(made, "first") == page(made, "second"))
  }

  @Test func `What comes from files is shown as it is and never read as HTML`() async throws {
    let made = try await DiagnosedExperiment(["title: 'Tiny </script><b onclick=\"x\">&amp; <!-- more'"])
    let page = try page(made)
    #expect(unbalanced(page) == [])
    #expect(!page.contains("<b onclick") && !page.contains("<!-- more"))
    #expect(page.contains("Tiny &lt;/script&gt;&lt;b onclick=&quot;x&quot;&gt;&amp;amp; &lt;!-- more"))
  }

  @Test func `Text is escaped, controls are dropped, and JSON cannot end its script`() {
    #expect(HTMLText.escaped("a<b>&\"'\u{1}c\n") == "a&lt;b&gt;&amp;&quot;&#39;c\n")
    #expect(
      HTMLText.script(json: "{\"a\":\"</script>&\u{2028}\"}")
        == "{\"a\":\"\\u003c/script\\u003e\\u0026\\u2028\"}")
    #expect(HTMLText.element("td", [("title", "a\"b")], "<i></i>") == "<td title=\"a&quot;b\"><i></i></td>")
  }

  @Test func `Values under the pointer stand where the curve is drawn`() async throws {
    let made = try await DiagnosedExperiment(["losses: [normface]", "mechanisms: [conventional]"])
    let page = try page(made)
    let script = try #require(
      page.firstMatch(of: /<script type="application\/json">(.*?)<\/script>/)?.output.1)
    let data = try #require(try JSONSerialization.jsonObject(with: Data(script.utf8)) as? [String: Any])
    let figure = try ROCReport(made.report(), protocolName: "tiny-lfw", dataset: "tiny").figure
    let lines = try figure.lineFigure()
    let layout = try lines.layout(TextMeasurer())
    let curves = try #require(data["curves"] as? [[String: Any]])
    #expect(curves.compactMap { $0["name"] as? String } == figure.series.map(\.name))
    #expect(data["isStepped"] as? Bool == true && data["isPercent"] as? Bool == true)
    for (curve, series) in zip(curves, lines.series) {
      let points = try #require(curve["points"] as? [[Double]])
      let shown = series.points.filter { layout.x.range.contains($0.x) }
      #expect(points.count == shown.count)
      for (point, expected) in zip(points, shown) {
        #expect(abs(point[0] - layout.x.position(expected.x)) <= 0.005 + 1e-9)
        #expect(relativeError(point[1], expected.x) < 1e-4 && relativeError(point[2], expected.y) < 1e-4)
      }
    }
  }

  @Test func `Cells carry their number, their marks and the reason of what is absent`() throws {
    let table = ReportTable(
      title: "A & B", caption: "Rules.",
      columns: [.init("Method", kind: .text), .init("Mechanism", kind: .text), .init("Rate")],
      rows: [
        .init([
          .text("x<y"), .text("m"),
          .estimate(0.5, 0.01, count: 3, isBest: true, marks: [.init("≈", meaning: "not \"told\"")]),
        ]), .init([.text("untrained"), .text(""), .absent(.missing, "2 of 2 runs")]),
      ], footnotes: ["A <note>."])
    let html = try table.html()
    #expect(html.contains("<h2>A &amp; B</h2>") && html.contains("<li>A &lt;note&gt;.</li>"))
    #expect(html.contains("<tr data-loss=\"x&lt;y\" data-mechanism=\"m\"><td class=\"text\">x&lt;y</td>"))
    #expect(
      html.contains(
        "<td class=\"number\" data-value=\"0.5\"><strong>50.00 ± 1.00</strong><sup title=\"not &quot;told&quot;\">≈</sup></td>"
      ))
    #expect(html.contains("<tr><td class=\"text\">untrained</td>"))
    #expect(html.contains("<td class=\"number\">missing<sup title=\"2 of 2 runs\">a</sup></td>"))
    #expect(unbalanced(html) == [])
  }
}
