import Foundation
import Pipelines
import Synchronization
import Tabular

/// What is known of a run while it goes on; the one place from which its events come.
final class RunReport: Sendable {
  private struct State {
    var started: [String: ContinuousClock.Instant] = [:]
    var ended: Set<String> = []
    var hasFailed = false
    var hasWarned = false
    var sinks: Set<String> = []
    var active: [String: RowCounter] = [:]
    /// Why the run was stopped from inside.
    var cause: Problem?
    var wasStopped = false
    var questions: [RuleQuestion] = []
    var quality = QualityTally()
  }
  private let plan: BoundPlan
  private let yield: @Sendable (RunEvent) -> Void
  private let state = Mutex(State())

  init(_ plan: BoundPlan, _ yield: @escaping @Sendable (RunEvent) -> Void) {
    self.plan = plan
    self.yield = yield
  }

  /// The steps that run by themselves.
  var sinks: Set<String> {
    get { state.withLock { $0.sinks } }
    set { state.withLock { $0.sinks = newValue } }
  }

  func emit(_ step: String?, _ kind: RunEvent.Kind) {
    state.withLock { state in
      state.quality.add(step, kind)
      switch kind {
      case .stepFailed(_, _, nil): state.hasFailed = true
      case .rejected: state.hasWarned = true
      case .checked(let outcome) where !outcome.passed: state.hasWarned = true
      case .log(.warning, _): state.hasWarned = true
      default: break
      }
      yield(RunEvent(step: step, kind))
    }
  }

  func start() {
    emit(
      nil,
      .runStarted(steps: plan.steps.map { StepOutline(id: $0.id, kind: $0.kind, inputs: $0.planned.inputs) }))
    for warning in plan.warnings { emit(nil, .log(level: .warning, message: warning.sentence)) }
    for step in plan.steps {
      for remark in step.remarks {
        emit(step.id, .log(level: remark.severity == .warning ? .warning : .info, message: remark.sentence))
      }
    }
  }

  /// `sink` begins, and with it the steps that flow through it.
  func begin(_ sink: BoundStep, attempt: Int, counter: RowCounter) {
    state.withLock { $0.active[sink.id] = counter }
    for step in plan.flow(into: sink, sinks: sinks) {
      let isNew = state.withLock { $0.started.updateValue(ContinuousClock.now, forKey: step.id) == nil }
      if isNew || step.id == sink.id { emit(step.id, .stepStarted(attempt: step.id == sink.id ? attempt : 0)) }
    }
  }

  /// `sink` has ended well, and with it the steps that flow through it.
  func end(_ sink: BoundStep, rows: Int?, bytes: Int?) {
    state.withLock { $0.active[sink.id] = nil }
    for step in plan.flow(into: sink, sinks: sinks) {
      guard state.withLock({ $0.ended.insert(step.id).inserted }) else { continue }
      let seconds = state.withLock { $0.started[step.id].map { (ContinuousClock.now - $0) / .seconds(1) } } ?? 0
      let isSink = step.id == sink.id
      emit(
        step.id,
        .stepFinished(
          rows: isSink ? rows : step.counter?.rows,
          bytes: (isSink ? bytes : nil) ?? step.counter?.bytes ?? step.extract?.bytesRead?(),
          seconds: seconds, schema: step.schema))
      if let effect = plan.effect(of: step) { emit(step.id, .effect(effect)) }
    }
  }

  /// What has to be decided before a step may go on.
  func ask(_ questions: [RuleQuestion]) { state.withLock { $0.questions += questions } }

  var isAsking: Bool { state.withLock { !$0.questions.isEmpty } }

  /// Why the run is being stopped, though nobody cancelled it; the first step that ends for it takes it as its failure.
  func stop(because cause: Problem) { state.withLock { $0.cause = cause } }

  func takeCause() -> Problem? {
    state.withLock { state in
      defer { state.cause = nil }
      if state.cause != nil { state.wasStopped = true }
      return state.cause
    }
  }

  func skip(_ step: String, because reason: String) {
    state.withLock { _ = $0.ended.insert(step) }
    emit(step, .stepSkipped(reason: reason))
  }

