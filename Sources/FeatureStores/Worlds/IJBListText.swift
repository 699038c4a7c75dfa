import LinearAlgebra

/// The lists of an IJB-like set, in the form in which IJB-C's are passed on (`IJBC/meta`).
struct IJBListText {
  let plan: SetPlan
  let layout: TemplatePlan
  let shape: TemplateShape

  /// The identity of each image.
  private var identities: [Int] { layout.templates.map { layout.identities[Int($0) - 1] } }

  /// `ijbc_face_tid_mid.txt`: image, template, medium.
  func media() -> String {
    PairListText.text(
      layout.templates.indices.map { "\($0 + 1).jpg \(layout.templates[$0]) \(layout.media[$0])" })
  }

  /// `ijbc_name_5pts_score.txt`: image, five landmarks in a crop of 112 × 112 pixels, detector score. The score is the image's quality;
  /// the landmarks are those of a frontal face, the more scattered the worse the image.
  func detectorScores(_ stream: inout RandomStream) -> String {
    let frontal = [38.295, 51.696, 73.532, 51.501, 56.025, 71.737, 41.549, 92.366, 70.730, 92.204]
    var lines: [String] = []
    for (image, attributes) in layout.attributes.enumerated() {
      let missing = Double(ImageAttributes.bestQuality - attributes.quality)
      let scatter = 1 + 4 * missing / Double(ImageAttributes.bestQuality)
      let points = frontal.map { Self.thousandths(Int((($0 + scatter * stream.normal()) * 1000).rounded())) }
      lines.append(
        "\(image + 1).jpg \(points.joined(separator: " ")) \(Self.thousandths(attributes.quality))")
    }
    return PairListText.text(lines)
  }

  /// `ijbc_template_pair_label.txt`: template, template, 1 or 0. First all pairs of a gallery and a probe template of a person, then as many
  /// impostor pairs of such templates as the shape asks for, each once.
  func pairs(_ stream: inout RandomStream) -> String {
    let count = shape.templates
    let people = layout.identities.count / count
    var lines: [String] = []
    for person in 0..<people {
      for probe in 1..<count { lines.append("\(person * count + 1) \(person * count + probe + 1) 1") }
    }
    // A gallery template (a person) and a probe template of another person.
    let probes = (people - 1) * (count - 1)
    for index in Self.distinct(shape.impostorPairs, below: people * probes, &stream) {
      let person = index / probes
      let other = index % probes
      let owner = other / (count - 1) < person ? other / (count - 1) : other / (count - 1) + 1
      lines.append("\(person * count + 1) \(owner * count + other % (count - 1) + 2) 0")
    }
    return PairListText.text(lines)
  }

  /// Different integers below `bound` in random order (Floyd's method, then shuffled).
  static func distinct(_ count: Int, below bound: Int, _ stream: inout RandomStream) -> [Int] {
    var taken: Set<Int> = []
    var result: [Int] = []
    for last in bound - count..<bound {
      let draw = stream.integer(below: last + 1)
      let value = taken.contains(draw) ? last : draw
      taken.insert(value)
      result.append(value)
    }
    stream.shuffle(&result)
    return result
  }

  /// The three lists of 1:N: `ijbc_1N_gallery_G1.csv`, `…_G2.csv`, `ijbc_1N_probe_mixed.csv`, with their file names.
  func identification() -> [(file: String, text: String)] {
    let identities = identities
    let people = plan.identities
    func isGallery(_ image: Int) -> Bool {
      (Int(layout.templates[image]) - 1) % shape.templates == 0
    }
    return [
      ("ijbc_1N_gallery_G1.csv", csv(identities) { isGallery($0) && identities[$0] < people / 2 }),
      ("ijbc_1N_gallery_G2.csv", csv(identities) { isGallery($0) && identities[$0] >= people / 2 }),
      ("ijbc_1N_probe_mixed.csv", csv(identities) { !isGallery($0) }),
    ]
  }

  private func csv(_ identities: [Int], where included: (Int) -> Bool) -> String {
    PairListText.text(
      ["TEMPLATE_ID,SUBJECT_ID,FILENAME,SIGHTING_ID"]
        + layout.templates.indices.filter(included).map { image in
          "\(layout.templates[image]),\(plan.identityName(identities[image])),img/\(image + 1).jpg,\(layout.media[image])"
        })
  }

  /// A number of thousandths with three decimals.
  static func thousandths(_ value: Int) -> String {
    "\(value < 0 ? "-" : "")\(value.magnitude / 1000)."
      + SetPlan.padded(Int(value.magnitude % 1000), 3)
  }
}
