import Foundation
import LinearAlgebra
import Testing

@testable import Learning

@Suite struct IdentityClustersTests {
  private func random(_ rows: Int, _ columns: Int, _ seed: UInt64) -> Matrix<Double> {
    var stream = RandomStream(seed: seed, name: "clusters")
    var matrix = Matrix<Double>(rows: rows, columns: columns)
    stream.fillNormal(&matrix)
    return matrix
  }

  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  private func unit(_ row: [Double]) -> [Double] {
    let norm = distance(row, row.map { _ in 0 })
    return row.map { $0 / norm }
  }

  // MARK: Principal components

  @Test func componentsAreTheAxesOfTheLargestVariance() {
    // Variances 4, 9 and 1 along the axes 2, 0 and 3, around (5, 6, 7, 8, 9).
    var rows = Matrix<Double>(rows: 6, columns: 5)
    for (place, (axis, length)) in [(2, 2.0), (0, 3), (3, 1)].enumerated() {
      for sign in 0..<2 {
        for column in 0..<5 { rows[2 * place + sign, column] = Double(5 + column) }
        rows[2 * place + sign, axis] += (sign == 0 ? length : -length) * 3.0.squareRoot()
      }
    }
    let found = PrincipalComponents(rows, count: 2)
    #expect(abs(found.variances[0] - 9) < 1e-12 && abs(found.variances[1] - 4) < 1e-12)
    #expect(abs(found.totalVariance - 14) < 1e-12)
    // The larger loading of each axis is positive, so the first row of each pair is, too.
    let expected = [[0, 2], [0, -2], [3, 0], [-3, 0], [0, 0], [0, 0]]
    for (row, values) in expected.enumerated() {
      for (column, value) in values.enumerated() {
        #expect(abs(found.coordinates[row, column] - Double(value) * 3.0.squareRoot()) < 1e-12)
      }
    }
  }

  @Test func componentsHoldWhatTheSpectrumSaysAndKeepDistancesInAPlane() {
    let rows = random(60, 12, 1)
    let found = PrincipalComponents(rows, count: 12)
    let spectrum = EmbeddingSpectrum(rows, normalised: false)
    #expect(found.variances == spectrum.variances)
    #expect(abs(found.totalVariance - spectrum.totalVariance) < 1e-12)
    for component in 0..<12 {
      let values = (0..<60).map { found.coordinates[$0, component] }
      #expect(abs(values.reduce(0, +)) < 1e-11)
      #expect(abs(values.reduce(0) { $0 + $1 * $1 } / 60 - found.variances[component]) < 1e-12)
    }
    // All components together are a rotation; two are where rows lie in a plane.
    let plane = product(random(30, 2, 2), .asIs, random(2, 12, 3))
    let flat = PrincipalComponents(plane, count: 2)
    for (part, original) in [(found, rows), (flat, plane)] {
      for a in 0..<30 {
        for b in 0..<a {
          let (one, other) = (part.coordinates.row(a), part.coordinates.row(b))
          #expect(abs(distance(one, other) - distance(original.row(a), original.row(b))) < 1e-10)
        }
      }
    }
    // The other sign of everything is another picture, mirrored.
    var mirrored = rows
    ElementwiseKernels.scale(&mirrored, by: -1)
    let other = PrincipalComponents(mirrored, count: 2)
    #expect(abs(other.coordinates[0, 0] + found.coordinates[0, 0]) < 1e-12)
    let again = PrincipalComponents(rows, count: 12, workers: Workers(3))
    #expect(again.coordinates == found.coordinates && again.variances == found.variances)
  }

  @Test func componentsThatAreNotThereAreZero() {
    let narrow = PrincipalComponents(random(5, 1, 4), count: 2)
    #expect(narrow.variances[1] == 0 && (0..<5).allSatisfy { narrow.coordinates[$0, 1] == 0 })
    #expect(abs(narrow.variances[0] - narrow.totalVariance) < 1e-15)
    let equal = PrincipalComponents(Matrix(rows: 4, columns: 3, repeating: 0.5), count: 2)
    #expect(equal.totalVariance == 0 && equal.coordinates.elements.allSatisfy { $0 == 0 })
    var broken = random(5, 3, 5)
    broken[2, 1] = .nan
    let none = PrincipalComponents(broken, count: 2)
    #expect(none.variances.allSatisfy(\.isNaN) && none.coordinates.elements.allSatisfy(\.isNaN))
  }

  // MARK: Clusters

