import DuckDB
import Pipelines
import Tabular

/// Lands the rows of one write step: staged, verified, then made visible in one step together with the cursors (guarantees 1 to 5).
struct Landing {
  let step: BoundStep
  let spec: WriteSpec
  let load: Load
  let plan: BoundPlan
  let context: RunContext
  let engine: Engine
  let connection: Connection
  let counter: RowCounter
  /// Called after the last row was sent and before anything is decided: collects rejects, judges the rules on the way.
  let inspect: () async throws -> Void
  /// Tells what has been reached, for the log.
  let note: (String) -> Void

  var level: VerifyLevel { context.options.verify ?? spec.verify }

  func land() async throws -> Receipt {
    let clock = ContinuousClock()
    let start = clock.now
    let result =
      switch load.work {
      case .statements(let work): try await run(work)
      case .stream(let open): try await run(open)
      }
    return Receipt(
      step: step.id, target: spec.place, mode: spec.mode, level: level, strategy: load.strategy,
      sent: result.sent, landed: result.landed, outcome: result.outcome, untouched: result.untouched,
      verified: result.landed != nil, seconds: (clock.now - start) / .seconds(1),
      peakMemoryBytes: ProcessMemory.peak)
  }

  /// How a load ended.
  private struct Result {
    var sent: Fingerprint
    /// What stood in staging; nil = it wasn't asked.
    var landed: Fingerprint?
    var outcome = LoadOutcome(inserted: 0)
    var untouched: String?

    static func nothingNew(_ sent: Fingerprint) -> Result { Result(sent: sent, untouched: "there was nothing new") }
  }

  // MARK: A load the engine runs

  private func run(_ work: StatementLoad) async throws -> Result {
    let sample = SampleRule(for: step.schema)
    do {
      work.makeRoom()
      for statement in work.setup { try await connection.execute(statement) }
      if work.isTransactional { try await connection.execute("BEGIN TRANSACTION") }
      let tap = FingerprintTap(step.schema, level, sample: sample, counter: counter)
      let rows = try await tap.wrap(step.select, as: engine.uniqueName("weir_sent"), on: connection)
      for statement in work.stage(rows) { try await connection.execute(statement) }
      let sent = tap.finish()
      note("Staged \(sent.rows.grouped) rows")
      try await inspect()
      try await guardAgainstShrinking(to: sent.rows)
      if isIncremental && sent.rows == 0 && (!work.isTransactional || !moves) {
        await takeBack(work)
        return .nothingNew(sent)
      }
      var landed: Fingerprint?
      if level != .off {
        let mirror = FingerprintTap(step.schema, level, sample: sample)
        let back = try await mirror.wrap(work.readBack, as: engine.uniqueName("weir_landed"), on: connection)
        _ = try await connection.query("SELECT count(*) FROM (\(back))")
        landed = mirror.finish()
        try compare(sent, mirror.finish())
        note("Verified: what is staged is what was sent")
      }
      for statement in work.settle { try await connection.execute(statement) }
      for check in work.checks where try await !connection.query(check.finds).rows.isEmpty { throw check.problem }
      for statement in work.publish(state) { try await connection.execute(statement) }
      try await commit(work)
      return Result(sent: sent, landed: landed, outcome: LoadOutcome(inserted: sent.rows))
    } catch {
      await takeBack(work)
      throw error
    }
  }

  /// Makes the rows visible. What has begun here ends here: a cancelled run has either not come this far, or has landed.
  private func commit(_ work: StatementLoad) async throws {
    try Task.checkCancellation()
    try await Task { [connection] in
      if work.isTransactional { try await connection.execute("COMMIT") }
      try work.finish()
      for statement in work.teardown { _ = try? await connection.execute(statement) }
    }.value
  }

  /// Leaves the target as it was, also when the run has been cancelled meanwhile.
  private func takeBack(_ work: StatementLoad) async {
    await Task { [connection] in
      if work.isTransactional { _ = try? await connection.execute("ROLLBACK") }
      work.discard()
      for statement in work.teardown { _ = try? await connection.execute(statement) }
    }.value
  }

  // MARK: A load over a connection of the connector's own

  private func run(_ open: @escaping @Sendable () throws -> any StreamLoad) async throws -> Result {
    let stream = try await connection.blocking({ UncheckedLoad(try open()) }, stop: {})
    let stop: @Sendable () -> Void = { stream.load.cancel() }
    do {
      try await connection.blocking({ try stream.load.begin() }, stop: stop)
      let sent = try await send(to: stream)
      try await connection.blocking({ try stream.load.endWriting() }, stop: stop)
      note("Staged \(sent.rows.grouped) rows")
      try await inspect()
      try await guardAgainstShrinking(to: sent.rows)
      if isIncremental && sent.rows == 0 && !moves {
        await rollBack(stream)
        return .nothingNew(sent)
      }
      var landed: Fingerprint?
      if level != .off {
        landed = try await connection.blocking({ [level] in try stream.load.landed(level: level) }, stop: stop)
        if let landed { try compare(sent, landed) }
        note("Verified: what is staged is what was sent")
      }
      let outcome = try await connection.blocking({ [state] in try stream.load.commit(state: state) }, stop: {})
      return Result(sent: sent, landed: landed, outcome: outcome)
    } catch {
      await rollBack(stream)
      throw error
    }
  }

