import Pipelines
import Tabular

/// A load into one table: one session, one transaction. Killed at any moment it leaves nothing behind.
final class PostgresLoad: StreamLoad {
  var plan: PostgresPlan
  let connection: PostgresConnection
  private let settings: PostgresSettings
  private let sender: CopySender
  private var encoder: RowEncoder
  private var narrowing: Narrowing
  private var isCopying = false
  private(set) var copiedRows = 0
  /// Rows that went out with the COPY that runs now and those before it.
  private var sentRows = 0
  /// Changes of the target a value has asked for on the way.
  var lateChanges: [SQL] = []
  /// How the rows are verified; `off` until the first verification.
  private(set) var level = VerifyLevel.off

  /// Opens the session.
  init(_ plan: PostgresPlan, _ settings: PostgresSettings) throws {
    self.plan = plan
    self.settings = settings
    encoder = try PostgresLoad.encoder(plan)
    narrowing = Narrowing(plan.columns)
    connection = try PostgresConnection(settings)
    sender = CopySender(connection)
  }

  private static func encoder(_ plan: PostgresPlan) throws(Problem) -> RowEncoder {
    var leftOut: [Int] = []
    let encoder = RowEncoder(plan.columns.map(\.fit.stored), leftOut: &leftOut)
    guard let first = leftOut.first else { return encoder }
    let column = plan.landing.columns[first]
    throw Problem("no-exact-type", "Column \"\(column.name)\" is \(column.type), which PostgreSQL can't hold.")
  }

  /// Raw bytes pass no check of their values but the server's.
  var copyFormat: String? {
    plan.columns.contains { $0.fit.limit?.isServersOwn == false }
      ? nil : CopyFormat.name(of: plan.columns.map(\.fit.wire))
  }

  var bytes: Int? { sender.bytes }

  func begin() throws {
    if connection.serverVersion >= 140_000 {
      // The locks of a run whose process was killed are let go even while its statement runs; not every system can tell.
      _ = try? connection.run("SET client_connection_check_interval = '2s'")
    }
    try connection.run(
      "BEGIN; SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL jit = off"
    )
    try waitForOthers()
    try planAgainIfChanged()
    try prepareStaging()
    try beginCopy()
  }

  /// One load of a table at a time; the next waits for the first.
  private func waitForOthers() throws(Problem) {
    do throws(Problem) {
      try connection.run(
        "SELECT pg_advisory_xact_lock(hashtextextended(\(text: "weir:" + plan.target.description), 0))")
    } catch  where error.code == "locked" {
      throw Problem(
        "locked", "Another run is loading table \"\(plan.target.description)\"; this one has waited 60 seconds for it.",
        hint: "Run the pipeline again when the other has ended.", isTransient: true)
    }
  }

  /// What was planned before the lock was taken may be out of date: a run before this one has made, replaced or widened the table.
  private func planAgainIfChanged() throws {
    let schema = plan.target.schema ?? "public"
    let now = try PostgresTable.find(plan.target, defaultSchema: schema, on: connection)
    if now?.oid == plan.existing?.oid, now?.columns == plan.existing?.columns,
      now?.obstacles == plan.existing?.obstacles
    {
      return
    }
    let fresh = try PostgresPlan(plan.request, defaultSchema: schema, on: connection)
    guard fresh.landing == plan.landing, fresh.columns.map(\.fit.staged) == plan.columns.map(\.fit.staged) else {
      throw Problem(
        "target-changed",
        "Table \"\(plan.target.description)\" was changed by somebody else after this load was planned.",
        hint: "Run the pipeline again.", isTransient: true)
    }
    plan = fresh
    encoder = try PostgresLoad.encoder(plan)
    narrowing = Narrowing(plan.columns)
  }

  private func beginCopy() throws {
    let isNew = plan.path == .create || plan.path == .swap
    try connection.beginCopyIn(
      "COPY \(staging) (\(names: plan.columns.map(\.name))) FROM STDIN (FORMAT binary\(isNew ? ", FREEZE" : ""))")
    isCopying = true
    try sender.send(CopyFormat.appendHeader)
  }

  /// Where rows go first.
  var staging: SQL {
    switch plan.path {
    case .create, .direct: plan.target.sql
    case .swap: PostgresSwap.fresh(plan.target).sql
    case .staged: "\"pg_temp\".\"_weir_staging\""
    }
  }

  private func prepareStaging() throws {
    if let creation = plan.creation { try connection.run(creation) }
    if plan.path == .swap, let oid = plan.existing?.oid {
      try PostgresSwap(target: plan.target).prepare(oid, on: connection)
    }
    let altered = plan.path == .swap ? staging : plan.target.sql
    for change in plan.alterations { try connection.run("ALTER TABLE \(altered) \(change)") }
    if plan.path == .staged { try makeTemporaryTable() }
  }

  private func makeTemporaryTable() throws(Problem) {
    let definitions = plan.columns.map { column -> SQL in "\(name: column.name) \(SQL(raw: column.fit.staged))" }
    try connection.run("CREATE TEMPORARY TABLE \"_weir_staging\" (\(definitions)) ON COMMIT DROP")
  }

