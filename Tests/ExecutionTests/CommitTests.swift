import Execution
import Foundation
import Pipelines
import Synchronization
import Tabular
import TestSupport
import Testing

/// The point of no return: what is committed is never reported as failed, tried again or taken back, and what is unknown isn't either.
@Suite(.serialized) struct CommitTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private let landed: @Sendable () -> Commit = { .committed(LoadOutcome(inserted: 3)) }
  private let retries = RetryPolicy(maxRetries: 2, initialDelay: 0)

  @Test func aCommitThatEndsAfterTheTimeoutHasSucceeded() async throws {
    let clock = HeldClock()
    let destination = ScriptedDestination {
      clock.ring()
      // The time is up while the commit goes on.
      while !Task.isCancelled { Thread.sleep(forTimeInterval: 0.001) }
      return .committed(LoadOutcome(inserted: 3))
    }
    let events = try await run(to: destination, retry: retries, timeout: 5, clock: clock)
    #expect(events.outcome == .success)
    #expect(events.problems.isEmpty)
    #expect(destination.begun == 1 && destination.takenBack == 0)
  }

  @Test func anUnknownCommitIsNeitherTriedAgainNorTakenBack() async throws {
    let destination = ScriptedDestination({ .unknown(.commitUnknown("The line was lost.")) }, landed)
    let events = try await run(to: destination, retry: retries)
    #expect(events.problems.map(\.code) == ["commit-unknown"])
    #expect(events.receipts.isEmpty)
    #expect(destination.begun == 1 && destination.takenBack == 0)
  }

  @Test func anUnknownCommitIsToldAlsoWhenTheTimeIsUp() async throws {
    let clock = HeldClock()
    let destination = ScriptedDestination {
      clock.ring()
      while !Task.isCancelled { Thread.sleep(forTimeInterval: 0.001) }
      return .unknown(.commitUnknown("The line was lost."))
    }
    let events = try await run(to: destination, retry: retries, timeout: 5, clock: clock)
    #expect(events.problems.map(\.code) == ["commit-unknown"])
    #expect(destination.begun == 1)
  }

  @Test func aCommitThatDidNotHappenIsTakenBackAndTriedAgain() async throws {
    let destination = ScriptedDestination(
      { .notCommitted(Problem("connection-lost", "gone", isTransient: true)) }, landed)
    let events = try await run(to: destination, retry: retries)
    #expect(events.outcome == .success)
    #expect(destination.begun == 2 && destination.takenBack == 1)
  }

  @Test func whatFailsOnceTheRowsAreVisibleIsAWarning() async throws {
    let path = folder.file("out.json")
    let warning = Problem("input-output", "The folder can't be made durable.").warning()
    let attempts = Mutex(0)
    let destination = JSONFileDestination(
      path: path, publishing: { attempts.withLock { $0 += 1 } }, warnings: [warning],
      teardown: ["SELECT error('teardown')"])
    let events = try await run(to: destination, retry: retries)
    #expect(events.outcome == .warning)
    #expect(events.problems.isEmpty)
    #expect(events.receipts.map(\.verified) == [true])
    #expect(attempts.withLock { $0 } == 1)
    #expect(folder.lines("out.json")?.count == 3)
    let told = events.compactMap { if case .log(.warning, let message) = $0.kind { message } else { nil } }
    #expect(told.count == 2 && told[0] == warning.message && told[1].contains("teardown"))
  }

  @Test func aCancellationThatComesTooLateChangesNothing() async throws {
    let cancel = Mutex<(@Sendable () -> Void)?>(nil)
    let destination = ScriptedDestination {
      cancel.withLock { $0 }?()
      return .committed(LoadOutcome(inserted: 3))
    }
    let events = try await run(to: destination, onStart: { cancelling in cancel.withLock { $0 = cancelling } })
    #expect(events.outcome == .success)
    #expect(events.receipts.count == 1)
  }

  @Test func aFailureToBindAnewIsTheAttemptsFailureAndNothingStaleRuns() async throws {
    let prepared = Mutex(0)
    let destination = JSONFileDestination(
      path: folder.file("out.json"),
      publishing: { throw Problem("connection-lost", "gone", isTransient: true) },
      onPrepare: {
        let isFirst = prepared.withLock { count in
          count += 1
          return count == 1
        }
        if !isFirst {
          throw Problems([Problem("schema-changed", "The column is gone."), Problem("missing-key", "So is the key.")])
        }
      })
    let events = try await run(to: destination, retry: retries)
    let failures = events.compactMap { event -> (Problem.Code, Int, Double?)? in
      if case .stepFailed(let problem, let attempt, let next) = event.kind {
        (problem.code, attempt, next)
      } else {
        nil
      }
    }
    #expect(failures.map(\.0) == ["connection-lost", "schema-changed", "missing-key"])
    #expect(failures.map(\.1) == [0, 1, 1])
    #expect(failures.map { $0.2 == nil } == [false, true, true])
    #expect(prepared.withLock { $0 } == 2)
    #expect(folder.lines("out.json") == nil)
  }

  @Test func aRunThatHoldsMoreMemoryThanItMayUseIsStoppedAndTakenBack() async throws {
    try "old\n".write(toFile: folder.file("out.json"), atomically: true, encoding: .utf8)
    let events = try await run(
      to: JSONFileDestination(path: folder.file("out.json")),
      rows: "SELECT count(*) AS n FROM range(100000000000) a, range(1000) b",
      memoryBytes: 1_000_000)
    #expect(events.outcome == .failed)
    #expect(events.problems.map(\.code) == ["memory-exceeded"])
    #expect(folder.lines("out.json") == ["old"] && folder.lines("out.json.tmp") == nil)
  }

  // MARK: Three rows to one destination

  private func run(
    to destination: any Destination, retry: RetryPolicy = .none, timeout: Double? = nil,
    clock: any Clock<Duration> = ContinuousClock(), rows: SQL = "SELECT range AS n FROM range(3)",
    memoryBytes: Int? = nil,
    onStart: (@escaping @Sendable () -> Void) -> Void = { _ in }
  ) async throws -> [RunEvent] {
    let here = Location(file: "test.yaml", line: 1, column: 1)
    let nowhere = ConnectionReference(.named("test"), at: here)
    let steps = [
      PlannedStep(
        id: "rows", inputs: [], work: .read(QuerySource(rows), ReadSpec(from: nowhere, subject: .whole)),
        retry: .none, timeout: nil, location: here),
      PlannedStep(
        id: "load", inputs: ["rows"],
        work: .write(destination, WriteSpec(to: nowhere, target: .path("out.json"), mode: .replace)),
        retry: retry, timeout: timeout, location: here),
    ]
    var context = RunContext(runID: "run", pipeline: "test", time: Date(timeIntervalSince1970: 0), folder: folder.path)
    context.limits.memoryBytes = memoryBytes
    let check = SchemaCheck(try Engine(folder: folder.path), context)
    let run = Runner(check, clock: clock).run(try await check.check(Plan(name: "test", steps: steps)))
    onStart(run.cancel)
    var events: [RunEvent] = []
    for await event in run.events { events.append(event) }
    return events
  }
}

/// A clock whose sleepers wake when it is told to ring.
private final class HeldClock: Clock {
  private let base = ContinuousClock()
  private let rung: AsyncStream<Void>
  private let ringing: AsyncStream<Void>.Continuation
  init() { (rung, ringing) = AsyncStream<Void>.makeStream() }

  var now: ContinuousClock.Instant { base.now }
  var minimumResolution: Duration { base.minimumResolution }
  func ring() { ringing.finish() }
  func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
    if deadline <= now { return }
    for await _ in rung {}
    try Task.checkCancellation()
  }
}
