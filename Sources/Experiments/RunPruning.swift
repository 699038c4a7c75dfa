import FeatureStores
import Foundation
import Learning

/// The runs of a results folder that no experiment refers to.
///
/// An experiment whose data are at hand refers to the runs of its grid, by identity. Of one whose data are missing identities cannot be known,
/// so every run that trains by one of its configurations is kept, on whatever data, and every run that trains nothing. Runs of another
/// semantics version are stale whatever their configuration is. Runs that a process is at work on are never touched.
public struct RunPruning: Sendable {
  public struct Candidate: Sendable {
    public enum Reason: Sendable, Equatable {
      /// No experiment refers to it.
      case unreferenced
      /// Its results are of this semantics version, or of an unknown one.
      case stale(semantics: Int?)
    }

    public var run: StoredRun
    public var reason: Reason
    /// In bytes.
    public var size: Int
  }

  public let candidates: [Candidate]
  /// How many runs stay.
  public let kept: Int

  /// Compares the runs in `results` with experiments whose data are at hand (`bound`) and others (`unbound`).
  public init(results: String, bound: [BoundExperiment], unbound: [ExperimentDefinition]) throws {
    let identities = Set(bound.flatMap(\.grid.runs).map { $0.identity.hash })
    let configurations = Set(unbound.flatMap { Grid.configurations($0) })
    func isReferred(_ run: StoredRun) -> Bool {
      if let identity = run.identity, identities.contains(identity.hash) { return true }
      guard !unbound.isEmpty, let specification = run.specification else { return false }
      return specification.training.map { configurations.contains($0) } ?? true
    }
    var candidates: [Candidate] = []
    var kept = 0
    for run in StoredRun.all(in: results) {
      let reason: Candidate.Reason? =
        run.isStale
        ? .stale(semantics: run.result?.semantics) : isReferred(run) ? nil : .unreferenced
      if let reason, try !FileLock.isHeld(run.folder.lockFile) {
        candidates.append(Candidate(run: run, reason: reason, size: run.size))
      } else {
        kept += 1
      }
    }
    self.candidates = candidates
    self.kept = kept
  }

  /// Removes the candidates and returns those that are gone; one that a process has taken since stays.
  public func delete() throws -> [Candidate] {
    try candidates.filter { candidate in
      let folder = candidate.run.folder
      guard let lock = try folder.lock() else { return false }
      defer { withExtendedLifetime(lock) {} }
      do {
        try FileManager.default.removeItem(atPath: folder.path)
      } catch {
        throw HarnessError(
          .cannotWrite, file: folder.path,
          found: "the folder cannot be removed (\(error.localizedDescription))")
      }
      return true
    }
  }
}
