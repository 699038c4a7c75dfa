import Foundation
import LinearAlgebra

/// Writes the list files of a test set into its folder.
struct WorldLists {
  let definition: WorldDefinition
  let set: WorldSet
  let plan: SetPlan
  let folder: String

  private func stream(_ name: String) -> RandomStream {
    RandomStream(seed: definition.seed, name: "set/\(set.name)/\(name)")
  }

  private func write(_ text: String, _ file: String) throws {
    let path = "\(folder)/\(file)"
    try WorldGenerator.makeFolder((path as NSString).deletingLastPathComponent)
    try AtomicFile.write(Data(text.utf8), to: path)
  }

  private func draw(
    _ pairs: WorldSet.Pairs, _ name: String = "pairs",
    accept: (ImageAttributes, ImageAttributes) -> Bool = { _, _ in true }
  ) throws -> PairListText {
    var stream = stream(name)
    let drawing = PairDrawing(plan: plan, pairs: pairs, file: folder)
    return PairListText(plan, try drawing.folds(&stream, accept: accept))
  }

  func write() throws {
    switch set.kind {
    case .training: return
    case .lfw(let pairs): try write(try draw(pairs).lfw(), "pairs.txt")
    case .cfp(let pairs, let frontal, _): try writeCFP(pairs, frontal: frontal)
    case .ageDB(let pairs, let gap):
      let list = try draw(pairs) { ($0.age - $1.age).magnitude >= gap }
      try write(list.splitPairs(), "agedb_30_pairs.txt")
    case .calfw(let pairs, let gap):
      let list = try draw(pairs) { ($0.age - $1.age).magnitude >= gap }
      try write(list.twoLines(numbersFolds: true), "pairs_CALFW.txt")
    case .cplfw(let pairs):
      let list = try draw(pairs) { $0.pose != $1.pose }
      try write(list.twoLines(numbersFolds: false), "pairs_CPLFW.txt")
    case .ijb(let shape): try writeIJB(shape)
    case .megaFace(let distractors): try writeMegaFace(distractors)
    }
  }

  private func writeCFP(_ pairs: WorldSet.Pairs, frontal: Int) throws {
    for (split, profiles) in [("FF", false), ("FP", true)] {
      let list = try draw(pairs, "pairs/\(split)") { a, b in
        profiles ? a.pose != b.pose : a.pose + b.pose == 0
      }
      for (number, fold) in list.folds.enumerated() {
        let place = "Split/\(split)/\(SetPlan.padded(number + 1, 2))"
        try write(list.cfp(fold.genuine, frontal: frontal, profiles: profiles), "\(place)/same.txt")
        try write(list.cfp(fold.impostor, frontal: frontal, profiles: profiles), "\(place)/diff.txt")
      }
      if profiles {
        try write(list.cfpImages(profile: true), "Pair_list_P.txt")
      } else {
        try write(list.cfpImages(profile: false), "Pair_list_F.txt")
      }
    }
  }

  private func writeIJB(_ shape: TemplateShape) throws {
    guard let layout = plan.templates else { return }
    let text = IJBListText(plan: plan, layout: layout, shape: shape)
    try write(text.media(), "ijbc_face_tid_mid.txt")
    var landmarks = stream("landmarks")
    try write(text.detectorScores(&landmarks), "ijbc_name_5pts_score.txt")
    var pairs = stream("pairs")
    try write(text.pairs(&pairs), "ijbc_template_pair_label.txt")
    for (file, content) in text.identification() { try write(content, file) }
  }

  private func writeMegaFace(_ distractors: Int) throws {
    let text = MegaFaceListText(plan: plan)
    try write(text.probeJSON(), "facescrub_features_list.json")
    try write(text.probeList(), "facescrub_lst")
    try write(text.distractorList(), "megaface_lst")
    for size in MegaFaceListText.sizes(distractors) {
      try write(text.distractorJSON(size: size), "megaface_features_list.json_\(size)_1")
    }
  }
}
