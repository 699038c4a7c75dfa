// swift-tools-version: 6.2
import PackageDescription

func likeness(_ room: String) -> Target.Dependency { .product(name: room, package: "likeness") }

let package = Package(
  name: "likeness-benchmarks",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "likeness", path: "..")],
  targets: [
    .target(name: "BenchmarkSupport", dependencies: [likeness("LinearAlgebra")]),
    // Counts what the program that is linked with it allocates.
    .target(name: "CMallocCounter"),
    .executableTarget(
      name: "EvaluationBenchmark",
      dependencies: [
        "BenchmarkSupport",
        likeness("Evaluation"), likeness("FeatureStores"), likeness("Learning"), likeness("LinearAlgebra"),
        likeness("Metrics"), likeness("Reports"),
      ]),
    .executableTarget(
      name: "GridBenchmark",
      dependencies: [
        "BenchmarkSupport",
        likeness("Experiments"), likeness("FeatureStores"), likeness("Learning"), likeness("LinearAlgebra"),
      ]),
    .executableTarget(
      name: "LossBenchmark",
      dependencies: ["BenchmarkSupport", likeness("Learning"), likeness("LinearAlgebra")]),
    .executableTarget(
      name: "MallocBenchmark",
      dependencies: [
        "BenchmarkSupport", "CMallocCounter", likeness("Learning"), likeness("LinearAlgebra"),
      ]),
    .executableTarget(
      name: "ScaleBenchmark",
      dependencies: [
        "BenchmarkSupport", likeness("Evaluation"), likeness("FeatureStores"), likeness("LinearAlgebra"),
      ]),
    .executableTarget(
      name: "StepBenchmark",
      dependencies: [
        "BenchmarkSupport", likeness("FeatureStores"), likeness("Learning"), likeness("LinearAlgebra"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
