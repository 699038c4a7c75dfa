import Foundation
import LinearAlgebra

/// Draws a verification list and writes it as LFW writes its `pairs.txt` (view 2).
///
/// The header is the number of folds and of pairs a class, separated by a tab; each fold then has its genuine lines
/// (`name i j`) and its impostor lines (`name₁ i name₂ j`), images numbered from 1. The folds' identities are disjoint: fold k owns the
/// k-th block of consecutive identities. No pair occurs twice.
struct LFWPairsWriter {
  let folds: Int
  let pairsPerFold: Int
  let imagesPerIdentity: Int
  /// The name of each identity.
  let names: [String]

  /// The text of the list, drawn from `stream`.
  func text(_ stream: inout RandomStream) -> String {
    var lines = ["\(folds)\t\(pairsPerFold)"]
    let people = names.count / folds
    for fold in 0..<folds {
      let first = fold * people
      var taken: Set<[Int]> = []
      while taken.count < pairsPerFold {
        let person = first + stream.integer(below: people)
        let i = stream.integer(below: imagesPerIdentity)
        let j = stream.integer(below: imagesPerIdentity)
        guard i != j, taken.insert([person, min(i, j), max(i, j)]).inserted else { continue }
        lines.append("\(names[person])\t\(min(i, j) + 1)\t\(max(i, j) + 1)")
      }
      taken.removeAll()
      while taken.count < pairsPerFold {
        let a = first + stream.integer(below: people)
        let b = first + stream.integer(below: people)
        guard a != b else { continue }
        let i = stream.integer(below: imagesPerIdentity)
        let j = stream.integer(below: imagesPerIdentity)
        let pair = a < b ? [a, i, b, j] : [b, j, a, i]
        guard taken.insert(pair).inserted else { continue }
        lines.append("\(names[pair[0]])\t\(pair[1] + 1)\t\(names[pair[2]])\t\(pair[3] + 1)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