  private func send(to stream: UncheckedLoad) async throws -> Fingerprint {
    if let (read, copy) = passThrough(to: stream.load) {
      let (level, counter) = (level, counter)
      return try await connection.blocking(
        {
          try copy.stream(level: level) { bytes, rows in
            try stream.load.writeBytes(bytes)
            for counter in [counter, read.counter].compactMap({ $0 }) { counter.add(rows, bytes: bytes.count) }
          }
        },
        stop: {
          copy.cancel()
          stream.load.cancel()
        })
    }
    let tap = FingerprintTap(step.schema, level, sample: SampleRule(for: step.schema), counter: counter)
    try await withTaskCancellationHandler {
      try await connection.stream(step.select) { batch in
        tap.add(batch)
        try stream.load.write(batch)
      }
    } onCancel: {
      stream.load.cancel()
    }
    return tap.finish()
  }

  /// The source's own bytes, when they can land as they are: same format on both sides and nothing in between.
  private func passThrough(to load: any StreamLoad) -> (BoundStep, any CopyOut)? {
    guard step.isPlain, let format = load.copyFormat, let input = step.planned.inputs.first, step.upstream == [input],
      let read = plan[id: input], !read.isKept, read.boundary == nil, read.taps.isEmpty, let copy = read.extract?.passThrough,
      copy.format == format
    else { return nil }
    return (read, copy)
  }

  private func rollBack(_ stream: UncheckedLoad) async {
    await Task { [connection] in _ = try? await connection.blocking({ stream.load.rollback() }, stop: {}) }.value
  }

  // MARK: What must hold before rows become visible

  private var incrementalReads: [BoundStep] { plan.steps.filter { step.upstream.contains($0.id) && $0.cursor != nil } }
  private var isIncremental: Bool { !incrementalReads.isEmpty && !context.options.fullRefresh }

  /// The cursors that become true with these rows, and the reads they belong to.
  var cursors: [(read: String, entry: StateEntry)] {
    incrementalReads.compactMap { read in
      read.nextCursor(for: step.id).map {
        (read.id, StateEntry(key: context.stateKey(of: read.id, for: step.id), value: $0.text))
      }
    }
  }
  /// What is stored with the rows: the cursors, and the dead letters that have landed.
  private var state: [StateEntry] {
    let letters = context.letters.map { StateEntry(key: $0.stateKey(step.id, in: context), value: context.runID) }
    return cursors.map(\.entry) + (letters.map { [$0] } ?? [])
  }

  /// Whether the reads have come further than this write was, though no row of theirs may have passed the steps between.
  private var moves: Bool {
    incrementalReads.contains { read in
      read.nextCursor(for: step.id).map { $0 != read.increment?.before[step.id] } ?? false
    }
  }

  private func compare(_ sent: Fingerprint, _ landed: Fingerprint) throws {
    let differences = sent.differences(from: landed)
    guard !differences.isEmpty else { return }
    throw Problem(
      "verification-failed", "What landed is not what was sent: \(differences.joined(separator: "; ")).",
      hint: "Nothing was made visible; the target is as it was before. Look for triggers, collations or types that change values.",
      at: step.planned.location)
  }

  private func guardAgainstShrinking(to rows: Int) async throws {
    guard spec.mode == .replace || spec.mode == .truncate, !context.options.allowShrink else { return }
    let known = if let rows = load.existingRows { rows } else { await load.countExisting?() ?? 0 }
    guard known > 0, Double(rows) < Double(known) * (1 - context.options.shrinkLimit) else { return }
    throw Problem(
      "shrinking-load", "This run would replace \(known) rows by \(rows).",
      hint: "Nothing was changed. If that is right, run again with --allow-shrink.", at: step.planned.location)
  }
}

extension WriteSpec {
  /// Where rows land, in words: the table or path, else what the connection points at.
  fileprivate var place: String {
    switch (target, to.kind) {
    case (.table(let name), _), (.path(let name), _), (.whole, .url(let name)), (.whole, .named(let name)): name
    case (.whole, .inline(let connector, _)): connector
    }
  }
}

/// A `StreamLoad` on its way to the one thread that uses it; only `cancel` is called from elsewhere, which it allows.
private struct UncheckedLoad: @unchecked Sendable {
  let load: any StreamLoad
  init(_ load: any StreamLoad) { self.load = load }
}