  @Test(arguments: [UInt64(1), 2, 3]) func numbersAreThoseOfLoopsOverUnitRows(seed: UInt64) throws {
    let rows = random(40, 5, seed)
    // Some identities have one image.
    let labels = (0..<40).map { [3, 7, 7, 1, 3, 3, 9, 7][$0 % 8] + ($0 == 39 ? 50 : 0) }
    let found = IdentityClusters(rows, labels: labels)
    let units = (0..<40).map { unit(rows.row($0)) }
    func mean(_ rows: [[Double]]) -> [Double] {
      (0..<5).map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
    }
    let all = mean(units)
    var (between, within) = (0.0, 0.0)
    for label in Set(labels) {
      let own = zip(units, labels).filter { $0.1 == label }.map(\.0)
      let centre = mean(own)
      between += Double(own.count) * pow(distance(centre, all), 2)
      within += own.reduce(0) { $0 + pow(distance($1, centre), 2) }
    }
    #expect(abs(try #require(found.betweenToWithin) - between / within) < 1e-12)
    // Both are all of the variance.
    let total = units.reduce(0) { $0 + pow(distance($1, all), 2) }
    #expect(abs(between + within - total) < 1e-12)
    var silhouettes = 0.0
    for (place, label) in labels.enumerated() {
      func mean(_ other: Int) -> Double? {
        let rows = labels.indices.filter { labels[$0] == other && $0 != place }
        guard !rows.isEmpty else { return nil }
        return rows.reduce(0) { $0 + distance(units[place], units[$1]) } / Double(rows.count)
      }
      guard let a = mean(label) else { continue }
      let b = Set(labels).filter { $0 != label }.compactMap(mean).min()!
      silhouettes += (b - a) / max(a, b)
    }
    #expect(abs(try #require(found.silhouette) - silhouettes / 40) < 1e-12)
    // The picture is that of the unit rows.
    let components = PrincipalComponents(Matrix(units), count: 2)
    for row in 0..<40 {
      #expect(distance(found.coordinates[row], components.coordinates.row(row)) < 1e-10)
    }
    let shares = try #require(found.shares)
    #expect(shares.count == 2 && shares[0] >= shares[1] && shares[0] + shares[1] < 1)
    #expect(abs(shares[0] - components.variances[0] / components.totalVariance) < 1e-12)
    #expect(IdentityClusters(rows, labels: labels, workers: Workers(2)) == found)
    #expect(try JSONDecoder().decode(IdentityClusters.self, from: JSONEncoder().encode(found)) == found)
  }

  @Test func tightIdentitiesAreFarApartAndShuffledOnesAreNot() throws {
    let (features, labels) = clusters(identities: 8, images: 10, columns: 16, spread: 0.05)
    let tight = IdentityClusters(features, labels: labels)
    #expect(try #require(tight.betweenToWithin) > 10 && #require(tight.silhouette) > 0.7)
    let shuffled = IdentityClusters(features, labels: labels.indices.map { $0 / 10 })
    #expect(try #require(shuffled.betweenToWithin) < 0.5 && #require(shuffled.silhouette) < 0)
    // The length of a row does not count.
    var long = features
    for column in 0..<16 { long[3, column] *= 4 }
    #expect(
      abs(try #require(IdentityClusters(long, labels: labels).silhouette) - #require(tight.silhouette)) < 1e-6
    )
  }

  @Test func whatIsNotDefinedIsNil() throws {
    let rows = random(6, 4, 6)
    let one = IdentityClusters(rows, labels: Array(repeating: 2, count: 6))
    #expect(one.betweenToWithin == nil && one.silhouette == nil && one.shares != nil)
    // Each identity at one point.
    let points = Matrix<Double>((0..<6).map { rows.row($0 / 3) })
    let collapsed = IdentityClusters(points, labels: [0, 0, 0, 1, 1, 1])
    #expect(collapsed.betweenToWithin == nil && collapsed.silhouette == 1)
    // All at one point.
    let equal = IdentityClusters(Matrix<Double>(rows: 4, columns: 3, repeating: 2), labels: [0, 0, 1, 1])
    #expect(equal.betweenToWithin == nil && equal.silhouette == 0 && equal.shares == nil)
    #expect(equal.coordinates == Array(repeating: [0, 0], count: 4))
    var broken = rows
    broken[1, 1] = .nan
    let none = IdentityClusters(broken, labels: [0, 0, 0, 1, 1, 1])
    #expect(none.betweenToWithin == nil && none.silhouette == nil && none.shares == nil)
  }
}
