import DuckDB
import Foundation
import Pipelines
import Synchronization
import Tabular

/// Runs one step that moves rows, again if its policy says so, within its time.
struct StepAttempts {
  let runner: Runner
  let plan: BoundPlan
  let report: RunReport

  var check: SchemaCheck { runner.check }

  func run(_ step: BoundStep) async -> StepEnding {
    let policy = step.planned.retry
    let delays = policy.plannedDelays
    var (current, plan) = (step, plan)
    var attempt = 0
    while true {
      let findings = Findings()
      let counter = RowCounter()
      let begin = ContinuousClock.now
      let flow = Set(plan.flow(into: step, sinks: report.sinks).map(\.id))
      check.rejects.drop(flow)
      report.begin(current, attempt: attempt, counter: counter)
      do {
        if attempt > 0 { (current, plan) = try await freshly(step, plan) }
        let moved = try await once(current, plan, findings, counter)
        keepRejects(of: flow, from: step)
        findings.tell(report)
        report.end(current, rows: moved.rows, bytes: moved.bytes)
        return .succeeded
      } catch {
        let problems = Problem.all(of: error, in: step.id, at: step.planned.location)
        if Task.isCancelled && !problems.contains(where: \.isCommitUnknown) {
          keepRejects(of: flow, from: step)
          guard let cause = report.takeCause() else { return .cancelled }
          report.emit(
            step.id, .stepFailed(problem: cause.located(at: step.planned.location), attempt: attempt, retryIn: nil))
          return .cancelled
        }
        if !findings.questions.isEmpty, problems.allSatisfy({ $0.code == "awaiting-input" }) {
          check.rejects.drop(flow)
          report.ask(findings.questions)
          return .asked
        }
        let isTriedAgain = attempt < delays.count && !Task.isCancelled && problems.allSatisfy(policy.allows)
        let delay = isTriedAgain ? delays[attempt] : nil
        if delay == nil {
          keepRejects(of: flow, from: step)
          findings.tell(report)
          if let found = await search(for: error, in: current, plan, after: ContinuousClock.now - begin) {
            report.emit(found.step, .stepFailed(problem: found.problem, attempt: attempt, retryIn: nil))
            report.abandon(flow.subtracting([found.step]), because: "step \"\(found.step)\" failed")
            return .failed
          }
        }
        for problem in problems {
          report.emit(step.id, .stepFailed(problem: problem, attempt: attempt, retryIn: delay))
        }
        guard let delay else { return .failed }
        do { try await runner.clock.sleep(for: .seconds(delay)) } catch { return .cancelled }
        attempt += 1
      }
    }
  }

  /// What was set aside is final. The rows may be visible already, so a failure is told and changes nothing.
  private func keepRejects(of flow: Set<String>, from step: BoundStep) {
    do {
      try check.rejects.keep(flow)
    } catch {
      let problem = Problem.of(error, in: step.id, at: step.planned.location)
      report.emit(
        step.id, .log(level: .warning, message: "Rows that were set aside could not all be kept: \(problem.message)"))
    }
  }

  /// The step and what flows into it, bound anew.
  private func freshly(_ step: BoundStep, _ plan: BoundPlan) async throws -> (BoundStep, BoundPlan) {
    var fresh = plan
    let flow = Set(plan.flow(into: step, sinks: report.sinks).map(\.id))
    for index in fresh.steps.indices where flow.contains(fresh.steps[index].id) {
      fresh.steps[index] = try await check.rebind(fresh.steps[index], in: fresh)
    }
    return (fresh[id: step.id] ?? step, fresh)
  }

  private func once(
    _ step: BoundStep, _ plan: BoundPlan, _ findings: Findings, _ counter: RowCounter
  ) async throws -> Moved {
    let flow = plan.flow(into: step, sinks: report.sinks)
    for other in flow {
      other.counter?.reset()
      other.taps.forEach { $0.reset() }
      other.cleanseTaps.forEach { $0.reset() }
      other.strayTap?.reset()
      other.boundary?.reset()
      for program in other.programs { program.begin { report.emit(other.id, .log(level: .info, message: $0)) } }
    }
    let sources = flow.compactMap { $0.extract?.batches } + flow.flatMap { $0.programs as [any BatchSource] }
    return try await withTimeout(step.planned.timeout ?? check.context.options.timeout, step) {
      try await withTaskCancellationHandler {
        try await move(step, plan, findings, counter)
      } onCancel: {
        for source in sources { source.cancel() }
      }
    }
  }

