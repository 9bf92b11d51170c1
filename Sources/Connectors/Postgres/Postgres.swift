import Pipelines
import Tabular

/// PostgreSQL and what speaks its protocol, through its own client library.
package struct Postgres: Source, Destination {
  package static let manifest = Manifest(
    id: "postgres", title: "PostgreSQL", summary: "Tables and queries of a PostgreSQL database.", category: .database,
    aliases: ["postgresql", "pg", "timescaledb", "timescale", "cockroachdb", "supabase", "neon"],
    schemes: ["postgres", "postgresql"], settings: PostgresSettings.schemaOfFields)
  package static let writeModes = Set(WriteMode.allCases)

  package let settings: PostgresSettings
  private let context: ConnectorContext

  package init(_ settings: PostgresSettings, context: ConnectorContext) {
    self.settings = settings
    self.context = context
  }

  package func check() async -> ConnectionReport { await PostgresCheck(settings: settings).report() }

  package func resources() async throws -> [Resource] {
    let settings = settings
    return try await Blocking.run { try PostgresDiscovery.resources(on: PostgresConnection(settings, for: .reading)) }
  }

  package func prepare(_ request: WriteRequest) async throws -> Load {
    let settings = settings
    let plan = try await Blocking.run {
      let connection = try PostgresConnection(settings, for: .reading)
      defer { connection.close() }
      return try PostgresPlan(request, defaultSchema: Postgres.defaultSchema(settings, connection), on: connection)
    }
    return Load(
      landing: plan.landing, strategy: plan.strategy, statements: plan.statements,
      dependents: plan.existing?.dependents ?? [],
      existingRows: plan.existingRows, work: .stream { try PostgresLoad(plan, settings) })
  }

  package func read(_ request: ReadRequest) async throws -> Extract {
    let settings = settings
    return try await Blocking.run { try PostgresExtract(request, settings).extract() }
  }

  package static var keepsState: Bool { true }

  package func storedState(_ keys: [String], for target: WriteRequest.Target) async throws -> [String: String] {
    guard case .table(let text) = target else { return [:] }
    let settings = settings
    return try await Blocking.run {
      let connection = try PostgresConnection(settings, for: .reading)
      defer { connection.close() }
      let name = try TableName(text)
      let fallback = try Postgres.defaultSchema(settings, connection)
      let schema =
        try PostgresTable.find(name, defaultSchema: fallback, on: connection)?.name.schema ?? name.schema ?? fallback
      return try PostgresState(schema: schema).values(of: keys, on: connection)
    }
  }

  package func isThere(_ target: WriteRequest.Target) async throws -> Bool {
    guard case .table(let text) = target else { return true }
    return try await table(text) != nil
  }

  package func columns(of target: WriteRequest.Target) async throws -> [String]? {
    guard case .table(let text) = target else { return nil }
    return try await table(text)?.columns.map(\.name)
  }

  private func table(_ text: String) async throws -> PostgresTable? {
    let settings = settings
    return try await Blocking.run {
      let connection = try PostgresConnection(settings, for: .reading)
      defer { connection.close() }
      let fallback = try Postgres.defaultSchema(settings, connection)
      return try PostgresTable.find(try TableName(text), defaultSchema: fallback, on: connection)
    }
  }

  package func place(of target: WriteRequest.Target, mode: WriteMode, step: String) -> String? {
    guard case .table(let text) = target, let name = try? TableName(text) else { return nil }
    let schema = name.schema ?? (settings.schema.isEmpty ? "public" : settings.schema)
    return "\(settings.host.lowercased()):\(settings.port)/\(settings.database) \(schema).\(name.name)"
  }

  /// The schema of tables named without one.
  static func defaultSchema(_ settings: PostgresSettings, _ connection: PostgresConnection) throws(Problem) -> String {
    settings.schema.isEmpty ? try connection.value("SELECT current_schema()") ?? "public" : settings.schema
  }
}

extension PostgresPlan {
  /// What will happen, in words.
  var strategy: String {
    let table = "\"\(target.description)\""
    var words = way(table)
    if path == .staged, request.mode == .replace, let existing, let reason = existing.reasons.first {
      words +=
        "; the table itself stays because of \(reason)"
        + (existing.reasons.count > 1 ? " and \(existing.reasons.count - 1) more" : "")
    }
    if let existing, !existing.triggers.isEmpty {
      words += "; rows are verified again behind \(existing.triggers.joined(separator: ", "))"
    }
    let missing = existing == nil ? known.missing(request.schema) : []
    if !missing.isEmpty { words += "; \(missing.joined(separator: ", ")), because this server has no such type" }
    let widened = columns.compactMap { column in column.wider.map { "\"\(column.name)\" becomes \($0.staged)" } }
    return widened.isEmpty ? words : words + "; if a value needs it, \(widened.joined(separator: ", "))"
  }

  private func way(_ table: String) -> String {
    switch (path, request.mode) {
    case (.create, _): "create table \(table) and copy into it, in one transaction"
    case (.swap, _): "copy into a new table and put it in the place of \(table), in one transaction"
    case (.direct, _): "copy into \(table), in one transaction"
    case (.staged, .append): "copy into a temporary table, insert from there into \(table)"
    case (.staged, .merge): "copy into a temporary table, update and insert by key in \(table)"
    case (.staged, .deleteInsert): "copy into a temporary table, delete and insert by key in \(table)"
    case (.staged, .scd2): "copy into a temporary table, close and add versions in \(table)"
    case (.staged, _): "copy into a temporary table, empty \(table) and insert from there, in one transaction"
    }
  }

  /// The statements of `strategy`, for `weir plan`.
  var statements: [String] {
    let setUp = (creation.map { [$0] } ?? []) + alterations.map { "ALTER TABLE \(target.sql) \($0)" }
    guard path == .staged else {
      return path == .swap ? [PostgresSwap(target: target).create.text] + setUp.map(\.text) : setUp.map(\.text)
    }
    let publication = publication(staging: "\"_weir_staging\"")
    let steps =
      switch request.mode {
      case .append: publication.append
      case .replace, .truncate: publication.replaceRows
      case .merge: publication.merge
      case .deleteInsert: publication.deleteInsert
      case .scd2: publication.scd2(time: request.time)
      }
    return (setUp + steps.map(\.statement)).map(\.text)
  }
}
