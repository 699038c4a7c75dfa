import FeatureStores
import Foundation
import LinearAlgebra
import Testing

@testable import Learning

#if os(Linux)
  @Suite("Memory of a step", .serialized)
  struct StepMemoryTests {
    /// Similarities of a step take 40 MiB: glibc gets blocks of more than 32 MiB from the system and gives them back, so that touching a new one
    /// is counted as page faults.
    private static let batch = 512
    private static let classes = 20480
    /// Half of the pages of the similarities.
    private static let limit = batch * classes * 4 / 4096 / 2

    /// The page faults of this thread so far.
    private func faults() throws -> Int {
      var usage = rusage()
      // RUSAGE_THREAD, which glibc's headers hide: other threads' tests do not count.
      try #require(getrusage(__rusage_who_t(1), &usage) == 0)
      return usage.ru_minflt
    }

    /// The least page faults of a step, after some that may still allocate.
    private func faultsOfAStep(_ trainer: inout Trainer<Float>) throws -> Int {
      for _ in 0..<2 { _ = try trainer.step() }
      var least = Int.max
      for _ in 0..<2 {
        let before = try faults()
        _ = try trainer.step()
        least = min(least, try faults() - before)
      }
      return least
    }

    private func trainer(_ loss: String, _ mechanism: String, _ data: (Matrix<Float>, [Int])) throws
      -> Trainer<Float>
    {
      let configuration = try TrainingConfiguration(
        yaml(
          "{network: [{linear: 8}], loss: \(loss), mechanism: \(mechanism), batch: \(Self.batch), steps: 9, "
            + "optimiser: {learning-rate: 0.001, clip-norm: 1}}"))
      return try Trainer(configuration: configuration, features: data.0, labels: data.1)
    }

    /// The losses of class prototypes with their defaults.
    private static let losses = LossRegistry.descriptions.map(\.name).filter {
      !["contrastive", "triplet", "n-pair"].contains($0)
    }

    @Test func `A page fault is counted for each fresh page`() throws {
      let before = try faults()
      var matrix = Matrix<Float>(rows: Self.batch, columns: Self.classes)
      matrix.fill(1)
      #expect(matrix[Self.batch - 1, Self.classes - 1] == 1)
      // Fewer where the system gives huge pages unasked.
      let pages = try String(contentsOfFile: "/sys/kernel/mm/transparent_hugepage/enabled", encoding: .utf8)
      if !pages.contains("[always]") { #expect(try faults() - before >= 2 * Self.limit) }
    }

    @Test(arguments: losses)
    func `Nothing of batch times classes is allocated anew`(loss: String) throws {
      let data = clusters(identities: Self.classes, images: 1, columns: 4, spread: 0.3)
      let isMargin = ["normface", "arcface"].contains(loss)
      for mechanism in ["conventional"] + (isMargin ? ["{name: multiface, groups: 2}"] : []) {
        var trainer = try trainer(loss, mechanism, data)
        let faults = try faultsOfAStep(&trainer)
        #expect(faults < Self.limit, "\(loss), \(mechanism)")
      }
    }

    @Test(arguments: ["normface", "curricularface"])
    func `Nothing of batch times queue is allocated anew`(loss: String) throws {
      let data = clusters(identities: Self.classes + Self.batch, images: 2, columns: 4, spread: 0.3)
      for mechanism in [
        "{name: semi-siamese, queue: \(Self.classes)}",
        "{name: multi-agent, agents: 2, groups: 2, queue: \(Self.classes)}",
      ] {
        var trainer = try trainer(loss, mechanism, data)
        let faults = try faultsOfAStep(&trainer)
        #expect(faults < Self.limit, "\(loss), \(mechanism)")
      }
    }
  }
#endif
