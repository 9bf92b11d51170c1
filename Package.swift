// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Targets from the bottom to the top; nothing imports upwards (`LayerTests` holds every import against `docs/architecture.md`).
let package = Package(
  name: "weir",
  products: [.executable(name: "weir", targets: ["CLI"])],
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .target(name: "Tabular", swiftSettings: settings),
    .target(
      name: "Pipelines", dependencies: ["Tabular", .product(name: "Yams", package: "Yams")], swiftSettings: settings),
    .target(name: "CDuckDB"),
    .target(name: "DuckDB", dependencies: ["CDuckDB", "Tabular"], swiftSettings: settings),
    .target(name: "CLibPQ"),
    .target(name: "Execution", dependencies: ["Pipelines", "DuckDB"], swiftSettings: settings),
    .target(name: "Connectors", dependencies: ["Pipelines", "CLibPQ"], swiftSettings: settings),
    .target(
      name: "Workspace",
      dependencies: [
        "Execution", "Connectors",
        .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: settings),
    .executableTarget(
      name: "CLI",
      dependencies: ["Workspace", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: settings),
    .target(name: "TestSupport", dependencies: ["Workspace"], path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(name: "TabularTests", dependencies: ["Tabular", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "PipelinesTests", dependencies: ["Pipelines", "TestSupport"], exclude: ["Fixtures"], swiftSettings: settings
    ),
    .testTarget(name: "DuckDBTests", dependencies: ["DuckDB", "TestSupport"], swiftSettings: settings),
    .testTarget(name: "ExecutionTests", dependencies: ["Execution", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "ConnectorsTests", dependencies: ["Connectors", "Execution", "Workspace", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: settings),
    .testTarget(
      name: "WorkspaceTests", dependencies: ["Workspace", "Connectors", "Execution", "TestSupport", "CLI"],
      exclude: ["Golden"],
      swiftSettings: settings),
    .testTarget(
      name: "AcceptanceTests", dependencies: ["Pipelines", "TestSupport"], exclude: ["Cases"], swiftSettings: settings),
  ]
)
