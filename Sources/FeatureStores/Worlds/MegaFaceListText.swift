/// The lists of a MegaFace-like set: the probes' and, for each size, the distractors' in the devkit's JSON form, and the plain lists of paths that
/// feature extractors take.
struct MegaFaceListText {
  let plan: SetPlan

  /// How many people the probes show; every other person of the set is a distractor.
  private var people: Int { if case .megaFace(let probes) = plan.naming { probes } else { plan.identities } }

  /// 10, 100, 1,000, … up to the number of distractors, and that number itself.
  static func sizes(_ distractors: Int) -> [Int] {
    var sizes: [Int] = []
    var size = 10
    while size < distractors {
      sizes.append(size)
      size *= 10
    }
    return sizes + [distractors]
  }

  private func probePaths() -> [(path: String, person: String)] {
    (0..<people).flatMap { identity in
      (0..<plan.counts[identity]).map {
        (plan.imageName(identity, $0) + ".jpg", plan.identityName(identity))
      }
    }
  }

  private func distractorPaths(_ count: Int) -> some Sequence<String> {
    (people..<people + count).lazy.map { [plan] in plan.imageName($0, 0) + ".jpg" }
  }

  /// `facescrub_features_list.json`: `path` and `id` of each probe.
  func probeJSON() -> String {
    let paths = probePaths()
    func list(_ values: [String]) -> String {
      "[\n" + values.map { "        \"\($0)\"" }.joined(separator: ",\n") + "\n    ]"
    }
    return
      "{\n    \"path\": \(list(paths.map { $0.path })),\n    \"id\": \(list(paths.map { $0.person }))\n}\n"
  }

  /// `megaface_features_list.json_SIZE_1`: the first distractors, so that smaller sizes are prefixes of larger ones.
  func distractorJSON(size: Int) -> String {
    var text = "{\"path\": ["
    for (index, path) in distractorPaths(size).enumerated() {
      text += index == 0 ? "\"" : ", \""
      text += path
      text += "\""
    }
    return text + "]}\n"
  }

  /// `facescrub_lst`.
  func probeList() -> String {
    PairListText.text(probePaths().map { "facescrub_images/" + $0.path })
  }

  /// `megaface_lst`.
  func distractorList() -> String {
    var text = ""
    for path in distractorPaths(plan.identities - people) {
      text += "megaface_images/"
      text += path
      text += "\n"
    }
    return text
  }
}
