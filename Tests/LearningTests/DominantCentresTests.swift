import Foundation
import LinearAlgebra
import Testing

@testable import Learning

@Suite struct DominantCentresTests {
  /// A unit vector of the plane at an angle in degrees.
  private func at(_ degrees: Double, length: Double = 1) -> [Float] {
    [Float(length * cos(degrees * .pi / 180)), Float(length * sin(degrees * .pi / 180))]
  }

  @Test func theDominantCentreHasMostSamplesAndFarOnesAreDropped() {
    // Class 0: centres at 0° and 120°; class 1: at 200° and 300°.
    let centres = Matrix<Float>([at(0, length: 3), at(120), at(200), at(300, length: 0.1)])
    let angles: [(degrees: Double, class: Int)] = [
      (110, 0), (130, 0), (10, 0), (60, 0), (150, 0), (290, 1), (310, 1), (200, 1), (226, 1), (224, 1),
      (16, 1),
      (14, 1),
    ]
    let found = DominantCentres(
      embeddings: Matrix<Float>(angles.map { at($0.degrees, length: 7) }), classes: angles.map(\.class),
      centres: centres, perClass: 2)
    #expect(found.centres == [1, 1])
    // 10° is 110° away from 120°, 60° is 60°; 200° is 100° away from 300°, 226° 74°, 224° 76°, 16° 76°, 14° 74°.
    let kept = angles.indices.filter { ![2, 7, 9, 10].contains($0) }
    #expect(found.keptRows == kept)
  }

  @Test func tiesGoToTheFirstCentre() {
    let centres = Matrix<Float>([[1, 0], [0, 1], [0, 1], [0, 1]])
    let found = DominantCentres(
      embeddings: Matrix<Float>([[1, 0], [0, 1], [0, 2]]), classes: [0, 0, 1], centres: centres, perClass: 2)
    #expect(found.centres == [0, 0])
    #expect(found.keptRows == [0, 2])
  }

  @Test func aRowOfZerosIsNinetyDegreesFromEverything() {
    let embeddings = Matrix<Float>([[0, 0], [1, 0]])
    let centres = Matrix<Float>([[1, 0]])
    #expect(
      DominantCentres(embeddings: embeddings, classes: [0, 0], centres: centres, perClass: 1).keptRows == [1])
    let wide = DominantCentres(
      embeddings: embeddings, classes: [0, 0], centres: centres, perClass: 1, threshold: 91)
    #expect(wide.keptRows == [0, 1])
  }

  @Test func oneCentreAndAThresholdOfHalfATurnKeepAll() {
    let (features, labels) = clusters(identities: 4, images: 6, columns: 5, spread: 2)
    let centres = features.rows(in: 0..<4)
    let found = DominantCentres(
      embeddings: features, classes: labels, centres: centres, perClass: 1, threshold: 180)
    #expect(found.centres == [0, 0, 0, 0])
    #expect(found.keptRows == Array(0..<24))
  }

  @Test func aClassWithoutSamplesHasItsFirstCentre() {
    let centres = Matrix<Float>([[1, 0], [0, 1], [1, 0], [0, 1]])
    let found = DominantCentres(
      embeddings: Matrix<Float>([[0, 1]]), classes: [1], centres: centres, perClass: 2)
    #expect(found.centres == [0, 1])
  }
}
