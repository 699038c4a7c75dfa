import Foundation
import LinearAlgebra

/// Writes the stores and lists of a world.
public enum WorldGenerator {
  /// Raised whenever the same definition gives other numbers.
  public static let version = 1
}
