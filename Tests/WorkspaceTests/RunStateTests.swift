import Execution
import Foundation
import Pipelines
import Tabular
import Testing
import Workspace

@Suite struct RunStateTests {
  /// Every pair of states, against the graph of the documents.
  @Test func transitions() {
    let allowed: Set<String> = [
      "pending→running", "pending→cancelled", "running→success", "running→warning", "running→failed",
      "running→cancelled",
      "running→paused", "paused→running", "paused→cancelled", "failed→retrying", "retrying→running",
      "retrying→cancelled",
    ]
    for from in RunStatus.allCases {
      for to in RunStatus.allCases {
        #expect(from.canBecome(to) == allowed.contains("\(from.rawValue)→\(to.rawValue)"), "\(from) → \(to)")
      }
    }
  }

  @Test func aWholeRun() {
    var state = RunState(Sample.run())
    for event in Sample.events {
      let isTaken = state.apply(event)
      #expect(isTaken, "\(event)")
    }
    #expect(state.run.status == .success)
    #expect(state.run.progress == 100)
    #expect(state.run.currentTask == nil)
    #expect(state.run.metrics == Run.Metrics(rowsProcessed: 150_000, rowsFailed: 12, durationSeconds: 10))
    #expect(state.run.steps.map(\.status) == [.success, .success])
    #expect(state.run.steps.map(\.attempts) == [1, 2])
    #expect(state.run.peakMemoryBytes == 80_000_000)
    #expect(state.cursors == [CursorKey(read: "orders", write: "publish"): "2025-10-02"])
  }

  @Test func nothingHappensAfterTheEnd() {
    var state = RunState(Sample.run())
    for event in Sample.events { state.apply(event) }
    let late = state.apply(RunEvent(step: "orders", .progressed(rows: 1, total: nil)))
    let again = state.apply(RunEvent(.runStarted(steps: [])))
    #expect(!late && !again)
    #expect(state.run.steps[0].rows == 150_000)
  }

  @Test func stepsLeftOverFailWithTheRun() {
    var state = RunState(Sample.run())
    for event in Sample.events.prefix(2) { state.apply(event) }
    #expect(state.run.progress == 0 && state.run.currentTask == "orders")
    state.apply(RunEvent(.runFinished(status: .failed, peakMemoryBytes: 1)))
    #expect(state.run.status == .failed)
    #expect(state.run.steps.map(\.status) == [.failed, .skipped])
  }

  @Test func progressCountsPartsOfSteps() {
    var state = RunState(Sample.run())
    for event in Sample.events.prefix(2) { state.apply(event) }
    state.apply(RunEvent(step: "orders", .progressed(rows: 50, total: 100)))
    #expect(state.run.progress == 25)
  }
}

/// A run of two steps, the second of which is tried twice.
enum Sample {
  static let start = Document.date("2025-10-02T02:00:15Z") ?? .distantPast

  static func run(id: String = "20251002-020015-abcde") -> Run {
    Run(
      id: id, pipeline: "Daily Orders", file: "pipelines/daily.yaml", version: "v1", trigger: .manual,
      parameters: ["start_date": "2025-10-01"], startedAt: start)
  }

  static func event(_ second: Double, _ step: String?, _ kind: RunEvent.Kind) -> RunEvent {
    RunEvent(step: step, kind, time: start.addingTimeInterval(second))
  }

  static let outlines: [StepOutline] = {
    let json = #"[{"id":"orders","kind":"read","inputs":[]},{"id":"publish","kind":"write","inputs":["orders"]}]"#
    return (try? Document.read([StepOutline].self, from: json)) ?? []
  }()

  static let reject: RejectSummary? = try? Document.read(
    RejectSummary.self, from: #"{"rule":"not_null","reason":"\"amount\" is null","count":12,"examples":[]}"#)

  static var events: [RunEvent] {
    [
      event(0, nil, .runStarted(steps: outlines)),
      event(1, "orders", .stepStarted(attempt: 0)),
      event(
        2, "orders", .stepFinished(rows: 150_000, bytes: nil, seconds: 1, schema: Schema([Column("at", .timestampTZ)]))),
      event(2, "publish", .stepStarted(attempt: 0)),
      event(
        3, "publish", .stepFailed(problem: Problem("unavailable", "The server is restarting."), attempt: 0, retryIn: 1)),
      event(4, "publish", .stepStarted(attempt: 1)),
      event(5, nil, .heartbeat(memoryBytes: 80_000_000)),
    ] + (reject.map { [event(5, "publish", .rejected($0))] } ?? []) + [
      event(9, "publish", .stepFinished(rows: 149_988, bytes: 9_000, seconds: 5, schema: nil)),
      event(
        9, "orders", .cursor(StateEntry(key: "daily-orders/orders/publish", value: "2025-10-02"), write: "publish")),
      event(10, nil, .runFinished(status: .success, peakMemoryBytes: 70_000_000)),
    ]
  }
}
