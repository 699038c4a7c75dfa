import FeatureStores

/// How the images of a template become one vector, choice by choice.
///
/// Image: e = f, f + f′ or (f, f′) with the mirrored image's f′; e ← e/‖e‖; e ← score·e. Media: the mean of its images in the template,
/// ← /‖·‖. Template: the sum or the mean of its media. What published tables call N, D and F are `imageNorm`, `detectorScore` and
/// `flip`; beware that two scripts of one project mean the opposite by N (N1 normalises in insightface's `ijb_evals.py` and keeps the
/// norm in its `ijb_11.py`), so the choices have names here.
public struct TemplatePooling: Codable, Equatable, Sendable {
  /// What is done with the mirrored image (F).
  public enum Flip: String, Codable, CaseIterable, Sendable {
    /// It is not used (F0).
    case none
    /// Its embedding is added (F1; insightface, OpenSphere).
    case sum
    /// Its embedding stands behind the image's own (facenet): twice the dimension.
    case concatenate
  }

  /// What is done with the length of a vector.
  public enum Norm: String, Codable, CaseIterable, Sendable {
    case keep
    case normalise
  }

  /// How media become a template.
  public enum Fusion: String, Codable, CaseIterable, Sendable {
    case sum
    case mean
  }

  public var flip: Flip
  /// Of an image, after the flip (N).
  public var imageNorm: Norm
  /// Whether an image's embedding is multiplied by its detector score (D).
  public var detectorScore: Bool
  /// Of a media.
  public var mediaNorm: Norm
  /// Over media; without effect on similarities that normalise templates, and recorded because the codes differ in it.
  public var template: Fusion

  public init(
    flip: Flip = .none, imageNorm: Norm = .keep, detectorScore: Bool = false, mediaNorm: Norm = .keep,
    template: Fusion = .sum
  ) {
    self.flip = flip
    self.imageNorm = imageNorm
    self.detectorScore = detectorScore
    self.mediaNorm = mediaNorm
    self.template = template
  }

  static let keys = ["flip", "image-norm", "detector-score", "media-norm", "template"]

  /// Reads its fields over `base`.
  init(_ mapping: ConfigurationMapping, base: TemplatePooling) throws {
    flip = try mapping.value("flip", default: base.flip) { try $0.choice(Flip.self) }
    imageNorm = try mapping.value("image-norm", default: base.imageNorm) { try $0.choice(Norm.self) }
    detectorScore = try mapping.value("detector-score", default: base.detectorScore) { try $0.boolean() }
    mediaNorm = try mapping.value("media-norm", default: base.mediaNorm) { try $0.choice(Norm.self) }
    template = try mapping.value("template", default: base.template) { try $0.choice(Fusion.self) }
  }

  /// In words, for tables: `flip sum, norm kept, detector score, media norm kept`.
  public var summary: String {
    [
      "flip \(flip.rawValue)", imageNorm == .keep ? "image norm kept" : "images normalised",
      detectorScore ? "weighted by detector score" : "no detector score",
      mediaNorm == .keep ? "media norm kept" : "media normalised",
    ].joined(separator: ", ")
  }
}
