import Execution
import Foundation
import Glibc
import Pipelines
import Synchronization
import TestSupport
import Testing
import Workspace

/// Runs in a process of their own, with the real program.
@Suite struct WorkerTests {
  /// Goes on for hours unless it is stopped.
  private static let endless = """
    name: endless
    steps:
      - id: numbers
        transform: { sql: "SELECT count(*) AS n FROM range(100000000) a, range(100000000) b WHERE a.range * b.range % 7 = 3" }
      - id: land
        write: { from: numbers, to: out.json, mode: replace }
    """

  private func workspace(_ folder: TemporaryFolder) async throws -> (Workspace, WorkerProcess.Launch) {
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    return (workspace, WorkerProcess.Launch(program: try Program.path(), directory: folder.path))
  }

  @Test func aRunInAProcessOfItsOwnIsRecordedLikeAnyOther() async throws {
    let folder = try TemporaryFolder()
    let (workspace, launch) = try await workspace(folder)
    let text = "name: short\nsteps:\n  - id: one\n    transform: { sql: SELECT 1 AS n }\n  - id: land\n    write: { from: one, to: out.json, mode: replace }\n"
    let run = try await workspace.runIsolated(RunRequest(PipelineText(file: "short.yaml", text: text)), worker: launch)
    #expect(run.status == .success, "\(run.problems)")
    #expect(run.receipts.map(\.verified) == [true])
    #expect(try await workspace.store.run(run.id)?.status == .success)
    #expect(FileManager.default.fileExists(atPath: folder.file("out.json")))
  }

  @Test func cancellingEndsTheProcess() async throws {
    let folder = try TemporaryFolder()
    try Data("old".utf8).write(to: URL(fileURLWithPath: folder.file("out.json")))
    var (workspace, launch) = try await workspace(folder)
    let process = Mutex<Int32>(0)
    let cancellation = Cancellation()
    launch.onMessage = { number, id in
      process.withLock { $0 = id }
      if number == 2 { cancellation.cancel() }
    }
    let run = try await workspace.runIsolated(
      RunRequest(PipelineText(file: "endless.yaml", text: Self.endless)), worker: launch, cancellation: cancellation)
    #expect(run.status == .cancelled || run.problems.map(\.code) == ["worker-died"], "\(run.status) \(run.problems)")
    #expect(kill(-process.withLock { $0 }, 0) == -1 && errno == ESRCH)
    #expect(try String(contentsOfFile: folder.file("out.json"), encoding: .utf8) == "old")
  }

  @Test func standingStillEndsTheRunWithItsCause() async throws {
    let folder = try TemporaryFolder()
    var (workspace, launch) = try await workspace(folder)
    launch.standstill = 1
    let run = try await workspace.runIsolated(RunRequest(PipelineText(file: "endless.yaml", text: Self.endless)), worker: launch)
    #expect(run.status == .failed)
    #expect(run.problems.map(\.code) == ["stalled"])
    #expect(run.problems.first?.message.contains("no progress for 1 second") == true)
  }

  @Test func silenceEndsTheRunWithItsCause() async throws {
    let folder = try TemporaryFolder()
    var (workspace, launch) = try await workspace(folder)
    launch.silence = 2
    launch.onMessage = { number, id in if number == 2 { kill(id, SIGSTOP) } }
    let run = try await workspace.runIsolated(RunRequest(PipelineText(file: "endless.yaml", text: Self.endless)), worker: launch)
    #expect(run.status == .failed)
    #expect(run.problems.map(\.code) == ["stalled"])
    #expect(run.problems.first?.message.contains("no sign of life for 2 seconds") == true)
  }

  @Test func theMemoryLimitHolds() async throws {
    let folder = try TemporaryFolder()
    let (workspace, launch) = try await workspace(folder)
    let text = """
      name: sorted
      steps:
        - id: numbers
          transform: { sql: "SELECT md5(CAST(range AS VARCHAR)) AS a, md5(CAST(range * 7 AS VARCHAR)) AS b FROM range(3000000) ORDER BY a" }
        - id: land
          write: { from: numbers, to: out.parquet, mode: replace }
      """
    let limits = EngineLimits(memoryBytes: 300_000_000)
    let run = try await workspace.runIsolated(RunRequest(PipelineText(file: "sorted.yaml", text: text), limits: limits), worker: launch)
    #expect([.success, .warning].contains(run.status) || run.problems.map(\.code) == ["memory-limit"], "\(run.problems)")
    #expect(try #require(run.peakMemoryBytes) < 450_000_000)
  }
}
