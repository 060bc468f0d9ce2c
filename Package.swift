// swift-tools-version: 6.1
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "pcc",
  products: [
    .executable(name: "pcc", targets: ["pcc"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
  ],
  targets: [
    .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"])]),
    .target(name: "CImages", dependencies: ["CPNG", "CJPEG"]),
    .target(name: "COnnx", linkerSettings: [.linkedLibrary("protobuf-c")]),
    .target(
      name: "CKernels", cSettings: [.unsafeFlags(["-O3"])],
      linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "kernel-bench", dependencies: ["CKernels"], path: "Benchmarks/Kernels"),
    .target(
      name: "IR",
      dependencies: [
        .product(name: "OrderedCollections", package: "swift-collections")
      ],
      swiftSettings: swiftSettings),
    .target(name: "Frontend", dependencies: ["IR", "COnnx"], swiftSettings: swiftSettings),
    .target(
      name: "Passes",
      dependencies: ["IR", .product(name: "OrderedCollections", package: "swift-collections")],
      swiftSettings: swiftSettings),
    .target(
      name: "DenseRuntime",
      dependencies: [
        "IR", "CKernels", "CBLAS", .product(name: "RealModule", package: "swift-numerics"),
      ],
      path: "Sources/Runtime", swiftSettings: swiftSettings),
    .target(
      name: "Training",
      dependencies: ["Passes", "DenseRuntime", "CKernels", "IR", "CZlib", "CImages"],
      swiftSettings: swiftSettings),
    .target(
      name: "Driver",
      dependencies: [
        "Frontend", "Passes", "Training", "DenseRuntime", "IR",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "pcc",
      dependencies: [
        "Driver", "IR", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "TestSupport", dependencies: ["IR", "Passes", "DenseRuntime"], path: "Tests/TestSupport",
      swiftSettings: swiftSettings),
    .testTarget(
      name: "IRTests", dependencies: ["IR", "TestSupport", "Training"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "FrontendTests", dependencies: ["Frontend", "IR", "DenseRuntime", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "PassesTests", dependencies: ["Passes", "DenseRuntime", "IR", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "RuntimeTests", dependencies: ["DenseRuntime", "CKernels", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "TrainingTests", dependencies: ["Training", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "DriverTests",
      dependencies: ["Driver", "Frontend", "Training", "IR", "TestSupport", "pcc"],
      swiftSettings: swiftSettings),
    .testTarget(name: "LayeringTests", swiftSettings: swiftSettings),
  ]
)
