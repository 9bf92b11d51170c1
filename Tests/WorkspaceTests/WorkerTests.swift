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
    let text =
      "name: short\nsteps:\n  - id: one\n    transform: { sql: SELECT 1 AS n }\n  - id: land\n    write: { from: one, to: out.json, mode: replace }\n"
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
    launch.onMessage = { number, id, _ in
      process.withLock { $0 = id }
      if number == 2 { cancellation.cancel() }
    }
    let run = try await workspace.runIsolated(
      RunRequest(PipelineText(file: "endless.yaml", text: Self.endless)), worker: launch, cancellation: cancellation)
    #expect(run.status == .cancelled && run.problems.isEmpty && run.receipts.isEmpty, "\(run.status) \(run.problems)")
    #expect(try await workspace.store.run(run.id)?.status == .cancelled)
    #expect(kill(-process.withLock { $0 }, 0) == -1 && errno == ESRCH)
    #expect(try String(contentsOfFile: folder.file("out.json"), encoding: .utf8) == "old")
  }

  @Test func standingStillEndsTheRunWithItsCause() async throws {
    let folder = try TemporaryFolder()
    var (workspace, launch) = try await workspace(folder)
    launch.standstill = 1
    let run = try await workspace.runIsolated(
      RunRequest(PipelineText(file: "endless.yaml", text: Self.endless)), worker: launch)
    #expect(run.status == .failed)
    #expect(run.problems.map(\.code) == ["stalled"])
    #expect(run.problems.first?.message.contains("no progress for 1 second") == true)
  }

  @Test func silenceEndsTheRunWithItsCause() async throws {
    let folder = try TemporaryFolder()
    var (workspace, launch) = try await workspace(folder)
    launch.silence = 2
    launch.onMessage = { number, id, _ in if number == 2 { kill(id, SIGSTOP) } }
    let run = try await workspace.runIsolated(
      RunRequest(PipelineText(file: "endless.yaml", text: Self.endless)), worker: launch)
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
    let run = try await workspace.runIsolated(
      RunRequest(PipelineText(file: "sorted.yaml", text: text), limits: limits), worker: launch)
    #expect(
      [.success, .warning].contains(run.status)
        || [["memory-limit"], ["memory-exceeded"]].contains(run.problems.map(\.code)), "\(run.problems)")
    #expect(try #require(run.peakMemoryBytes) < 450_000_000)
  }

  @Test func aWorkerThatCantBeStartedIsAFailedRun() async throws {
    let folder = try TemporaryFolder()
    var (workspace, launch) = try await workspace(folder)
    launch.program = folder.file("nothing")
    let run = try await workspace.runIsolated(
      RunRequest(PipelineText(file: "endless.yaml", text: Self.endless)), worker: launch)
    #expect(run.status == .failed && run.problems.map(\.code) == ["worker-died"])
    #expect(try await workspace.store.run(run.id)?.status == .failed)
  }

  @Test func aMessageThatCantBeUnderstoodFailsTheRun() async throws {
    let folder = try TemporaryFolder()
    var (workspace, launch) = try await workspace(folder)
    launch.program = folder.file("worker.sh")
    try Data("#!/bin/sh\nread request\necho '{\"event\":{}}'\nexec cat\n".utf8).write(
      to: URL(fileURLWithPath: launch.program))
    chmod(launch.program, 0o755)
    let run = try await workspace.runIsolated(
      RunRequest(PipelineText(file: "endless.yaml", text: Self.endless)), worker: launch)
    #expect(run.status == .failed && run.problems.map(\.code) == ["worker-protocol"], "\(run.problems)")
  }

  @Test func aWorkerKilledWhileItCommitsLeavesTheOutcomeOpen() async throws {
    let folder = try TemporaryFolder()
    var (workspace, launch) = try await workspace(folder)
    launch.program = folder.file("worker.sh")
    try Data("#!/bin/sh\nread request\necho '{\"committing\":{\"step\":\"land\"}}'\nkill -9 $$\n".utf8).write(
      to: URL(fileURLWithPath: launch.program))
    chmod(launch.program, 0o755)
    let run = try await workspace.runIsolated(
      RunRequest(PipelineText(file: "endless.yaml", text: Self.endless)), worker: launch)
    #expect(run.status == .failed && run.problems.map(\.code) == ["commit-unknown"], "\(run.problems)")
  }

  @Test func aWorkerEndsWithItsParent() async throws {
    let folder = try TemporaryFolder()
    try Data("old".utf8).write(to: URL(fileURLWithPath: folder.file("out.json")))
    try Data(Self.endless.utf8).write(to: URL(fileURLWithPath: folder.file("endless.yaml")))
    let errors = try ChildOutput()
    let parent = try ChildProcess(
      Program.path(), ["run", "endless.yaml", "--isolated"], in: folder.path, errors: errors.end)
    let heard = await errors.heard(upTo: "Loading to")
    let all = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent.id)/task").flatMap { task in
      (try? String(contentsOfFile: "/proc/\(parent.id)/task/\(task)/children", encoding: .utf8))?.split(
        separator: " ") ?? []
    }
    let worker = ProcessMark(id: try #require(all.first.flatMap { Int32($0) }, "\(heard)"))
    #expect(worker.isAlive)
    kill(parent.id, SIGKILL)
    #expect(await parent.ending() == .signalled(SIGKILL))
    while worker.isAlive { await Task.yield() }
    #expect(try String(contentsOfFile: folder.file("out.json"), encoding: .utf8) == "old")
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    let run = try #require(try await workspace.store.run("latest"))
    #expect(run.status == .failed && run.problems.map(\.code) == ["interrupted"])
    #expect(run.problems.first?.hint?.contains("may have landed") == true)
  }

  @Test func stepsTellTheirBytes() async throws {
    let folder = try TemporaryFolder()
    let (workspace, _) = try await workspace(folder)
    try Data("id,name\n1,Ann\n2,Bob\n".utf8).write(to: URL(fileURLWithPath: folder.file("in.csv")))
    let text =
      "name: sizes\nsteps:\n  - id: rows\n    read: { from: in.csv }\n  - id: land\n    write: { from: rows, to: out.json, mode: replace }\n"
    let run = try await workspace.run(RunRequest(PipelineText(file: "sizes.yaml", text: text)))
    #expect(run.status == .success, "\(run.problems)")
    let written = try FileManager.default.attributesOfItem(atPath: folder.file("out.json"))[.size] as? Int
    #expect(run.steps.map(\.bytes) == [20, written])
  }

  /// As after a crash between the moment a file becomes visible and the moment the history says so.
  @Test func aResumedRunPutsItsFileInThePlaceOfTheEarlierOne() async throws {
    let folder = try TemporaryFolder()
    let (workspace, _) = try await workspace(folder)
    let text = """
      name: parts
      steps:
        - id: one
          transform: { sql: SELECT 1 AS n }
        - id: land
          write: { from: one, to: { type: json, path: parts/ }, mode: append }
      """
    var run = try await workspace.run(RunRequest(PipelineText(file: "parts.yaml", text: text)))
    #expect(run.status == .success, "\(run.problems)")
    let parts = try FileManager.default.contentsOfDirectory(atPath: folder.file("parts"))
    run.status = .failed
    for index in run.steps.indices { run.steps[index].status = .failed }
    try await workspace.store.save(run)
    let again = try await workspace.run(try await workspace.requestToResume(run.id))
    #expect(again.status == .success, "\(again.problems)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("parts")) == parts)
    run.steps[1].problem = .commitUnknown("Nobody knows.")
    try await workspace.store.save(run)
    let refusal = await #expect(throws: Problem.self) { try await workspace.requestToResume(run.id) }
    #expect(refusal?.code == "commit-unknown")
  }
}
