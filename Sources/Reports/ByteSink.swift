/// A growing byte buffer that C libraries write into through a callback.
///
/// A class, so that its address can be handed to C as the callback's context (`Unmanaged`); never shared
/// between threads.
final class ByteSink {
  var bytes: [UInt8] = []

  /// The pointer to hand to C. The sink must outlive every call that uses it.
  var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  /// The sink behind a pointer made by `context`.
  static func from(_ context: UnsafeMutableRawPointer) -> ByteSink {
    Unmanaged<ByteSink>.fromOpaque(context).takeUnretainedValue()
  }

  /// Appends `count` bytes; nothing when there is no memory to read.
  func append(_ data: UnsafePointer<UInt8>?, count: Int) {
    guard let data, count > 0 else { return }
    bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: count))
  }
}
