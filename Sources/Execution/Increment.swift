import Pipelines
import Tabular

/// How an incremental read goes on: what each of its writes has already, and where this run takes them.
struct Increment: Sendable {
  /// The cursor of each write before this run; a write that isn't in it has nothing yet.
  var before: [String: CursorState] = [:]
  /// Rows at the lower bound that have landed.
  var known: [String: Int] = [:]
  /// Where appending writes already are while others fell behind (they failed last time): those that did come to exactly there.
  var goal: CursorState?
  /// The appending writes that have these rows and are left out for this run.
  var ahead: Set<String> = []
  /// Whether rows at the boundary must be told apart, because a write appends them.
  var appends = false
  /// Whether rows may be left unread below the upper bound; then nothing is remembered.
  var isLimited = false
}

extension BoundStep {
  /// What to remember of an incremental read once its rows have landed in `write`; never less than was remembered before.
  func nextCursor(for write: String) -> CursorState? {
    guard let upTo = cursor?.upTo, let increment, !increment.isLimited else { return nil }
    let next = increment.goal ?? CursorState(cursor: upTo, rows: boundary?.rows ?? [:])
    guard let before = increment.before[write], CursorText.isBefore(next.cursor, before.cursor) else { return next }
    return before
  }
}

extension Plan {
  /// The writes into which rows of `id` flow.
  func writes(fedBy id: String) -> [(step: PlannedStep, destination: any Destination, spec: WriteSpec)] {
    var reached: Set<String> = [id]
    for step in steps where !reached.isDisjoint(with: step.inputs) { reached.insert(step.id) }
    return steps.compactMap { step in
      guard case .write(let destination, let spec) = step.work, reached.contains(step.id) else { return nil }
      return (step, destination, spec)
    }
  }
}

/// Decides from what an incremental read goes on.
struct IncrementRule {
  let step: PlannedStep
  let spec: ReadSpec
  let plan: Plan
  let context: RunContext

  /// - Returns: the range to read, how it goes on, and what whoever runs this should know; nil for a full read.
  /// - Throws: `lag-doubles-rows`.
  func decide() async throws -> (CursorRange, Increment, remarks: [Problem])? {
    guard case .incremental(let column, let lag) = spec.mode, context.letters == nil else { return nil }
    let writes = plan.writes(fedBy: step.id)
    var increment = Increment()
    increment.appends = writes.contains { $0.spec.mode == .append }
    if increment.appends && lag > 0 {
      throw Problem(
        "lag-doubles-rows", "Step \"\(step.id)\" reads \(lag) units back, and appending would land those rows twice.",
        hint: "Use `mode: merge` with a `key`, or remove `lag`.", at: step.location)
    }
    var remarks: [Problem] = []
    if let limit = [spec.limit, context.options.limit].compactMap({ $0 }).min() {
      increment.isLimited = true
      remarks.append(
        Problem(
          "limited-read", "Step \"\(step.id)\" reads at most \(limit) rows, so where it left off isn't kept.",
          hint: "The next run begins at the same place; where it appends, these rows come again.", at: step.location
        ).warning())
    }
    if context.options.fullRefresh {
      return (
        CursorRange(
          column: column, after: spec.start, upTo: spec.end, takesValueless: spec.start == nil && spec.end == nil),
        increment, remarks
      )
    }
    for write in writes {
      let (state, remark) = try await memory(of: write.step, write.destination, write.spec)
      increment.before[write.step.id] = state
      if let remark { remarks.append(remark) }
    }
    guard spec.start == nil else {
      return (CursorRange(column: column, after: spec.start, upTo: spec.end), increment, remarks)
    }
    let least = least(of: writes.map { increment.before[$0.step.id] })
    increment.known = least?.rows ?? [:]
    let ahead = writes.filter { write in
      guard write.spec.mode == .append, let state = increment.before[write.step.id] else { return false }
      return least.map { $0.isBehind(state) } ?? true
    }
    let after = least.map { lag > 0 ? CursorText.less($0.cursor, by: lag) : $0.cursor }
    var range = CursorRange(
      column: column, after: after, upTo: spec.end, takesValueless: after == nil && spec.end == nil)
    if let goal = self.least(of: ahead.map { increment.before[$0.step.id] }) {
      increment.goal = goal
      increment.ahead = Set(ahead.map(\.step.id))
      range.upTo = goal.cursor
      range.takesValueless = after == nil
      remarks.append(catchingUp(goal, increment.ahead))
    }
    return (range, increment, remarks)
  }

  private func least(of states: [CursorState?]) -> CursorState? {
    guard var least = states.first ?? nil else { return nil }
    for state in states {
      guard let state else { return nil }
      if state.isBehind(least) { least = state }
    }
    return least
  }

  /// What one write has of this read.
  private func memory(
    of write: PlannedStep, _ destination: any Destination, _ spec: WriteSpec
  ) async throws -> (CursorState?, remark: Problem?) {
    let kept = context.kept(of: step.id, for: write.id)
    let isThere = try await destination.isThere(spec.target)
    if let kept, kept.isForced {
      guard kept.value == nil, isThere, spec.mode == .append else { return (kept.value.map { CursorState($0) }, nil) }
      let remark = Problem(
        "appended-again",
        "The cursor of step \"\(step.id)\" was cleared: all its rows are read again, and \"\(write.id)\" appends them to what is there.",
        hint: "Empty the target first if they should stand there once.", at: write.location)
      return (nil, remark.warning())
    }
    let key = context.stateKey(of: step.id, for: write.id)
    let stored = try await destination.storedState([key], for: spec.target)[key]
    guard let text = stored ?? kept?.value else { return (nil, nil) }
    if isThere { return (CursorState(text), nil) }
    let remark = Problem(
      "target-gone",
      "The target of \"\(write.id)\" is gone, though step \"\(step.id)\" had been read up to \(CursorState(text).cursor): everything is read again.",
      at: write.location)
    return (nil, remark.warning())
  }

  private func catchingUp(_ goal: CursorState, _ ahead: Set<String>) -> Problem {
    let names = ahead.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
    return Problem(
      "catching-up",
      "Some writes of step \"\(step.id)\" fell behind: this run takes them up to \(goal.cursor), where \(names) already \(ahead.count == 1 ? "is" : "are").",
      hint: "The next run goes on from there with all of them.", at: step.location
    ).warning()
  }
}
