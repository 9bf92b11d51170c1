import Foundation
import Pipelines
import Testing
import Workspace

@Suite struct StoreTests {
  /// The schema as a whole, so that no change goes unnoticed. `UPDATE_GOLDEN=1` rewrites it.
  @Test func schema() async throws {
    let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/schema.sql")
    let schema = try await Store.inMemory().schema()
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
      try FileManager.default.createDirectory(at: golden.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(schema.utf8).write(to: golden)
    }
    #expect(try String(contentsOf: golden, encoding: .utf8) == schema)
  }

  @Test func runsOfDeadProcessesAreInterrupted() async throws {
    let store = try Store.inMemory()
    var dead = Sample.run(id: "dead")
    dead.status = .running
    var alive = Sample.run(id: "alive")
    alive.status = .running
    var gone = ProcessMark.current
    gone.startTime = "1"
    try await store.save(dead, process: gone)
    try await store.save(alive, process: .current)
    #expect(try await store.endInterruptedRuns() == ["dead"])
    let ended = try #require(try await store.run("dead"))
    #expect(ended.status == .failed && ended.problems.map(\.code) == ["interrupted"])
    #expect(try await store.run("alive")?.status == .running)
    #expect(try await store.endInterruptedRuns().isEmpty)
  }

  @Test func cursorsSetByHandWin() async throws {
    let store = try Store.inMemory()
    try await store.setCursor(pipeline: "Daily Orders", step: "orders", value: "2025-01-01")
    #expect(try await store.cursors(pipeline: "daily-orders").map(\.isForced) == [true])
    #expect(try await store.clearCursors(pipeline: "daily-orders", step: "other") == 0)
    #expect(try await store.clearCursors(pipeline: "daily-orders") == 1)
  }

  @Test func runsAreFoundByTheirBeginningIfThatIsClear() async throws {
    let store = try Store.inMemory()
    for id in ["20250101-a", "20250101-b", "20250102-a"] { try await store.save(Sample.run(id: id)) }
    #expect(try await store.run("20250102")?.id == "20250102-a")
    #expect(try await store.run("20250101") == nil)
    #expect(try await store.runs(pipeline: "Daily Orders", status: .pending).count == 3)
    #expect(try await store.runs(status: .failed).isEmpty)
  }
}
