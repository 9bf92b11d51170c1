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
  /// Tells what went wrong after the rows were visible.
  let warn: (Problem) -> Void

  var level: VerifyLevel { context.options.verify ?? spec.verify }

  func land() async throws -> Receipt {
    let clock = ContinuousClock()
    let start = clock.now
    let way = try await way()
    let (sent, landed) = try await staged(way)
    let bytes = way.bytes
    var outcome = LoadOutcome(inserted: 0)
    var untouched: String?
    if isNothing(sent, way) {
      await takeBack(way)
      untouched = "there was nothing new"
    } else {
      outcome = try await show(way, sent)
    }
    return Receipt(
      step: step.id, target: spec.place, mode: spec.mode, level: level, strategy: load.strategy, sent: sent,
      landed: landed, outcome: outcome, untouched: untouched, bytes: bytes, verified: landed != nil,
      seconds: (clock.now - start) / .seconds(1),
      peakMemoryBytes: ProcessMemory.peak)
  }

  /// Who carries the rows: the engine with statements, or a connection of the connector's own.
  enum Way {
    case statements(StatementLoad)
    case stream(UncheckedLoad)

    /// Bytes that are staged; nil = unknown.
    var bytes: Int? {
      switch self {
      case .statements(let work): work.stagedBytes()
      case .stream(let stream): stream.load.bytes
      }
    }
  }

  private func way() async throws -> Way {
    switch load.work {
    case .statements(let work): .statements(work)
    case .stream(let open): .stream(try await connection.blocking({ UncheckedLoad(try open()) }, stop: {}))
    }
  }

  // MARK: Before the point of no return

  /// Brings the rows to where nobody sees them and proves that they are those that were sent; a failure is taken back.
  private func staged(_ way: Way) async throws -> (sent: Fingerprint, landed: Fingerprint?) {
    do {
      let sent =
        switch way {
        case .statements(let work): try await stage(work)
        case .stream(let stream): try await stage(stream)
        }
      note("Staged \(sent.rows.grouped) rows")
      try await inspect()
      try await guardAgainstShrinking(to: sent.rows)
      guard level != .off, !isNothing(sent, way) else { return (sent, nil) }
      let landed =
        switch way {
        case .statements(let work): try await readBack(work)
        case .stream(let stream):
          try await connection.blocking(
            { [level] in try stream.load.landed(level: level) }, stop: { stream.load.cancel() })
        }
      try compare(sent, landed)
      note("Verified: what is staged is what was sent")
      return (sent, landed)
    } catch {
      await takeBack(way)
      throw error
    }
  }

  private func stage(_ work: StatementLoad) async throws -> Fingerprint {
    work.makeRoom()
    for statement in work.setup { try await connection.execute(statement) }
    if work.isTransactional { try await connection.execute("BEGIN TRANSACTION") }
    let tap = FingerprintTap(step.schema, level, sample: SampleRule(for: step.schema), counter: counter)
    let rows = try await tap.wrap(step.select, as: engine.uniqueName("weir_sent"), on: connection)
    for statement in work.stage(rows) { try await connection.execute(statement) }
    try await connection.blocking({ try work.seal() }, stop: {})
    return tap.finish()
  }

  private func readBack(_ work: StatementLoad) async throws -> Fingerprint {
    let mirror = FingerprintTap(step.schema, level, sample: SampleRule(for: step.schema))
    let back = try await mirror.wrap(work.readBack, as: engine.uniqueName("weir_landed"), on: connection)
    _ = try await connection.query("SELECT count(*) FROM (\(back))")
    return mirror.finish()
  }

  private func stage(_ stream: UncheckedLoad) async throws -> Fingerprint {
    let stop: @Sendable () -> Void = { stream.load.cancel() }
    try await connection.blocking({ try stream.load.begin() }, stop: stop)
    let sent = try await send(to: stream)
    try await connection.blocking({ try stream.load.endWriting() }, stop: stop)
    return sent
  }

  /// Leaves the target as it was, also when the run has been cancelled meanwhile.
  private func takeBack(_ way: Way) async {
    await Task { [connection] in
      switch way {
      case .statements(let work):
        if work.isTransactional { _ = try? await connection.execute("ROLLBACK") }
        work.discard()
        for statement in work.teardown { _ = try? await connection.execute(statement) }
      case .stream(let stream): _ = try? await connection.blocking({ stream.load.rollback() }, stop: {})
      }
    }.value
  }

  // MARK: The point of no return

  /// Makes the rows visible. Only a load that certainly isn't visible is taken back; what fails once it is, is told as a warning.
  private func show(_ way: Way, _ sent: Fingerprint) async throws -> LoadOutcome {
    switch await commit(way, sent) {
    case .committed(let outcome, let warnings):
      warnings.forEach(warn)
      return outcome
    case .notCommitted(let error):
      await takeBack(way)
      throw error
    case .unknown(let problem): throw problem.located(at: step.planned.location)
    }
  }

  private func commit(_ way: Way, _ sent: Fingerprint) async -> Commit {
    do {
      try Task.checkCancellation()
      try context.willCommit(step.id)
      switch way {
      case .stream(let stream):
        return try await connection.blocking({ [state] in stream.load.commit(state: state) }, stop: {})
      case .statements(let work):
        for statement in work.settle { try await connection.execute(statement) }
        for check in work.checks {
          if let row = try await connection.query(check.finds).rows.first {
            throw check.problem(row.map(\.description))
          }
        }
        for statement in work.publish(state) { try await connection.execute(statement) }
        var warnings: [Problem] = []
        if work.isTransactional {
          try await connection.commit()
        } else {
          warnings = try await connection.blocking({ try work.finish() }, stop: {})
        }
        return .committed(LoadOutcome(inserted: sent.rows), warnings: warnings + (await tearDown(work)))
      }
    } catch let error as UncertainCommit {
      return .unknown(
        .commitUnknown(
          "\"\(spec.place)\" answered the COMMIT of step \"\(step.id)\" with an error of its storage, so it isn't known whether the rows are visible: \(error.cause.message)"
        ))
    } catch {
      return .notCommitted(error)
    }
  }

  /// Puts away what the load needed; the rows are visible already.
  private func tearDown(_ work: StatementLoad) async -> [Problem] {
    await Task { [connection, step] in
      var warnings: [Problem] = []
      for statement in work.teardown {
        do {
          try await connection.execute(statement)
        } catch {
          warnings += Problem.all(of: error, in: step.id, at: step.planned.location).map { $0.warning() }
        }
      }
      return warnings
    }.value
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
      let read = plan[id: input], !read.isKept, read.boundary == nil, read.taps.isEmpty,
      let copy = read.extract?.passThrough,
      copy.format == format
    else { return nil }
    return (read, copy)
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
struct UncheckedLoad: @unchecked Sendable {
  let load: any StreamLoad
  init(_ load: any StreamLoad) { self.load = load }
}
