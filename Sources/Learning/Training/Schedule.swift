public import FeatureStores
import Foundation

/// The learning rate's factor at each step.
///
/// During the first `warmUp` steps it rises linearly, (t + 1)/warmUp at step t counted from 0. Then, with the progress
/// p = (t − warmUp)/(steps − warmUp) in [0, 1):
/// - constant: 1.
/// - step: γ to the power of the number of milestones reached.
/// - cosine: f + (1 − f)·(1 + cos πp)/2 for the final factor f (Loshchilov and Hutter 2017, one cycle).
/// - polynomial: f + (1 − f)·(1 − p)^power (power 2: insightface).
public struct Schedule: Hashable, Sendable, Codable {
  public enum Shape: Hashable, Sendable, Codable {
    case constant
    /// Milestones are steps counted from 0 (values of at least 1) or fractions of all steps (below 1).
    case step(milestones: [Double], factor: Double)
    case cosine(final: Double)
    case polynomial(power: Double, final: Double)
  }

  public var shape: Shape
  /// Steps of linear rise.
  public var warmUp: Int

  public init(_ shape: Shape = .constant, warmUp: Int = 0) {
    self.shape = shape
    self.warmUp = warmUp
  }

  /// The factor at step `step`, counted from 0, of `steps`.
  public func factor(step: Int, of steps: Int) -> Double {
    if step < warmUp { return Double(step + 1) / Double(warmUp) }
    let progress = Double(step - warmUp) / Double(max(steps - warmUp, 1))
    switch shape {
    case .constant: return 1
    case .step(let milestones, let factor):
      let reached = milestones.count { Double(step) >= ($0 < 1 ? ($0 * Double(steps)).rounded() : $0) }
      return (0..<reached).reduce(1) { value, _ in value * factor }
    case .cosine(let final): return final + (1 - final) * (1 + cos(Double.pi * progress)) / 2
    case .polynomial(let power, let final): return final + (1 - final) * pow(1 - progress, power)
    }
  }

  /// Reads the bare name or a mapping strictly.
  public init(_ node: ConfigurationNode) throws {
    let names = ["constant", "step", "cosine", "polynomial"]
    if node.isScalar {
      switch try node.choice(of: names) {
      case "constant": self.init(.constant)
      case "cosine": self.init(.cosine(final: 0))
      case "polynomial": self.init(.polynomial(power: 2, final: 0))
      default:
        throw node.error(
          found: node.excerpt, expected: "its milestones",
          advice: "Write ‘{name: step, milestones: [0.5, 0.75]}’.")
      }
      return
    }
    guard let nameNode = try node.entries().first(where: { $0.key == "name" })?.value else {
      throw node.error(found: "no ‘name’", expected: "one of \(names.joined(separator: ", "))")
    }
    let keys: [String]
    let name = try nameNode.choice(of: names)
    switch name {
    case "constant": keys = []
    case "step": keys = ["milestones", "factor"]
    case "cosine": keys = ["final"]
    default: keys = ["power", "final"]
    }
    let mapping = try node.mapping(keys: ["name", "warm-up"] + keys)
    let warmUp = try mapping.value("warm-up", default: 0) { try $0.integer(in: 0...Int.max) }
    let final = try mapping.value("final", default: 0) { try $0.number(in: 0...1) }
    switch name {
    case "constant": self.init(.constant, warmUp: warmUp)
    case "step":
      self.init(
        .step(
          milestones: try mapping.required("milestones").list().map { try $0.number(in: 0...1e12) },
          factor: try mapping.value("factor", default: 0.1) { try $0.number(in: 0...1) }), warmUp: warmUp)
    case "cosine": self.init(.cosine(final: final), warmUp: warmUp)
    default:
      self.init(
        .polynomial(
          power: try mapping.value("power", default: 2) { try $0.number(in: 0...10) }, final: final),
        warmUp: warmUp)
    }
  }
}
