import Pipelines
import Tabular

/// A load into one table: one session, one transaction. Killed at any moment it leaves nothing behind.
final class PostgresLoad: StreamLoad {
  private let plan: PostgresPlan
  private let connection: PostgresConnection
  private let encoder: RowEncoder
  private let sender: CopySender
  private var isCopying = false
  private var copiedRows = 0
  private let formatOfBytes: String?

  /// Opens the session.
  init(_ plan: PostgresPlan, _ settings: PostgresSettings) throws {
    self.plan = plan
    var leftOut: [Int] = []
    encoder = RowEncoder(plan.landing.columns.map(\.type), leftOut: &leftOut)
    if let first = leftOut.first {
      let column = plan.landing.columns[first]
      throw Problem("no-exact-type", "Column \"\(column.name)\" is \(column.type), which PostgreSQL can't hold.")
    }
    formatOfBytes = CopyFormat.name(of: plan.columns.map(\.fit.staged))
    connection = try PostgresConnection(settings)
    sender = CopySender(connection)
  }

  var copyFormat: String? { formatOfBytes }

  func begin() throws {
    try connection.run(
      "BEGIN; SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL jit = off")
    try connection.run("SELECT pg_advisory_xact_lock(hashtextextended(\(text: "weir:" + plan.target.description), 0))")
    let schema = plan.target.schema ?? "public"
    let now = try connection.value(
      """
      SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
      WHERE n.nspname = \(text: schema) AND c.relname = \(text: plan.target.name)
      """)
    guard now == plan.existing?.oid else {
      throw Problem(
        "target-changed", "Table \"\(plan.target.description)\" was replaced by somebody else after this load was planned.",
        hint: "Run the pipeline again.", isTransient: true)
    }
    try prepareStaging()
    let isNew = plan.path == .create || plan.path == .swap
    try connection.beginCopyIn(
      "COPY \(staging) (\(names: plan.columns.map(\.name))) FROM STDIN (FORMAT binary\(isNew ? ", FREEZE" : ""))")
    isCopying = true
    try sender.send(CopyFormat.appendHeader)
  }

  /// Where rows go first.
  private var staging: SQL {
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
      for change in plan.alterations {
        try connection.run(SQL(raw: change.text.replacingPrefix("ALTER TABLE \(plan.target.sql) ", with: "ALTER TABLE \(staging) ")))
      }
    } else {
      for change in plan.alterations { try connection.run(change) }
    }
    if plan.path == .staged {
      let definitions = plan.columns.map { column -> SQL in "\(name: column.name) \(SQL(raw: column.fit.staged))" }
      try connection.run("CREATE TEMPORARY TABLE \"_weir_staging\" (\(definitions)) ON COMMIT DROP")
    }
  }

  func write(_ batch: Batch) throws {
    do {
      try sender.send { sink in try encoder.encodeTuples(batch, into: sink) }
    } catch let refusal as ValueRefusal {
      throw Problem(
        "value-not-exact",
        "Column \"\(plan.columns[refusal.column].name)\" \(refusal.reason) (row \(copiedRows + refusal.row + 1) of the load).",
        hint: "Change the value in a transform step.")
    }
    copiedRows += batch.rowCount
  }

  /// Takes the tuples of a binary COPY, without its header and trailer.
  func writeBytes(_ bytes: UnsafeRawBufferPointer) throws { try sender.send { $0.append(bytes) } }

  func endWriting() throws {
    try sender.send { $0.append(-1 as Int16) }
    try sender.finish()
    isCopying = false
    copiedRows = try connection.endCopyIn()
  }

  func landed(level: VerifyLevel) throws -> Fingerprint {
    // The rows of this load are those this transaction made.
    let own: SQL? = plan.path == .direct ? "xmin = mod(txid_current(), 4294967296)::text::xid" : nil
    return try PostgresVerification(plan.landing, in: staging, where: own, level: level).fingerprint(on: connection)
  }

  func commit(state: [StateEntry]) throws -> LoadOutcome {
    var outcome = LoadOutcome(inserted: 0)
    switch plan.path {
    case .create, .direct: outcome.inserted = copiedRows
    case .swap:
      outcome.inserted = copiedRows
      outcome.deleted = plan.existingRows ?? 0
      try PostgresSwap(target: plan.target).publish(plan, on: connection)
    case .staged: try publishStaged(&outcome)
    }
    if !state.isEmpty { try PostgresState(schema: plan.target.schema ?? "public").store(state, runID: plan.request.runID, on: connection) }
    try connection.run("COMMIT")
    connection.close()
    return outcome
  }

  private func publishStaged(_ outcome: inout LoadOutcome) throws {
    let publication = plan.publication(staging: staging)
    let mode = plan.request.mode
    if !publication.key.isEmpty, [.merge, .deleteInsert, .scd2].contains(mode) {
      try PostgresKeys(publication: publication, step: plan.request).check(on: connection)
      try connection.run("LOCK TABLE \(plan.target.sql) IN SHARE ROW EXCLUSIVE MODE")
      try connection.run("ANALYZE \(staging) (\(names: publication.key))")
    }
    let steps: [Publication.Step]
    switch mode {
    case .append: steps = publication.append
    case .replace, .truncate:
      outcome.deleted = plan.existingRows ?? 0
      let isReferred = plan.existing?.dependents.contains { $0.hasPrefix("foreign key") } == true
      steps = isReferred ? [("DELETE FROM \(plan.target.sql)", .deletes)] + publication.append : publication.replaceRows
      if isReferred { outcome.deleted = 0 }
    case .merge: steps = publication.merge
    case .deleteInsert: steps = publication.deleteInsert
    case .scd2: steps = publication.scd2(time: plan.request.time)
    }
    for step in steps {
      let count = try connection.run(step.statement)
      switch step.effect {
      case .inserts: outcome.inserted += count
      case .updates: outcome.updated += count
      case .deletes: outcome.deleted += count
      case .none: break
      }
    }
  }

  /// The server takes everything back when the session ends.
  func rollback() {
    if isCopying { connection.abort() }
    sender.drain()
    connection.close()
  }

  func cancel() { connection.cancel() }
}

