import Pipelines
import Tabular

/// Brings staged rows into the target and looks there whether they have arrived. All inside the load's transaction.
struct PostgresPublishing {
  private let load: PostgresLoad
  private let plan: PostgresPlan
  private let connection: PostgresConnection
  private let publication: Publication
  private var mode: WriteMode { plan.request.mode }
  private var isKeyed: Bool { [.merge, .deleteInsert, .scd2].contains(mode) && !publication.key.isEmpty }
  private var triggers: [String] { plan.existing?.triggers ?? [] }

  init(_ load: PostgresLoad) {
    self.load = load
    plan = load.plan
    connection = load.connection
    publication = plan.publication(staging: load.staging)
  }

  func publish() throws -> LoadOutcome {
    var outcome = LoadOutcome(inserted: 0)
    for change in load.lateChanges { try connection.run(change) }
    if isKeyed {
      try checkKey()
      try connection.run("LOCK TABLE \(plan.target.sql) IN SHARE ROW EXCLUSIVE MODE")
      try connection.run("ANALYZE \(load.staging) (\(names: publication.key))")
    }
    for step in try steps(&outcome) {
      let count = try connection.run(step.statement)
      switch step.effect {
      case .inserts: outcome.inserted += count
      case .updates: outcome.updated += count
      case .deletes: outcome.deleted += count
      case .none: break
      }
    }
    guard load.level != .off else { return outcome }
    if triggers.isEmpty {
      guard !isKeyed, outcome.inserted != load.copiedRows else { return outcome }
      throw keptOut(load.copiedRows - outcome.inserted)
    }
    try connection.run("SET CONSTRAINTS ALL IMMEDIATE")
    if isKeyed { try checkByKey() } else { try checkTogether() }
    return outcome
  }

  private func steps(_ outcome: inout LoadOutcome) throws -> [Publication.Step] {
    switch mode {
    case .append: return publication.append
    case .replace, .truncate:
      guard plan.existing?.dependents.contains(where: { $0.hasPrefix("foreign key") }) == true else {
        outcome.deleted = plan.existingRows ?? 0
        return publication.replaceRows
      }
      // TRUNCATE refuses such a table; keys that may wait are looked at when all rows are there.
      try connection.run("SET CONSTRAINTS ALL DEFERRED")
      try connection.run("LOCK TABLE \(plan.target.sql) IN SHARE ROW EXCLUSIVE MODE")
      return [("DELETE FROM \(plan.target.sql)", .deletes)] + publication.append
    case .merge: return publication.merge
    case .deleteInsert: return publication.deleteInsert
    case .scd2: return publication.scd2(time: plan.request.time)
    }
  }

  /// - Throws: `null-key`, `duplicate-key`.
  private func checkKey() throws {
    let key = try StagedKey(plan.request)
    if try !connection.rows(publication.nullKey).isEmpty { throw key.nullProblem }
    guard try !connection.rows(publication.repeatedKey).isEmpty else { return }
    try connection.run(publication.dropCopies)
    guard let example = try connection.rows(publication.repeatedKey).first else { return }
    throw key.duplicateProblem(example.map { $0 ?? "NULL" })
  }

  // MARK: Behind triggers and rules

  /// Each staged row must stand in the target under its key, with its values unless only rows are verified.
  private func checkByKey() throws {
    let row = try connection.rows(publication.divergence(onlyCurrent: mode == .scd2)).first ?? []
    if let missing = row.first.flatMap({ $0 }).flatMap({ Int($0) }), missing > 0 { throw keptOut(missing) }
    guard load.level != .count else { return }
    let others = publication.columns.filter { !publication.key.contains($0.name) }
    for (column, count) in zip(others, row.dropFirst()) {
      if let rows = count.flatMap({ Int($0) }), rows > 0 {
        throw changed("column \"\(column.name)\" differs in \(rows) of the rows")
      }
    }
  }