  private func move(
    _ step: BoundStep, _ plan: BoundPlan, _ findings: Findings, _ counter: RowCounter
  ) async throws -> Moved {
    let connection = try await check.engine.connect()
    let inspect: () async throws -> Void = {
      try await self.inspect(step, plan, findings, connection)
      if case .write = step.planned.work { try findings.refuseOpenQuestions() }
    }
    switch step.planned.work {
    case .write(_, let spec):
      guard let load = step.load else { return Moved(rows: 0) }
      let landing = Landing(
        step: step, spec: spec, load: load, plan: plan, context: check.context, engine: check.engine,
        connection: connection,
        counter: counter, inspect: inspect, note: { report.emit(step.id, .log(level: .info, message: $0)) },
        warn: { report.emit(step.id, .log(level: .warning, message: $0.message)) })
      let receipt = try await landing.land()
      report.emit(step.id, .receipt(receipt))
      for (read, entry) in landing.cursors { report.emit(read, .cursor(entry, write: step.id)) }
      return Moved(rows: receipt.sent.rows, bytes: receipt.bytes)
    case .read, .transform, .check:
      var rows: Int?
      if step.isKept {
        let kept = check.engine.uniqueName("weir_kept")
        try await connection.execute("CREATE TABLE \(name: kept) AS \(step.select)")
        try await inspect()
        try await connection.execute("CREATE OR REPLACE VIEW \(name: step.id) AS SELECT * FROM \(name: kept)")
        if case .integer(let count) = try await connection.query("SELECT count(*) FROM \(name: kept)").rows[0][0] {
          rows = Int(count)
        }
        if step.isProfiled {
          report.emit(
            step.id, .profiled(try await Profiler(connection).profile("memory.main.\(name: kept)", step.schema)))
        }
      } else if !step.taps.isEmpty {
        if case .integer(let count) = try await connection.query("SELECT count(*) FROM (\(step.select))").rows[0][0] {
          rows = Int(count)
        }
        try await inspect()
      }
      let judged = try await judge(step.relationRules, step, findings, connection)
      try findings.refuseOpenQuestions()
      return Moved(rows: rows ?? judged, bytes: counter.bytes)
    }
  }

  private func withTimeout(
    _ seconds: Double?, _ step: BoundStep, _ body: @escaping @Sendable () async throws -> Moved
  ) async throws -> Moved {
    guard let seconds else { return try await body() }
    return try await withThrowingTaskGroup(of: Moved?.self) { group in
      group.addTask { try await body() }
      group.addTask { [clock = runner.clock] in
        try await clock.sleep(for: .seconds(seconds))
        return nil
      }
      if let moved = try await group.next() ?? nil {
        group.cancelAll()
        return moved
      }
      group.cancelAll()
      do {
        // What was past the point of no return when the time was up has succeeded.
        while let last = try await group.next() { if let last { return last } }
      } catch let problem as Problem where problem.isCommitUnknown {
        throw problem
      } catch {
        if Task.isCancelled { throw error }
      }
      throw Problem(
        "timeout", "Step \"\(step.id)\" took longer than its timeout of \(seconds) s and was stopped.",
        hint: "Raise `timeout`, or find out what it waits for with `weir runs logs`.", at: step.planned.location,
        isTransient: true)
    }
  }
}

/// How a step's last attempt ended.
enum StepEnding: Sendable { case succeeded, failed, cancelled, asked }

/// What one attempt of a step has moved: rows where they are known, bytes where the target tells them.
struct Moved: Sendable {
  var rows: Int?
  var bytes: Int?
}

extension RetryPolicy {
  /// Whether a failure of this kind is worth another attempt (ENG-11).
  func allows(_ problem: Problem) -> Bool {
    switch problem.code {
    case "timeout": retryOn.contains(.timeout)
    case "authentication-failed": retryOn.contains(.authentication)
    case "data-quality": retryOn.contains(.quality)
    case "connection-lost": retryOn.contains(.network)
    case "connection-refused", "server-unavailable": retryOn.contains(.unavailable)
    default: problem.isTransient && (retryOn.contains(.network) || retryOn.contains(.unavailable))
    }
  }
}

extension Extract {
  /// The source behind rows that come through a protocol or parser of ours.
  var batches: (any BatchSource)? {
    if case .batches(let source) = origin { source } else { nil }
  }
}
