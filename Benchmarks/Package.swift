// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "likeness-benchmarks",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "likeness", path: "..")],
  targets: [
    .target(name: "BenchmarkSupport"),
    .executableTarget(
      name: "LossBenchmark",
      dependencies: [
        .product(name: "Learning", package: "likeness"), .product(name: "LinearAlgebra", package: "likeness"),
      ]),
    .executableTarget(
      name: "ScaleBenchmark",
      dependencies: [
        "BenchmarkSupport",
        .product(name: "Evaluation", package: "likeness"),
        .product(name: "FeatureStores", package: "likeness"),
        .product(name: "LinearAlgebra", package: "likeness"),
      ]),
    .executableTarget(
      name: "StepBenchmark",
      dependencies: [
        "BenchmarkSupport",
        .product(name: "Learning", package: "likeness"), .product(name: "LinearAlgebra", package: "likeness"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