  /// The rows this load brought must have the fingerprint of the staged ones, both as the target's types show them.
  private func checkTogether() throws {
    let level: VerifyLevel = load.level == .count ? .count : .full
    let (staged, published) = try prints(plan.columns.indices, level)
    if published.rows != staged.rows { throw keptOut(staged.rows - published.rows) }
    guard !staged.differences(from: published).isEmpty else { return }
    for index in plan.columns.indices {
      let (one, other) = try prints(index..<index + 1, level)
      if !one.differences(from: other).isEmpty { throw changed("column \"\(plan.columns[index].name)\" differs") }
    }
    throw changed("values stand in other rows")
  }

  /// Fingerprints of some columns, staged and in the target.
  private func prints(_ range: Range<Int>, _ level: VerifyLevel) throws(Problem) -> (Fingerprint, Fingerprint) {
    let chosen = plan.columns[range]
    let schema = Schema(
      zip(plan.landing.columns[range], chosen).map { Column($1.name, $1.fit.castTo == nil ? $0.type : .text) })
    let asStaged = chosen.map { column -> SQL in
      column.fit.castTo.map { "\(name: column.name)::\(SQL(raw: $0))::text AS \(name: column.name)" }
        ?? "\(name: column.name)"
    }
    let asPublished = chosen.map { column -> SQL in
      column.fit.castTo == nil ? "\(name: column.name)" : "\(name: column.name)::text AS \(name: column.name)"
    }
    // After a replacement nothing else may stand there.
    let own: SQL = mode == .append ? " WHERE \(PostgresLoad.ownRows)" : ""
    return (
      try PostgresVerification(schema, in: "(SELECT \(asStaged) FROM \(load.staging)) AS w", level: level).fingerprint(
        on: connection),
      try PostgresVerification(schema, in: "(SELECT \(asPublished) FROM \(plan.target.sql)\(own)) AS w", level: level)
        .fingerprint(on: connection)
    )
  }

  private func keptOut(_ rows: Int) -> Problem {
    let what = rows > 0 ? "\(rows) of the rows did not get into" : "\(-rows) more rows than were sent stand in"
    return Problem(
      "verification-failed", "\(what) table \"\(plan.target.description)\"\(cause).",
      hint:
        "Nothing was made visible. Filter such rows out in a transform step, or disable what keeps them out for the load.",
      at: plan.request.location)
  }

  private func changed(_ what: String) -> Problem {
    Problem(
      "verification-failed",
      "What stands in table \"\(plan.target.description)\" is not what was sent: \(what)\(cause).",
      hint:
        "Nothing was made visible. If the table is meant to change values, set `verify: count`; else leave the column out or disable the trigger.",
      at: plan.request.location)
  }

  private var cause: String { triggers.isEmpty ? "" : "; it has \(triggers.joined(separator: ", "))" }
}

extension PostgresPlan {
  /// Numbers given to identity columns must not be given again by the table.
  func advanceIdentities(on connection: PostgresConnection) throws(Problem) {
    guard let existing else { return }
    let written = Set(columns.map(\.name))
    for column in existing.columns where column.identity != .none && written.contains(column.name) {
      try connection.run(
        """
        SELECT setval(s, most) FROM (SELECT pg_get_serial_sequence(\(text: target.sql.text), \(text: column.name))::regclass AS s, \
        (SELECT max(\(name: column.name)) FROM \(target.sql)) AS most) AS w \
        WHERE has_sequence_privilege(s, 'UPDATE') AND most > coalesce(pg_sequence_last_value(s), 0)
        """)
    }
  }

  /// The staged rows' way into the target.
  func publication(staging: SQL) -> Publication {
    let written = columns.map { column -> Publication.PublishedColumn in
      let type = column.fit.castTo ?? ""
      let isJSON = column.fit.landing == .json
      return Publication.PublishedColumn(
        column.name, conversion: type.isEmpty ? nil : "s.\(name: column.name)::\(SQL(raw: type))",
        comparedAs: isJSON ? (type.contains("jsonb") ? "jsonb" : "text") : type.contains("xml") ? "text" : nil)
    }
    let names = Set(written.map(\.name))
    let identity = existing?.columns.contains { $0.identity != .none && names.contains($0.name) } == true
    return Publication(
      dialect: .postgres, target: target.sql, staging: staging, columns: written, key: request.key.map(targetName),
      overridesIdentity: identity)
  }
}
