import Connectors
import DuckDB
import Foundation
import Pipelines
import Tabular
import TestSupport

@testable import Execution

/// Reads and writes real files with one connector, as the runner does.
struct FileRuns {
  let folder: TemporaryFolder
  let engine: Engine

  /// - Parameter folder: where the files are; one of its own if none is given.
  init(folder: TemporaryFolder? = nil) throws {
    self.folder = try folder ?? TemporaryFolder()
    engine = try Engine()
  }

  var context: ConnectorContext {
    ConnectorContext(name: "files", directory: folder.path, extensions: Library.extensions, inquiry: EngineInquiry())
  }

  static let place = Location(file: "test.yaml", line: 1, column: 1)

  /// `text` as settings: a flat map of texts, or nested maps of texts.
  static func settings(_ values: [String: Any]) -> Setting {
    Setting(
      .map(
        values.sorted { $0.key < $1.key }.map { key, value in
          let content: Setting.Content =
            switch value {
            case let map as [String: String]: settings(map).content
            case let flag as Bool: .toggle(flag)
            case let number as Int: .integer(number)
            default: .text("\(value)")
            }
          return Setting.Entry(key: key, keyLocation: place, value: Setting(content, at: place))
        }), at: place)
  }

  func connector(_ id: String, _ settings: [String: Any] = [:]) throws -> any Connector {
    guard let type = Connectors.catalog.type(named: id) else { throw Problem("unknown-connector", id) }
    return try type.make(FileRuns.settings(settings), context)
  }

  func put(_ name: String, _ text: String) throws { try put(name, Data(text.utf8)) }
  func put(_ name: String, _ bytes: Data) throws {
    let url = URL(fileURLWithPath: folder.file(name))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try bytes.write(to: url)
  }
  func text(_ name: String) throws -> String { try String(contentsOfFile: folder.file(name), encoding: .utf8) }

  struct Result {
    var schema: Schema
    var rows: [[String]]
    var rejects: [[String]] = []
    var types: [String] { schema.columns.map(\.type.description) }
    var names: [String] { schema.names }
  }

  /// Reads a file; rows as texts, in the order of the first column if `sorted`.
  func read(
    _ id: String, _ path: String, _ options: [String: Any] = [:], columns: [String]? = nil, filter: String? = nil,
    sorted: Bool = false
  ) async throws -> Result {
    guard let source = try connector(id) as? any Source else { throw Problem("not-a-source", id) }
    let request = ReadRequest(
      .path(path), columns: columns, filter: filter, options: FileRuns.settings(options), step: "orders",
      location: FileRuns.place)
    return try await run(source.read(request), sorted: sorted)
  }

  func run(_ extract: Extract, sorted: Bool = false) async throws -> Result {
    var query: SQL
    let connection = engine.connection
    try await connection.registerExactFunctions()
    switch extract.origin {
    case .query(let sql, let setup):
      for statement in setup { try await connection.execute(statement) }
      query = sql
    case .batches(let source):
      let name = "source_\(UUID().uuidString.prefix(8).lowercased())"
      try await connection.register(source, as: name)
      query = "SELECT * FROM \(SQL(raw: name))()"
    }
    for shape in extract.decimals { try await engine.registerDecimal(shape) }
    var rejects: [[String]] = []
    for condition in extract.conditions {
      let bad = try await connection.query("SELECT * FROM (\(query)) WHERE NOT (\(condition.sql))").rows
      rejects += bad.map { $0.map(\.description) + [condition.reason] }
      query = "SELECT * FROM (\(query)) WHERE \(condition.sql)"
    }
    if let projection = extract.projection { query = "SELECT \(projection) FROM (\(query))" }
    if sorted { query = "SELECT * FROM (\(query)) ORDER BY 1" }
    let table = try await connection.query(query)
    if let refused = extract.rejects {
      rejects += try await connection.query("SELECT * FROM (\(refused.query)) ORDER BY position").rows.map {
        $0.map(\.description)
      }
    }
    return Result(schema: table.schema, rows: table.rows.map { $0.map(\.description) }, rejects: rejects)
  }

  /// Writes a query's rows and makes them visible if what stands in the file equals what was sent.
  @discardableResult
  func write(
    _ id: String, _ path: String, _ rows: SQL, mode: WriteMode = .replace, _ options: [String: Any] = [:],
    key: [String] = [],
    runID: String = "r1", visible: Bool = true
  ) async throws -> Bool {
    guard let destination = try connector(id) as? any Destination else { throw Problem("not-a-destination", id) }
    return try await write(
      to: destination, .path(path), rows, mode: mode, options, key: key, runID: runID, visible: visible)
  }

  @discardableResult
  func write(
    to destination: any Destination, _ target: WriteRequest.Target, _ rows: SQL, mode: WriteMode = .replace,
    _ options: [String: Any] = [:], key: [String] = [], policy: SchemaPolicy = .evolve, runID: String = "r1",
    visible: Bool = true,
    state: [StateEntry] = []
  ) async throws -> Bool {
    let connection = engine.connection
    try await connection.registerExactFunctions()
    let schema = try await connection.describe(rows)
    let load = try await destination.prepare(
      WriteRequest(
        target: target, mode: mode, key: key, schemaPolicy: policy, schema: schema, options: FileRuns.settings(options),
        step: "publish", location: FileRuns.place, stateKey: "p/publish", runID: runID, time: "2025-01-01T00:00:00Z"))
    guard case .statements(let work) = load.work else { throw Problem("internal", "Expected statements.") }
    let casts = zip(schema.columns, load.landing.columns).map { from, to -> SQL in
      "\(load.values[to.name] ?? "CAST(\(name: from.name) AS \(to.type))") AS \(name: to.name)"
    }
    let landing: SQL = "SELECT \(casts) FROM (\(rows))"
    for statement in work.setup { try await connection.execute(statement) }
    if work.isTransactional { try await connection.execute("BEGIN TRANSACTION") }
    for statement in work.stage(landing) { try await connection.execute(statement) }
    try work.seal()
    let difference = try await connection.query(
      "SELECT count(*) FROM ((\(landing)) EXCEPT ALL (\(work.readBack)) UNION ALL (\(work.readBack)) EXCEPT ALL (\(landing)))"
    )
    let types = try await connection.describe(work.readBack).columns.map(\.type)
    let isEqual = difference.rows[0][0] == .integer(0) && types == load.landing.columns.map(\.type)
    do {
      for statement in work.settle { try await connection.execute(statement) }
      for check in work.checks {
        if let row = try await connection.query(check.finds).rows.first { throw check.problem(row.map(\.description)) }
      }
      if isEqual, visible { for statement in work.publish(state) { try await connection.execute(statement) } }
    } catch {
      if work.isTransactional { try await connection.execute("ROLLBACK") }
      work.discard()
      throw error
    }
    if work.isTransactional { try await connection.execute(isEqual && visible ? "COMMIT" : "ROLLBACK") }
    if isEqual, visible { _ = try work.finish() } else { work.discard() }
    for statement in work.teardown { try await connection.execute(statement) }
    return isEqual
  }
}
