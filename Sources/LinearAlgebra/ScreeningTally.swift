/// How the products of a screened pass were decided.
public struct ScreeningTally: Codable, Equatable, Sendable {
  /// All products that were asked for.
  public var products = 0
  /// Those of whole tiles, computed as without screening: all may have mattered, or many did.
  public var inWholeTiles = 0
  /// Those whose bound did not exclude them, outside of whole tiles.
  public var candidates = 0
  /// The candidates that a product in float did not exclude either: their exact bits were computed one by one.
  public var replayed = 0

  /// Nothing yet.
  public init() {}

  /// The share of the products that were computed in float, whole tiles included; nil without products.
  public var rescoredShare: Double? {
    products == 0 ? nil : Double(inWholeTiles + candidates) / Double(products)
  }

  public mutating func merge(_ other: ScreeningTally) {
    products += other.products
    inWholeTiles += other.inWholeTiles
    candidates += other.candidates
    replayed += other.replayed
  }
}
