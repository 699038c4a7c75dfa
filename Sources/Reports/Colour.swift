import Foundation

/// An opaque sRGB colour of 8 bits a channel.
public struct Colour: Sendable, Hashable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8

  /// A colour from its hexadecimal form, such as `0x0069B2`.
  public init(_ hex: UInt32) {
    red = UInt8(hex >> 16 & 255)
    green = UInt8(hex >> 8 & 255)
    blue = UInt8(hex & 255)
  }

  public static let black = Colour(0x000000)
  public static let white = Colour(0xFFFFFF)

  /// A grey: 0 is black, 1 is white.
  public static func grey(_ level: Double) -> Colour {
    let value = UInt32((min(max(level, 0), 1) * 255).rounded())
    return Colour(value << 16 | value << 8 | value)
  }

  /// The relative luminance of WCAG 2.1, 0 for black and 1 for white.
  public var luminance: Double {
    func linear(_ channel: UInt8) -> Double {
      let value = Double(channel) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// CIE L*, 0 for black and 100 for white: what is left of the colour on a grey print.
  public var lightness: Double {
    let y = luminance
    return y > 216.0 / 24_389 ? 116 * cbrt(y) - 16 : y * 24_389 / 27
  }

  /// `#RRGGBB`.
  public var hex: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }
}
