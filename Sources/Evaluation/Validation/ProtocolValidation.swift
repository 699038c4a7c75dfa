import FeatureStores
import Foundation
import Metrics

/// Checks a protocol, its lists and stores against each other, and goes on after what it finds.
///
/// Definition and digests; for pairs of images fold balance, duplicate pairs, labels and people in several folds line by line; for templates,
/// galleries, distractors and trials that the lists can be read and fit; with a store missing images and labels; with a training store whether
/// people, images or rows of the test train. What the lists' numbers of impostors cannot support is found for all kinds.
public struct ProtocolValidation {
  public let definition: ProtocolDefinition
  /// The protocol's file.
  public let file: String
  /// The folder of the lists.
  public let lists: String
  let store: ValidatedStore?

  /// A store without names is an error: no list can refer to its rows.
  public init(_ definition: ProtocolDefinition, file: String, lists: String, store: FeatureStore?) throws {
    self.definition = definition
    self.file = file
    self.lists = lists
    self.store = try store.map { try ValidatedStore($0) }
  }

  /// Everything found, in the order of the checks.
  public func findings() -> [Finding] {
    var findings = Findings()
    let digests: [ListDigest]
    do {
      digests = try definition.listDigests(folder: lists)
    } catch {
      findings.add(HarnessError(describing: error), .digests)
      return findings.all
    }
    let pinned = definition.kind.pinnedLists
    let loose = digests.map(\.file).filter { !pinned.contains($0) }
    if !loose.isEmpty {
      findings.add(
        .note, .digests, file: file, place: "lists",
        "no SHA-256 for \(loose.count) of \(digests.count) lists (\(loose.prefix(3).joined(separator: ", "))\(loose.count > 3 ? ", …" : ""))",
        advice: "Pin them with `sha256: {FILE: DIGEST}`, so that no other copy passes for them.")
    }
    do {
      try definition.kind.validate(self, into: &findings)
    } catch {
      findings.add(HarnessError(describing: error), .lists)
    }
    return findings.all
  }

  /// What a task of another kind than pairs says of its lists, without its targets.
  func add(_ task: some EvaluationTask, to findings: inout Findings) {
    for warning in task.warnings { findings.add(.warning, .lists, file: lists, warning) }
  }

  /// The lists can only be resolved with a store.
  func needsStore(_ findings: inout Findings) {
    findings.add(
      .note, .lists, file: lists,
      "lists of the kind ‘\(type(of: definition.kind).name)’ are read with a store only",
      advice: "Give one with --store.")
  }
}

extension HarnessError {
  /// The error itself, or what another one says.
  init(describing error: any Error) {
    self = error as? HarnessError ?? HarnessError(.badInput, found: "\(error)")
  }
}

extension PairVerification {
  public var pinnedLists: Set<String> { Set(lists.expectedDigests.keys) }

  public func validate(_ validation: ProtocolValidation, into findings: inout Findings) throws {
    let listed = try lists.format.read(folder: validation.lists, folds: folds)
    let file = "\(validation.lists)/\(lists.format.files(folds: folds)[0])"
    if let pairs, listed.count != pairs {
      findings.add(
        .error, .lists, file: file, "\(listed.count) pairs; expected \(pairs)",
        advice: "The list is not complete, or not the protocol's.")
    }
    PairValidation(
      pairs: listed, file: file, folds: folds, storeName: lists.storeName, store: validation.store
    ).run(into: &findings, requiresBalance: balanced, toleratesMissing: missing != .error)
    findings.add(
      unattainable: targetFARs, impostors: listed.count { !$0.isGenuine }, of: "impostor pairs",
      file: validation.file, place: "far")
  }
}

extension GroupVerification {
  public var pinnedLists: Set<String> { Set(expectedDigests.digests.keys) }

  public func validate(_ validation: ProtocolValidation, into findings: inout Findings) throws {
    let groups = try lists.read(folder: validation.lists, folds: folds)
    let file = "\(validation.lists)/\(lists.files[0])"
    for group in groups {
      PairValidation(
        pairs: group.pairs, file: group.pairs.first?.place?.file ?? file, folds: folds,
        storeName: naming.storeName, store: validation.store
      ).run(into: &findings, requiresBalance: false, toleratesMissing: false)
    }
    for warning in GroupTask.shared(groups) { findings.add(.warning, .sharedIdentities, file: file, warning) }
    findings.add(
      unattainable: targetFARs, impostors: groups.reduce(0) { $0 + $1.pairs.count { !$0.isGenuine } },
      of: "impostor pairs of all groups", file: validation.file, place: "far")
  }
}
