import Execution
import Foundation
import Pipelines

/// A run as its events make it. Pure: the same events give the same run.
package struct RunState: Sendable {
  package private(set) var run: Run
  /// How far writes that succeeded have taken incremental reads.
  package private(set) var cursors: [CursorKey: String] = [:]
  private var progressOfStep: [String: Double] = [:]
  private var beginningOfStep: [String: Date] = [:]

  /// When it was begun, or last continued: the time it waited isn't its duration.
  private var workBegan: Date

  package init(_ run: Run) {
    self.run = run
    workBegan = run.startedAt
  }

  /// Takes an event in.
  /// - Returns: false if it can't happen in this state (nothing changes then).
  @discardableResult
  package mutating func apply(_ event: RunEvent) -> Bool {
    if case .runStarted(let steps) = event.kind { return begin(steps, at: event.time) }
    guard run.status == .running else { return false }
    run.metrics.durationSeconds = max(0, event.time.timeIntervalSince(workBegan))
    switch event.kind {
    case .runStarted, .log: break
    case .stepStarted(let attempt):
      if attempt == 0 { forgetFindings(of: event.step) }
      run.currentTask = event.step
      if let step = event.step, beginningOfStep[step] == nil { beginningOfStep[step] = event.time }
      update(event.step) {
        $0.status = .running
        $0.attempts = attempt + 1
      }
    case .progressed(let rows, let total):
      update(event.step) { $0.rows = rows }
      if let step = event.step, let total, total > 0 { progressOfStep[step] = min(1, Double(rows) / Double(total)) }
    case .rejected(let summary):
      run.rejects.append(StepReject(step: event.step ?? "", summary: summary))
      if summary.fate == nil { run.metrics.rowsFailed += summary.count }
    case .checked(let outcome): run.checks.append(StepCheck(step: event.step ?? "", outcome: outcome))
    case .alert(let alert): run.alerts.append(StepAlert(step: event.step ?? "", alert: alert))
    case .quality(let quality): run.quality = quality
    case .receipt(let receipt): run.receipts.append(receipt)
    case .profiled(let profile):
      run.profiles.removeAll { $0.step == event.step }
      run.profiles.append(StepProfile(step: event.step ?? "", profile: profile))
    case .stepFinished(let rows, let bytes, let seconds, _):
      update(event.step) {
        $0.status = .success
        $0.rows = rows ?? $0.rows
        $0.bytes = bytes
        $0.durationSeconds = seconds
        $0.problem = nil
      }
    case .effect(let effect): update(event.step) { $0.effect = effect }
    case .stepFailed(let problem, let attempt, let retryIn):
      let beginning = event.step.flatMap { beginningOfStep[$0] }
      // Several problems of one attempt come as several events; the step shows the first.
      let isFirst = run.steps.first { $0.id == event.step }.map { $0.status == .running || $0.problem == nil } ?? true
      update(event.step) {
        $0.status = retryIn == nil ? .failed : .retrying
        $0.durationSeconds = beginning.map { max(0, event.time.timeIntervalSince($0)) }
        $0.attempts = attempt + 1
        if isFirst { $0.problem = problem }
      }
      if retryIn == nil { run.problems.append(problem) }
    case .stepSkipped: update(event.step) { $0.status = .skipped }
    case .cursor(let entry, let write):
      if let read = event.step { cursors[CursorKey(read: read, write: write)] = entry.value }
    case .heartbeat(let bytes): run.peakMemoryBytes = max(run.peakMemoryBytes ?? 0, bytes)
    case .paused(let questions): pause(questions)
    case .asked(let questions): ask(questions, at: event.time)
    case .runFinished(let outcome, let peak): end(outcome, peak: peak, at: event.time)
    }
    if !run.status.isOver { run.progress = share }
    run.metrics.rowsProcessed = rowsProcessed
    return true
  }

  /// Ends a run whose process said nothing more.
  package mutating func fail(_ problems: [Problem], at time: Date) {
    guard !run.status.isOver else { return }
    if [.pending, .paused].contains(run.status) { move(to: .running) }
    run.problems += problems
    run.metrics.durationSeconds = max(0, time.timeIntervalSince(workBegan))
    end(.failed, peak: run.peakMemoryBytes, at: time)
  }

  /// Ends a run that was stopped before it could say so itself.
  package mutating func cancel(at time: Date) {
    guard !run.status.isOver else { return }
    if run.status != .paused { run.metrics.durationSeconds = max(0, time.timeIntervalSince(workBegan)) }
    end(.cancelled, peak: run.peakMemoryBytes ?? 0, at: time)
  }

  private mutating func begin(_ steps: [StepOutline], at time: Date) -> Bool {
    let isContinued = run.status == .paused
    guard move(to: .running) else { return false }
    workBegan = time
    if !isContinued { run.startedAt = time }
    run.steps = steps.map { StepRun(id: $0.id, kind: $0.kind) }
    return true
  }

  /// Nothing has moved; what was answered before stays known.
  private mutating func pause(_ questions: [FieldQuestion]) {
    guard move(to: .paused) else { return }
    let isAsked = { (old: FieldQuestion) in questions.contains { $0.step == old.step && $0.field == old.field } }
    run.questions = run.questions.filter { !isAsked($0) } + questions
    run.pauseReason = .awaitingInput
    run.currentTask = nil
  }

  /// What is broken has not landed; writes that succeeded stay done.
  private mutating func ask(_ questions: [RuleQuestion], at time: Date) {
    guard move(to: .paused) else { return }
    run.ruleQuestions = questions
    run.pauseReason = .awaitingInput
    run.currentTask = nil
    for index in run.steps.indices where run.steps[index].status != .success {
      run.steps[index].status = .pending
    }
  }

  /// What an earlier part of a run that was paused found in a step that is begun again.
  private mutating func forgetFindings(of step: String?) {
    run.checks.removeAll { $0.step == step }
    run.rejects.removeAll { $0.step == step }
    run.alerts.removeAll { $0.step == step }
    run.metrics.rowsFailed = run.rejects.map(\.summary.count).reduce(0, +)
  }

  private mutating func end(_ outcome: RunEvent.Outcome, peak: Int?, at time: Date) {
    // Rows may have been set aside before the run was paused.
    let hasWarned =
      !run.ruleQuestions.isEmpty && (!run.rejects.isEmpty || run.checks.contains { !$0.outcome.passed })
    let status: RunStatus =
      switch outcome {
      case .success: hasWarned ? .warning : .success
      case .warning: .warning
      case .failed: .failed
      case .cancelled: .cancelled
      }
    guard move(to: status) else { return }
    run.finishedAt = time
    run.currentTask = nil
    if let peak { run.peakMemoryBytes = max(run.peakMemoryBytes ?? 0, peak) }
    if outcome == .success || outcome == .warning { run.progress = 100 }
    for index in run.steps.indices where [.running, .retrying, .pending].contains(run.steps[index].status) {
      let step = run.steps[index]
      run.steps[index].durationSeconds =
        step.durationSeconds ?? beginningOfStep[step.id].map { max(0, time.timeIntervalSince($0)) }
      run.steps[index].status = step.status == .pending ? .skipped : outcome == .failed ? .failed : .cancelled
    }
  }

  @discardableResult
  private mutating func move(to status: RunStatus) -> Bool {
    guard run.status.canBecome(status) else { return false }
    run.status = status
    run.pauseReason = nil
    return true
  }

  private mutating func update(_ id: String?, _ change: (inout StepRun) -> Void) {
    guard let index = run.steps.firstIndex(where: { $0.id == id }) else { return }
    change(&run.steps[index])
  }

  /// Percent: finished steps, and the known part of those at work.
  private var share: Int {
    guard !run.steps.isEmpty else { return 0 }
    let done = run.steps.reduce(0.0) { sum, step in
      switch step.status {
      case .success, .skipped: sum + 1
      case .running: sum + (progressOfStep[step.id] ?? 0)
      default: sum
      }
    }
    return min(99, Int(done / Double(run.steps.count) * 100))
  }

  /// Rows read; where reads didn't count, rows written.
  private var rowsProcessed: Int {
    let read = run.steps.filter { $0.kind == "read" }.compactMap(\.rows).reduce(0, +)
    return read > 0 ? read : run.steps.filter { $0.kind == "write" }.compactMap(\.rows).max() ?? 0
  }
}
