/// Sorts scores from the highest to the lowest, in linear time, by three passes over the digits of their bits. NaN is not allowed;
/// −0 stands below 0.
public func sortDescending(_ scores: inout [Float]) {
  guard scores.count > 1 << 10 else {
    scores.sort(by: >)
    return
  }
  // Numbers whose order as integers is the reverse of the scores' order.
  var keys = scores.map { score -> UInt32 in
    let bits = score.bitPattern
    return bits >> 31 == 0 ? 0x7fff_ffff - bits : bits
  }
  var other = [UInt32](repeating: 0, count: keys.count)
  for shift in [UInt32(0), 11, 22] {
    var starts = [Int](repeating: 0, count: 1 << 11)
    for key in keys { starts[Int(key >> shift & 0x7ff)] += 1 }
    var sum = 0
    for digit in starts.indices {
      let number = starts[digit]
      starts[digit] = sum
      sum += number
    }
    for key in keys {
      let digit = Int(key >> shift & 0x7ff)
      other[starts[digit]] = key
      starts[digit] += 1
    }
    swap(&keys, &other)
  }
  for index in scores.indices {
    let key = keys[index]
    scores[index] = Float(bitPattern: key >> 31 == 0 ? 0x7fff_ffff - key : key)
  }
}
