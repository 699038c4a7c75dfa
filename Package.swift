// swift-tools-version: 6.2
import PackageDescription

/// `LIKENESS_STRICT=1` (continuous integration) turns every warning into an error. It is not the
/// default, so that a newer compiler's new warning never stops a newcomer's first build.
let strict = Context.environment["LIKENESS_STRICT"] == "1"
let swiftSettings: [SwiftSetting] = strict ? [.treatAllWarnings(as: .error)] : []
let cSettings: [CSetting] = strict ? [.enableWarning("all"), .treatAllWarnings(as: .error)] : []

let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func roomTests(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], resources: resources,
    swiftSettings: swiftSettings)
}

let package = Package(
  name: "likeness",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "likeness", targets: ["likeness"]),
    .library(name: "LinearAlgebra", targets: ["LinearAlgebra"]),
    .library(name: "Metrics", targets: ["Metrics"]),
    .library(name: "FeatureStores", targets: ["FeatureStores"]),
    .library(name: "Evaluation", targets: ["Evaluation"]),
    .library(name: "Learning", targets: ["Learning"]),
    .library(name: "Experiments", targets: ["Experiments"]),
    .library(name: "Reports", targets: ["Reports"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-numerics", exact: "1.1.1"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/ordo-one/TextTable", exact: "0.0.2"),
  ],
  targets: [
    // Floor 0: a door to one system library each, and the C kernels.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"]), .brew(["cairo"])]),
    .systemLibrary(
      name: "CCrypto", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "CKernels", cSettings: cSettings),
    // Floor 1.
    room(
      "LinearAlgebra",
      ["COpenBLAS", "CKernels", .product(name: "RealModule", package: "swift-numerics")]),
    room("Metrics", ["CKernels"]),
    // Floor 2.
    room("FeatureStores", ["LinearAlgebra", "CHDF5", "CCrypto", "CZlib", yams]),
    // Floor 3.
    room("Evaluation", ["FeatureStores", "Metrics", "LinearAlgebra"]),
    room("Learning", ["FeatureStores", "LinearAlgebra"]),
    // Floor 4.
    room("Experiments", ["Learning", "Evaluation", .product(name: "Logging", package: "swift-log")]),
    // Floor 5.
    room("Reports", ["Experiments", "Evaluation", "FeatureStores", "Metrics", "CCairo", "CPNG"]),
    // Floor 6.
    .executableTarget(
      name: "likeness",
      dependencies: [
        "Reports", "Experiments", "Learning", "Evaluation", "FeatureStores", "Metrics",
        "LinearAlgebra",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TextTable", package: "TextTable"),
      ],
      swiftSettings: swiftSettings),
    // Tests.
    .target(
      name: "TestSupport", dependencies: ["FeatureStores", "LinearAlgebra"],
      path: "Tests/TestSupport", swiftSettings: swiftSettings),
    roomTests("LinearAlgebraTests", ["LinearAlgebra", "CKernels"]),
    roomTests("MetricsTests", ["Metrics", "CKernels"]),
    roomTests("FeatureStoresTests", ["FeatureStores", "CHDF5"]),
    roomTests("EvaluationTests", ["Evaluation"]),
    roomTests("LearningTests", ["Learning"]),
    roomTests("ExperimentsTests", ["Experiments"]),
    roomTests("ReportsTests", ["Reports"]),
    roomTests("CommandTests", ["likeness"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
