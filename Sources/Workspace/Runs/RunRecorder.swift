import Execution
import Foundation
import Pipelines

/// Takes the events of one run to everything that remembers it: state, store, event file and log. Secrets end here.
package actor RunRecorder {
  private var state: RunState
  private var log = RunLog()
  private let store: Store
  private let events: LineFile
  private let logFile: LineFile
  private let redactor: Redactor
  private var process: ProcessMark
  private var lastSave = Date.distantPast

  /// Begins the history of `run`: from here on it exists, pending; or goes on with that of a run that was paused.
  /// - Throws: a `Problem` if it can't be written.
  package init(
    _ run: Run, store: Store, folder: RunFolder, redactor: Redactor, process: ProcessMark = .current
  ) async throws {
    try folder.create()
    state = RunState(run)
    self.store = store
    self.redactor = redactor
    self.process = process
    events = try LineFile(appendingTo: folder.events)
    logFile = try LineFile(appendingTo: folder.log)
    if run.status != .paused { try await store.save(run, process: process) }
  }

  package var run: Run { state.run }

  /// From now on the run lives as long as `process`.
  package func follow(_ process: ProcessMark) async throws {
    self.process = process
    try await store.save(state.run, process: process)
  }

  /// Takes one event in.
  /// - Returns: the event as anybody may see it.
  @discardableResult
  package func record(_ event: RunEvent) async throws -> RunEvent {
    let event = try redacted(event)
    guard state.apply(event) else { return event }
    try events.append(try Document.line(event))
    for line in log.lines(for: event) { try logFile.append(line) }
    try await save(after: event)
    return event
  }

  /// Ends a run that can't report its own end: the worker died, or its plan never began.
  package func fail(_ problems: [Problem], at time: Date = Date()) async throws {
    guard !state.run.status.isOver else { return }
    let problems = problems.map(redactor.redact)
    state.fail(problems, at: time)
    for problem in problems {
      try logFile.append("[\(RunLog.stamp(time))] ERROR: \(problem.message.replacing("\n", with: " "))")
    }
    try await store.save(state.run, process: process)
  }

  /// Ends a run that was stopped before its plan began, or whose process had to be killed for it.
  package func cancel(at time: Date = Date()) async throws {
    guard !state.run.status.isOver else { return }
    state.cancel(at: time)
    try logFile.append("[\(RunLog.stamp(time))] WARNING: Pipeline execution cancelled")
    try await store.save(state.run, process: process)
  }

  private func save(after event: RunEvent) async throws {
    switch event.kind {
    case .progressed, .heartbeat, .log:
      guard event.time.timeIntervalSince(lastSave) > 1 else { return }
    default: break
    }
    lastSave = event.time
    // A write's cursor is true as soon as its rows have landed, whatever becomes of the others.
    guard case .cursor(let entry, let write) = event.kind, let read = event.step else {
      try await store.save(state.run, process: process)
      if state.run.status == .success || state.run.status == .warning {
        try await store.forgetSetCursors(of: Set(state.cursors.keys.map(\.read)), pipeline: state.run.pipelineId)
      }
      return
    }
    try await store.save(state.run, process: process, cursors: [CursorKey(read: read, write: write): entry.value])
  }

  private func redacted(_ event: RunEvent) throws -> RunEvent {
    let line = try Document.line(event)
    let clean = redactor.redact(line)
    return clean == line ? event : try Document.read(RunEvent.self, from: clean)
  }
}
