import Experiments
import FeatureStores
import Foundation

extension ClaimsReport {
  /// Verdicts in a folder of results that were decided by runs which are not there now.
  public struct LostVerdicts: Equatable {
    public var file: String
    /// The decided verdicts in the file, and how many of them would become "not run".
    public var earlier: Int
    public var lost: Int
    /// What makes the runs that are missing, a command an experiment.
    public var commands: [String]
  }

  /// The verdicts of the `claims.json` in `folder` that this report would replace by "not run"; nil where it would lose none. Counted for each claim
  /// and experiment that both have, so that a claim that was taken out of the file is no loss. What is no file of ours is none.
  public func lostVerdicts(in folder: String) -> LostVerdicts? {
    let file = "\(folder)/claims.json"
    guard let data = FileManager.default.contents(atPath: file),
      let written = try? JSONDecoder().decode(WrittenClaims.self, from: data)
    else { return nil }
    var (earlier, lost) = (0, 0)
    var commands: [String] = []
    for claim in written.claims {
      let decided = claim.results.filter { $0.verdict != .notRun }
      earlier += decided.count
      for (experiment, theirs) in Dictionary(grouping: decided, by: \.scope.experiment) {
        let own = study.results.filter { $0.claim.id == claim.id && $0.scope.experiment == experiment }
        let missing = own.filter { $0.verdict == .notRun }
        let fewer = theirs.count - (own.count - missing.count)
        guard !missing.isEmpty, fewer > 0 else { continue }
        lost += fewer
        commands += missing.compactMap(\.command)
      }
    }
    guard lost > 0 else { return nil }
    return LostVerdicts(file: file, earlier: earlier, lost: lost, commands: Set(commands).sorted())
  }
}

/// What of `claims.json` tells which verdicts were decided.
private struct WrittenClaims: Decodable {
  struct Claim: Decodable {
    var id: String
    var results: [Result]
  }

  struct Result: Decodable {
    struct Scope: Decodable { var experiment: String }
    var scope: Scope
    var verdict: ClaimVerdict
  }

  var claims: [Claim]
}
