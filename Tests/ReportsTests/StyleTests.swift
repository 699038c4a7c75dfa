import Foundation
import Testing

@testable import Reports

@Suite struct StyleTests {
  // MARK: Palette

  @Test func coloursDifferInLightnessAndStandOutFromWhite() {
    let lightness = Palette.colours.map(\.lightness).sorted()
    #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $1 - $0 >= 4.9 })
    #expect(Palette.colours.allSatisfy { 1.05 / ($0.luminance + 0.05) >= 2.2 })
  }

  /// Machado, Oliveira and Fernandes (2009), severity 1.0, in linear RGB.
  static let deficiencies: [(name: String, matrix: [[Double]])] = [
    ("none", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    (
      "protanopia",
      [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    (
      "deuteranopia",
      [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    (
      "tritanopia",
      [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
  ]

  /// CIE L*a*b* (D65) of a colour as seen with a deficiency.
  static func lab(_ colour: Colour, _ matrix: [[Double]]) -> [Double] {
    let linear = [colour.red, colour.green, colour.blue].map { channel -> Double in
      let value = Double(channel) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    func times(_ m: [[Double]], _ v: [Double]) -> [Double] { m.map { zip($0, v).map(*).reduce(0, +) } }
    let seen = times(matrix, linear).map { min(max($0, 0), 1) }
    let xyz = times([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], seen)
    let f = zip(xyz, [0.95047, 1, 1.08883]).map { value, white in
      value / white > 0.008856 ? cbrt(value / white) : 7.787 * value / white + 16.0 / 116
    }
    return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]
  }

  @Test(arguments: deficiencies)
  func coloursDifferForEveryColourVision(name: String, matrix: [[Double]]) {
    let seen = Palette.colours.map { Self.lab($0, matrix) }
    for i in seen.indices {
      for j in 0..<i {
        let distance = zip(seen[i], seen[j]).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
        #expect(distance >= 18, "\(Palette.colours[i].hex) and \(Palette.colours[j].hex), \(name)")
      }
    }
  }

  @Test func allStylesOfTheTableDiffer() {
    let styles = (0..<8).flatMap { column in (0..<64).map { Palette.style(column: column, row: $0) } }
    #expect(Set(styles).count == 512)
    #expect(Set(Dash.allCases.map(\.pattern)).count == Dash.allCases.count)
  }

  @Test func stylesOfOneRowDifferWithoutColour() {
    for row in 0..<64 {
      let styles = (0..<8).map { Palette.style(column: $0, row: row) }
      #expect(Set(styles.map(\.dash)).count == 8)
      #expect(Set(styles.map(\.marker)).count == 8)
    }
  }

  @Test func stylesOfOneDashDifferInLightnessAndMarker() {
    let styles = (0..<8).flatMap { column in (0..<8).map { Palette.style(column: column, row: $0) } }
    for (index, style) in styles.enumerated() {
      for other in styles[..<index] where other.dash == style.dash {
        #expect(abs(other.colour.lightness - style.colour.lightness) >= 4.9)
        #expect(other.marker != style.marker)
      }
    }
  }

  @Test func stylesOfOneColourDifferInDashAndMarker() {
    for column in 0..<8 {
      let styles = (0..<8).map { Palette.style(column: column, row: $0) }
      #expect(Set(styles.map(\.dash)).count == 8)
      #expect(Set(styles.map(\.marker)).count == 8)
    }
  }

  @Test func referenceStylesDifferFromAllMethods() {
    for style in [SeriesStyle.untrained, .ceiling] {
      #expect(!Dash.forMethods.contains(style.dash))
      #expect(style.marker == nil)
      #expect(!Palette.colours.contains(style.colour))
    }
    #expect(SeriesStyle.untrained != SeriesStyle.ceiling)
  }

  @Test func lightnessOfKnownColours() {
    #expect(Colour.black.lightness == 0)
    #expect(abs(Colour.white.lightness - 100) < 1e-9)
    // sRGB (119, 119, 119) has L* = 50.034.
    #expect(abs(Colour(0x777777).lightness - 50.034) < 1e-3)
    #expect(Colour(0x0A69B2).hex == "#0A69B2")
    #expect(Colour.grey(0.2) == Colour(0x333333))
  }

  // MARK: Style book

  @Test func hashIsFNV1a() {
    // Reference vectors of FNV-1a, 64 bits.
    #expect(StyleBook.hash("") == 0xCBF2_9CE4_8422_2325)
    #expect(StyleBook.hash("a") == 0xAF63_DC4C_8601_EC8C)
    #expect(StyleBook.hash("foobar") == 0x8594_4171_F739_67E8)
  }

  @Test func knownLossesHaveFixedStyles() {
    let book = StyleBook(methods: ["ArcFace", "softmax", "CosFace", "NormFace"])
    #expect(book.style(of: "softmax") == Palette.style(column: 0, row: 0))
    #expect(book.style(of: "NormFace") == Palette.style(column: 1, row: 0))
    #expect(book.style(of: "CosFace") == Palette.style(column: 2, row: 0))
    #expect(book.style(of: "ArcFace") == Palette.style(column: 3, row: 0))
    // The same loss in another spelling or with its conventional mechanism is the same method elsewhere.
    #expect(
      StyleBook(methods: ["arcface · conventional"]).style(of: "arcface · conventional")
        == book.style(of: "ArcFace"))
    // SphereFace2 is not a variant of SphereFace.
    #expect(StyleBook(methods: ["SphereFace2"]).style(of: "SphereFace2").colour == Palette.colours[3])
    #expect(StyleBook(methods: ["SphereFace"]).style(of: "SphereFace").colour == Palette.colours[4])
  }

  @Test func variantsKeepTheColourOfTheirLoss() {
    let names =
      [1, 2, 4, 8].map { "ArcFace × MultiFace (N = \($0))" } + ["ArcFace", "arcface sst", "ArcFace mlp"]
    let book = StyleBook(methods: names)
    #expect(names.allSatisfy { book.style(of: $0).colour == Palette.colours[3] })
    #expect(Set(names.map { book.style(of: $0).dash }).count == names.count)
  }

  @Test func theOrderOfTheNamesDoesNotMatter() {
    let names =
      ["method A", "method B", "ArcFace", "ArcFace mlp", "zeta", "Ω", "mlp · softmax"]
      + (0..<40).map { "m\($0)" }
    let book = StyleBook(methods: names)
    #expect(StyleBook(methods: names.reversed()) == book)
    #expect(StyleBook(methods: names.sorted() + names) == book)
    // A figure of a few of them shows each as every other figure does.
    #expect(names.allSatisfy { StyleBook(methods: names.shuffled()).style(of: $0) == book.style(of: $0) })
  }

  @Test func whereBandsLieOverOneAnotherNoTwoMethodsShareAColour() {
    let names = [
      "NormFace", "CosFace", "ArcFace", "AdaM-softmax", "CurricularFace", "MagFace", "SphereFace2",
    ]
    let book = StyleBook(methods: names)
    let usual = names.map { book.style(of: $0) }
    let own = book.styles(of: names)
    #expect(Set(usual.map(\.colour)).count == 5 && Set(own.map(\.colour)).count == 7)
    #expect(zip(own, usual).filter { $0 != $1 }.count == 2)
    #expect(own.map(\.dash) == usual.map(\.dash) && own.map(\.marker) == usual.map(\.marker))
    // Nothing to change, and nothing left to change to.
    #expect(book.styles(of: Array(names.prefix(4))) == Array(usual.prefix(4)))
    let many = (0..<20).map { "method \($0)" }
    let crowded = StyleBook(methods: many)
    #expect(Set(crowded.styles(of: many)).count == 20)
  }

  @Test func noTwoOfManyNamesShareAStyle() {
    let names = (0..<512).map { "method \($0)" }
    let book = StyleBook(methods: names)
    #expect(Set(names.map { book.style(of: $0) }).count == 512)
  }

  @Test func upToEightUnknownNamesDifferInColourAndDash() {
    for start in 0..<20 {
      let names = (0..<8).map { "system \(start * 8 + $0)" }
      let book = StyleBook(methods: names)
      #expect(Set(names.map { book.style(of: $0).colour }).count == 8)
      #expect(Set(names.map { book.style(of: $0).dash }).count == 8)
    }
  }

  @Test func aNameOutsideTheBookHasTheStyleThatItPrefers() {
    #expect(StyleBook().style(of: "cosface") == Palette.style(column: 2, row: 0))
    #expect(StyleBook().style(of: "system") == StyleBook(methods: ["system"]).style(of: "system"))
    #expect(StyleBook().style(of: "") == StyleBook(methods: [""]).style(of: ""))
  }

  private func methods(_ losses: Int, _ variants: Int) -> [StyleBook.Method] {
    (0..<losses).flatMap { loss in
      (0..<variants).map { .init(name: "\(loss), \($0)", loss: "\(loss)", variant: "\($0)") }
    }
  }

  @Test(arguments: [(1, 8), (3, 8), (1, 60), (3, 24), (2, 3)])
  func moreVariantsThanLossesHaveColoursOfTheirOwn(losses: Int, variants: Int) {
    let all = methods(losses, variants)
    let book = StyleBook(of: all)
    #expect(Set(all.map { book.style(of: $0.name) }).count == losses * variants)
    for method in all {
      #expect(
        book.style(of: method.name).colour == Palette.colours[(Int(method.variant) ?? 0) % 8],
        "\(method.name)")
    }
    // The first eight curves of one loss differ in everything.
    for loss in 0..<losses {
      let styles = all.filter { $0.loss == "\(loss)" }.prefix(8).map { book.style(of: $0.name) }
      #expect(
        Set(styles.map(\.colour)).count == styles.count && Set(styles.map(\.dash)).count == styles.count)
      #expect(Set(styles.map(\.marker)).count == styles.count)
    }
  }

  @Test func asManyLossesAsVariantsKeepTheColoursOfLosses() {
    let names = ["NormFace", "ArcFace"].flatMap { loss in
      ["conventional", "SST"].map {
        StyleBook.Method(name: "\(loss), \($0)", loss: loss, variant: $0)
      }
    }
    #expect(StyleBook(of: names) == StyleBook(methods: names.map(\.name)))
    #expect(StyleBook(of: []) == StyleBook())
  }
}
