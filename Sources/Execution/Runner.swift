import DuckDB
import Foundation
import Pipelines
import Tabular

/// Runs a bound plan and tells everything that happens.
package struct Runner: Sendable {
  let check: SchemaCheck
  let clock: any Clock<Duration>

  /// - Parameter check: the schema check that bound the plan; its engine holds the plan's relations.
  package init(_ check: SchemaCheck, clock: any Clock<Duration> = ContinuousClock()) {
    self.check = check
    self.clock = clock
  }

  /// Starts the run. It goes on until it ends or `RunInProgress.cancel` is called, whether or not anybody reads the events.
  package func run(_ plan: BoundPlan) -> RunInProgress {
    let (events, continuation) = AsyncStream<RunEvent>.makeStream()
    let task = Task {
      let report = RunReport(plan) { continuation.yield($0) }
      let moving = Task { await move(plan, report) }
      let pulse = Task { await report.pulse(every: .milliseconds(500)) }
      let watch = Task {
        guard let limit = check.context.limits.memoryBytes else { return }
        await ProcessMemory.exceeding(limit)
        if Task.isCancelled { return }
        report.stop(because: .memoryExceeded(ProcessMemory.resident, limit))
        moving.cancel()
      }
      let isCutShort = await withTaskCancellationHandler {
        await moving.value
      } onCancel: {
        moving.cancel()
      }
      pulse.cancel()
      watch.cancel()
      if isCutShort, let cause = report.takeCause() {
        report.emit(nil, .stepFailed(problem: cause, attempt: 0, retryIn: nil))
      }
      report.finish(isCancelled: isCutShort, check.context)
      continuation.finish()
    }
    return RunInProgress(events: events, cancel: { task.cancel() })
  }

  /// Moves rows: every step that takes rows out of the stream (a write, a kept relation, a rule about a whole relation) runs as soon as
  /// those it depends on are done, side by side with the others. All other steps flow through them.
  /// - Returns: whether a cancellation left something undone; one that came too late changes nothing.
  private func move(_ plan: BoundPlan, _ report: RunReport) async -> Bool {
    report.start()
    var waiting = plan.steps.filter { step in isSink(step, plan) }
    var done: Set<String> = []
    var failed: Set<String> = []
    var isCutShort = false
    await withTaskGroup(of: (String, StepEnding).self) { group in
      func startWhatCanRun() {
        let sinks = Set(waiting.map(\.id))
        for step in waiting where !Task.isCancelled {
          let needs = step.upstream.union(step.planned.after).intersection(report.sinks)
          if !needs.isDisjoint(with: failed) {
            failed.insert(step.id)
            waiting.removeAll { $0.id == step.id }
            report.skip(
              step.id, because: report.isAsking ? "the run waits for an answer" : "a step before it failed")
            return startWhatCanRun()
          }
          guard needs.isSubset(of: done), sinks.contains(step.id) else { continue }
          waiting.removeAll { $0.id == step.id }
          group.addTask { (step.id, await StepAttempts(runner: self, plan: plan, report: report).run(step)) }
        }
      }
      report.sinks = Set(waiting.map(\.id))
      for (step, reason) in leftOut(of: plan, among: waiting) {
        report.skip(step.id, because: reason)
        waiting.removeAll { $0.id == step.id }
        done.insert(step.id)
      }
      startWhatCanRun()
      for await (id, ending) in group {
        if ending == .succeeded { done.insert(id) } else { failed.insert(id) }
        if ending == .cancelled { isCutShort = true }
        startWhatCanRun()
      }
    }
    for step in waiting { report.skip(step.id, because: "the run was cancelled") }
    return isCutShort || !waiting.isEmpty
  }

  /// The writes that have their rows already, and the kept relations that only they read. A write of an incremental read isn't left out
  /// because the resumed run did it: the read may have grown since, and what the target remembers keeps rows from landing twice.
  private func leftOut(of plan: BoundPlan, among sinks: [BoundStep]) -> [(BoundStep, reason: String)] {
    let incremental = Set(plan.steps.filter { $0.cursor != nil }.map(\.id))
    let ahead = Set(plan.steps.flatMap { $0.increment?.ahead ?? [] })
    let writes: [(BoundStep, reason: String)] = sinks.filter { $0.kind == "write" }.compactMap { step in
      if ahead.contains(step.id) {
        return (step, "it has the rows already that the writes beside it catch up with; the next run goes on")
      }
      let isDone = check.context.options.done.contains(step.id) && step.upstream.isDisjoint(with: incremental)
      return isDone ? (step, "it was done by the run that is resumed") : nil
    }
    let left = Set(writes.map(\.0.id))
    let idle = sinks.filter { kept in
      let readers = sinks.filter {
        $0.id != kept.id && ($0.upstream.contains(kept.id) || $0.planned.after.contains(kept.id))
      }
      return kept.isKept && kept.kind != "check" && !readers.isEmpty && readers.allSatisfy { left.contains($0.id) }
    }
    return writes + idle.map { ($0, "the steps that read it were left out") }
  }

  private func isSink(_ step: BoundStep, _ plan: BoundPlan) -> Bool {
    if step.kind == "write" || step.isKept || !step.relationRules.isEmpty { return true }
    return step.kind == "check" && !plan.steps.contains { $0.upstream.contains(step.id) }
  }
}

/// A run that has been started.
package struct RunInProgress: Sendable {
  /// Everything that happens, in order; ends with `runFinished`. For one reader.
  package let events: AsyncStream<RunEvent>
  /// Stops the run; what isn't visible yet is taken back. The events end with `runFinished(cancelled)`.
  package let cancel: @Sendable () -> Void
}