  /// `steps` were at work when another of their flow failed.
  func abandon(_ steps: Set<String>, because reason: String) {
    for step in plan.steps.map(\.id) where steps.contains(step) && !state.withLock({ $0.ended.contains(step) }) {
      skip(step, because: reason)
    }
  }

  func finish(isCancelled: Bool, _ context: RunContext) {
    let (questions, hasFailed) = state.withLock { ($0.questions, $0.hasFailed) }
    if !questions.isEmpty, !isCancelled {
      guard hasFailed else { return emit(nil, .asked(questions: questions)) }
      // A run that failed elsewhere asks nobody any more.
      for question in questions {
        emit(question.step, .checked(question.outcome))
        emit(
          question.step,
          .stepFailed(problem: DataQuality.violation(question.outcome, question.step), attempt: 0, retryIn: nil))
      }
    }
    let limit = context.limits.memoryBytes
    if let quality = state.withLock({ $0.quality }).quality(at: context.time, target: context.qualityTarget) {
      emit(nil, .quality(quality))
      if quality.isBelowTarget, let score = quality.score, let target = quality.target {
        emit(
          nil,
          .log(
            level: .warning,
            message: String(format: "The quality score is %g%%, below the target of %g%%.", score, target)))
      }
    }
    let peak = ProcessMemory.peak
    if let limit, peak > limit {
      emit(
        nil,
        .log(
          level: .warning,
          message: "The run held \(peak / 1_000_000) MB at most, more than the \(limit / 1_000_000) MB it was allowed.")
      )
    }
    let outcome: RunEvent.Outcome = state.withLock { state in
      // A failure that stopped the run says more than that it was stopped.
      if isCancelled && !state.wasStopped { return .cancelled }
      return state.hasFailed ? .failed : state.hasWarned ? .warning : .success
    }
    emit(nil, .runFinished(status: outcome, peakMemoryBytes: peak))
  }

  /// Tells memory, and progress where there is any, until it is cancelled.
  func pulse(every interval: Duration) async {
    var told: [String: Int] = [:]
    while !Task.isCancelled {
      try? await Task.sleep(for: interval)
      if Task.isCancelled { return }
      for (step, counter) in state.withLock({ $0.active })
      where told.updateValue(counter.rows, forKey: step) != counter.rows {
        emit(step, .progressed(rows: counter.rows, total: plan[id: step]?.expectedRows(in: plan)))
      }
      emit(nil, .heartbeat(memoryBytes: ProcessMemory.resident))
    }
  }
}

extension Problem {
  /// What is wrong and what to do, in one line.
  fileprivate var sentence: String { [message, hint].compactMap { $0 }.joined(separator: " ") }
}

extension BoundPlan {
  /// What a transform with one input has done so far; nil if that is nothing.
  fileprivate func effect(of step: BoundStep) -> StepEffect? {
    var effect = StepEffect(from: Schema([]), to: Schema([]))
    if step.kind == "transform", step.inputs.count == 1, !step.isFed, let input = self[id: step.inputs[0]] {
      effect = StepEffect(
        rowsIn: input.counter?.rows, rowsOut: step.counter?.rows, from: input.schema, to: step.schema)
    }
    effect.cleansed = step.cleansed
    return effect.impact.isEmpty ? nil : effect
  }
}

extension BoundStep {
  /// What its cleansing operations have done so far; nil = it has none.
  fileprivate var cleansed: CleansedRows? {
    let parts = cleanseTaps.map { tap in
      var part = tap.cleansed
      part.incomplete = taps.first { $0.operation == tap.operation }?.failedRows ?? 0
      return part
    }
    return parts.first.map { first in parts.dropFirst().reduce(first) { $0.adding($1) } }
  }

  /// How many rows will flow in, as far as the sources know.
  fileprivate func expectedRows(in plan: BoundPlan) -> Int? {
    let reads = plan.steps.filter { upstream.contains($0.id) && $0.kind == "read" }
    let known = reads.compactMap { $0.extract?.estimatedRows }
    return known.count == reads.count && !known.isEmpty ? known.reduce(0, +) : nil
  }
}
