import Foundation
import Pipelines
import TestSupport
import Testing
import Workspace

/// Two files with one name must not share cursors.
@Suite struct CursorOwnerTests {
  private func pipeline(_ name: String, mode: String = "incremental, cursor: v", from: String) -> String {
    "name: \(name)\nsteps:\n  - { id: s, read: { from: \(from), mode: \(mode) } }\n  - { id: t, write: { from: s, to: \(from).duckdb, table: t, mode: append } }\n"
  }

  private func trial() throws -> TemporaryWorkspace {
    let place = try TemporaryWorkspace()
    for file in ["a.csv", "b.csv"] { try place.write("id,v\n1,1\n2,2\n", to: file) }
    return place
  }

  private func run(_ file: String, in place: TemporaryWorkspace) async throws -> Run {
    let workspace = try await Workspace(directory: place.url, environment: [:])
    return try await workspace.run(RunRequest(workspace.pipeline(file, from: place.url)))
  }

  @Test func aCopiedFileIsRefusedBeforeItLeavesRowsOut() async throws {
    let place = try trial()
    try place.write(pipeline("daily", from: "a.csv"), to: "pipelines/daily.yaml")
    try place.write(pipeline("Daily", from: "b.csv"), to: "pipelines/copy.yaml")
    #expect(try await run("daily", in: place).metrics.rowsProcessed > 0)
    #expect(try await run("pipelines/daily.yaml", in: place).status == .success)
    #expect(try await run(place.url.appending(path: "pipelines/daily.yaml").path, in: place).status == .success)
    await #expect {
      _ = try await run("copy", in: place)
    } throws: {
      guard let problem = ($0 as? InvalidPipeline)?.problems.all.first else { return false }
      return problem.code == "name-in-use" && problem.code.exitCode == 2
        && problem.message.contains("pipelines/daily.yaml") && problem.hint != nil
    }
    // With a name of its own it reads all its rows.
    try place.write(pipeline("other", from: "b.csv"), to: "pipelines/copy.yaml")
    #expect(try await run("copy", in: place).steps.first { $0.id == "t" }?.rows == 2)
  }

  @Test func aMovedFileGoesOn() async throws {
    let place = try trial()
    try place.write(pipeline("daily", from: "a.csv"), to: "pipelines/daily.yaml")
    #expect(try await run("daily", in: place).status == .success)
    try FileManager.default.moveItem(
      at: place.url.appending(path: "pipelines/daily.yaml"), to: place.url.appending(path: "pipelines/moved.yaml"))
    let moved = try await run("moved", in: place)
    #expect(moved.status == .success && moved.steps.first { $0.id == "t" }?.rows == 0)
    // What stood there before now has another name: no conflict.
    try place.write(pipeline("new", from: "b.csv"), to: "pipelines/daily.yaml")
    #expect(try await run("daily", in: place).status == .success)
  }

  @Test func withoutCursorsNamesMayMeet() async throws {
    let place = try trial()
    try place.write(pipeline("daily", mode: "full", from: "a.csv"), to: "pipelines/daily.yaml")
    try place.write(pipeline("daily", mode: "full", from: "b.csv"), to: "pipelines/copy.yaml")
    for file in ["daily", "copy", "daily"] { #expect(try await run(file, in: place).status == .success) }
  }
}
