/// Finding one of many numbers by its rank, without sorting the rest.
enum Selection {
  /// Puts the number that would be at `place` with the largest first there, by Hoare's selection, and returns it.
  static func moveToPlace<Number: Comparable>(_ place: Int, of values: inout [Number]) -> Number {
    var (low, high) = (0, values.count - 1)
    while low < high {
      let pivot = values[(low + high) / 2]
      var (i, j) = (low, high)
      while i <= j {
        while values[i] > pivot { i += 1 }
        while values[j] < pivot { j -= 1 }
        if i <= j {
          values.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if place <= j {
        high = j
      } else if place >= i {
        low = i
      } else {
        break
      }
    }
    return values[place]
  }
}