extension PostgresPlan {
  /// The staged rows' way into the target.
  func publication(staging: SQL) -> Publication {
    let written = columns.filter { !$0.isComputed }.map { column -> Publication.PublishedColumn in
      let type = column.fit.castTo ?? ""
      let isJSON = column.fit.landing == .json
      return Publication.PublishedColumn(
        column.name, conversion: type.isEmpty ? nil : "s.\(name: column.name)::\(SQL(raw: type))",
        comparedAs: isJSON ? (type == "jsonb" ? "jsonb" : "text") : type == "xml" ? "text" : nil)
    }
    let names = Set(written.map(\.name))
    let identity = existing?.columns.contains { $0.isIdentity && names.contains($0.name) } == true
    return Publication(
      dialect: .postgres, target: target.sql, staging: staging, columns: written, key: request.key.map(targetName),
      overridesIdentity: identity)
  }
}

/// The key of staged rows: present in each, and the same in two rows only if the rows are copies.
struct PostgresKeys {
  var publication: Publication
  var step: WriteRequest

  func check(on connection: PostgresConnection) throws {
    if try !connection.rows(publication.nullKey).isEmpty {
      throw Problem(
        "null-key", "A row has no value in its key (\(publication.key.joined(separator: ", "))).",
        hint: "Filter such rows out before, or choose another key.", at: step.location)
    }
    guard try !connection.rows(publication.repeatedKey).isEmpty else { return }
    try connection.run(publication.dropCopies)
    guard let example = try connection.rows(publication.repeatedKey).first else { return }
    let key = zip(publication.key, example).map { "\($0) = \($1 ?? "NULL")" }.joined(separator: ", ")
    throw Problem(
      "duplicate-key", "The load has different rows with the same key, for example \(key).",
      hint: "Keep one of them in a transform step (QUALIFY row_number() OVER (PARTITION BY key ORDER BY …) = 1).", at: step.location)
  }
}

/// The small table beside the data that remembers how far each pipeline has come.
struct PostgresState {
  var schema: String
  private var table: SQL { "\(name: schema).\"_weir_state\"" }

  func store(_ entries: [StateEntry], runID: String, on connection: PostgresConnection) throws(Problem) {
    try connection.run("SELECT pg_advisory_xact_lock(hashtextextended(\(text: "weir:\(schema)._weir_state"), 0))")
    try connection.run(
      """
      CREATE TABLE IF NOT EXISTS \(table) \
      (key text PRIMARY KEY, value text, run_id text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now())
      """)
    for entry in entries {
      try connection.run(
        """
        INSERT INTO \(table) (key, value, run_id) VALUES (\(text: entry.key), \(text: entry.value), \(text: runID)) \
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, run_id = excluded.run_id, updated_at = now()
        """)
    }
  }

  /// What is remembered under these keys; nothing if the table isn't there.
  func values(of keys: [String], on connection: PostgresConnection) throws(Problem) -> [String: String] {
    guard !keys.isEmpty, try connection.value("SELECT to_regclass(\(text: table.text))") != nil else { return [:] }
    let wanted = keys.map { key -> SQL in "\(text: key)" }
    let rows = try connection.rows("SELECT key, value FROM \(table) WHERE key IN (\(wanted)) AND value IS NOT NULL")
    return Dictionary(rows.map { ($0[0] ?? "", $0[1] ?? "") }) { first, _ in first }
  }
}

extension String {
  fileprivate func replacingPrefix(_ prefix: SQL, with other: SQL) -> String {
    hasPrefix(prefix.text) ? other.text + dropFirst(prefix.text.count) : self
  }
}
