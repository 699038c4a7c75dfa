import FeatureStores
import Foundation

extension CurveExport {
  /// The form of the JSON file: columns of numbers for each curve, so that they load as arrays.
  private struct Document: Encodable {
    struct Curve: Encodable {
      var name: String
      var counts: [String: Int]
      var columns: [String: [Double?]]
    }
    var title: String
    var convention: String
    var columns: [String]
    var curves: [Curve]
    var provenance: [Provenance.Entry]
  }

  /// The curves as JSON with sorted keys; numbers read back exactly.
  func json() throws(HarnessError) -> String {
    let curves = curves.map { curve in
      Document.Curve(
        name: curve.name, counts: Dictionary(curve.counts.map { ($0.name, $0.value) }) { first, _ in first },
        columns: Dictionary(
          columns.enumerated().map { index, name in (name, curve.points.map { $0[index] }) }
        ) { first, _ in first })
    }
    let document = Document(
      title: title, convention: caption, columns: columns, curves: curves, provenance: provenance.allEntries)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    } catch {
      throw HarnessError(
        .fault, place: "curves “\(title)”", found: "they cannot be written as JSON: \(error)")
    }
  }
}