  func write(_ batch: Batch) throws {
    while true {
      do {
        let rows = try narrowing.narrowed(batch)
        try sender.send { sink in try encoder.encodeTuples(rows, into: sink) }
        sentRows += batch.rowCount
        return
      } catch let refusal as ValueRefusal {
        let column = plan.columns[refusal.column]
        guard column.fit.limit != nil, let wider = column.wider else { throw problem(refusal) }
        try widen(refusal, to: wider)
      }
    }
  }

  private func problem(_ refusal: ValueRefusal) -> Problem {
    let column = plan.columns[refusal.column]
    let message = "Column \"\(column.name)\" \(refusal.reason) (row \(sentRows + refusal.row + 1) of the load)."
    guard let limit = column.fit.limit else {
      return Problem(
        "value-not-exact", message, hint: "Change the value in a transform step.", at: plan.request.location)
    }
    let isText = if case .characters = limit { true } else { false }
    return Problem(
      isText ? "value-too-long" : "value-out-of-range", message,
      hint: "Change the value in a transform step, or give the column of \"\(plan.target.description)\" a wider type.",
      at: plan.request.location)
  }

  /// Gives a column the type a value needs and goes on; what has been sent stays.
  private func widen(_ refusal: ValueRefusal, to wider: PostgresTypes.Fit) throws {
    let name = plan.columns[refusal.column].name
    try endCopy()
    let views = try connection.rows(
      """
      SELECT DISTINCT r.ev_class::regclass::text FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid \
      JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
      WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = \(text: plan.existing?.oid ?? "0") AND a.attname = \(text: name)
      """)
    if let view = views.first?.first ?? nil {
      var problem = problem(refusal)
      problem.hint = "View \(view) keeps the column from being widened; change the value, or drop the view first."
      throw problem
    }
    if plan.path == .direct {
      try makeTemporaryTable()
      let names = plan.columns.map(\.name)
      try connection.run(
        "INSERT INTO \"_weir_staging\" (\(names: names)) SELECT \(names: names) FROM \(plan.target.sql) WHERE \(PostgresLoad.ownRows)"
      )
      try connection.run("DELETE FROM \(plan.target.sql) WHERE \(PostgresLoad.ownRows)")
      plan.path = .staged
    }
    let change: SQL = "ALTER COLUMN \(name: name) TYPE \(SQL(raw: wider.staged))"
    try connection.run("ALTER TABLE \(staging) \(change)")
    if plan.path == .staged { lateChanges.append("ALTER TABLE \(plan.target.sql) \(change)") }
    plan.columns[refusal.column].fit = wider
    plan.columns[refusal.column].wider = nil
    encoder = try PostgresLoad.encoder(plan)
    narrowing = Narrowing(plan.columns)
    try beginCopy()
  }

  /// Takes the tuples of a binary COPY, without its header and trailer.
  func writeBytes(_ bytes: UnsafeRawBufferPointer) throws { try sender.send { $0.append(bytes) } }

  func endWriting() throws { try endCopy() }

  private func endCopy() throws {
    try sender.send { $0.append(-1 as Int16) }
    try sender.finish()
    isCopying = false
    copiedRows += try connection.endCopyIn()
  }

  /// The rows this transaction made.
  static let ownRows: SQL = "xmin = mod(txid_current(), 4294967296)::text::xid"

  func landed(level: VerifyLevel) throws -> Fingerprint {
    self.level = level
    let compared = plan.columns.compactMap { column in column.fit.comparedAs.map { (column.name, $0) } }
    return try PostgresVerification(
      plan.landing, in: staging, where: plan.path == .direct ? PostgresLoad.ownRows : nil,
      comparedAs: Dictionary(compared) { first, _ in first }, level: level
    ).fingerprint(on: connection)
  }

  func commit(state: [StateEntry]) -> Commit {
    do {
      return PostgresCommit(connection: connection, settings: settings).commit(try publish(state))
    } catch {
      return .notCommitted(error)
    }
  }

  private func publish(_ state: [StateEntry]) throws -> LoadOutcome {
    var outcome = LoadOutcome(inserted: 0)
    switch plan.path {
    case .create, .direct: outcome.inserted = copiedRows
    case .swap:
      outcome.inserted = copiedRows
      outcome.deleted = plan.existingRows ?? 0
      try PostgresSwap(target: plan.target).publish(plan, on: connection)
    case .staged: outcome = try PostgresPublishing(self).publish()
    }
    try plan.advanceIdentities(on: connection)
    if !state.isEmpty {
      try PostgresState(schema: plan.target.schema ?? "public").store(state, runID: plan.request.runID, on: connection)
    }
    return outcome
  }

  /// The server takes everything back when the session ends.
  func rollback() {
    if isCopying { connection.abort() }
    sender.drain()
    connection.close()
  }

  func cancel() { connection.cancel() }
}
