import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

/// A schema of its own on the real server, and short ways to load, read and ask.
final class PostgresFixture: @unchecked Sendable {
  let schema: String
  let postgres: Postgres
  let connection: PostgresConnection

  init(_ schema: String) throws {
    self.schema = schema
    let settings = try PostgresFixture.settings(schema: schema)
    postgres = Postgres(settings, context: PostgresFixture.context)
    connection = try PostgresConnection(settings)
    try connection.run("DROP SCHEMA IF EXISTS \(name: schema) CASCADE")
    try connection.run("CREATE SCHEMA \(name: schema)")
    try connection.run("SET search_path = \(name: schema)")
  }

  static let context = ConnectorContext(name: "pg", directory: "/", extensions: "/")

  static func settings(schema: String = "") throws -> PostgresSettings {
    var settings = PostgresSettings()
    settings.host = "127.0.0.1"
    settings.port = try PostgresServer.shared.get().port
    settings.database = "postgres"
    settings.password = Secret("secret")
    settings.sslMode = .disable
    settings.schema = schema
    return settings
  }

  func run(_ sql: String) throws { _ = try connection.run(SQL(raw: sql)) }
  func rows(_ sql: String) throws -> [[String?]] { try connection.rows(SQL(raw: sql)) }
  func value(_ sql: String) throws -> String? { try connection.value(SQL(raw: sql)) }

  func request(
    _ table: String, _ schema: Schema, _ mode: WriteMode, key: [String] = [], policy: SchemaPolicy = .evolve
  ) -> WriteRequest {
    WriteRequest(
      target: .table(table), mode: mode, key: key, schemaPolicy: policy, schema: schema, options: nil, step: "load",
      location: nil, stateKey: "p/load", runID: "run-1", time: "2026-01-02T03:04:05Z")
  }

  /// Loads rows in batches and checks the fingerprints of both sides.
  @discardableResult
  func load(
    _ request: WriteRequest, batches: [MemoryBatch], level: VerifyLevel = .full, state: [StateEntry] = []
  ) async throws -> LoadOutcome {
    let load = try await postgres.prepare(request)
    guard case .stream(let open) = load.work else { throw Problem("internal", "not a stream") }
    let stream = try open()
    do {
      try stream.begin()
      var prints = FingerprintAccumulator(schema: load.landing, level: level)
      for memory in batches {
        try memory.withBatch { batch in
          prints.add(batch)
          try stream.write(batch)
        }
      }
      try stream.endWriting()
      let (sent, landed) = (prints.finish(), try stream.landed(level: level))
      #expect(sent.differences(from: landed).isEmpty)
      #expect(sent.hash == landed.hash)
      return try stream.commit(state: state).get()
    } catch {
      stream.rollback()
      throw error
    }
  }

  /// Loads rows given as values.
  @discardableResult
  func load(
    _ table: String, _ schema: Schema, _ rows: [[Value]], _ mode: WriteMode, key: [String] = [],
    policy: SchemaPolicy = .evolve,
    state: [StateEntry] = []
  ) async throws -> LoadOutcome {
    let memory = MemoryBatch(schema, rowCount: rows.count)
    for (row, values) in rows.enumerated() {
      for (column, value) in values.enumerated() { memory.columns[column].set(row, value) }
    }
    return try await load(request(table, schema, mode, key: key, policy: policy), batches: [memory], state: state)
  }

  /// Reads everything with one reader after another.
  func read(
    _ subject: ReadRequest.Subject, capacity: Int = 2048, _ change: (inout ReadRequest) -> Void = { _ in }
  ) async throws -> (
    schema: Schema, batches: [MemoryBatch], extract: Extract
  ) {
    var request = ReadRequest(subject, step: "read")
    change(&request)
    let extract = try await postgres.read(request)
    guard case .batches(let source) = extract.origin else { throw Problem("internal", "no batches") }
    var batches: [MemoryBatch] = []
    let scan = source.scan()
    for _ in 0..<source.partitions {
      let reader = try scan.open(columns: Array(source.schema.columns.indices))
      while true {
        let memory = MemoryBatch(source.schema, rowCount: capacity)
        let count = try reader.read(into: memory.columns, capacity: capacity)
        if count == 0 { break }
        memory.rowCount = count
        batches.append(memory)
      }
    }
    return (source.schema, batches, extract)
  }

  /// Reads a table and loads it into another; the server then says how many rows differ.
  func copy(_ from: String, to table: String, _ mode: WriteMode = .replace) async throws -> Int {
    let (schema, batches, _) = try await read(.table(from))
    try await load(request(table, schema, mode), batches: batches)
    return Int(
      try value(
        "SELECT count(*) FROM ((TABLE \(from) EXCEPT ALL TABLE \(table)) UNION ALL (TABLE \(table) EXCEPT ALL TABLE \(from))) d"
      ) ?? "")
      ?? -1
  }
}

extension Commit {
  /// What became visible; throws if nothing did or nobody knows.
  func get() throws -> LoadOutcome {
    switch self {
    case .committed(let outcome, _): return outcome
    case .notCommitted(let error): throw error
    case .unknown(let problem): throw problem
    }
  }
}

extension MemoryVector {
  func set(_ row: Int, _ value: Value) {
    switch value {
    case .null: setNull(row)
    case .boolean(let flag): set(row, flag ? 1 as UInt8 : 0)
    case .integer(let number):
      switch type {
      case .integer(8, _): set(row, Int8(truncatingIfNeeded: number))
      case .integer(16, _): set(row, Int16(truncatingIfNeeded: number))
      case .integer(32, _), .date: set(row, Int32(truncatingIfNeeded: number))
      case .integer(128, _): set(row, number)
      case .decimal(let precision, _):
        switch precision {
        case ...4: set(row, Int16(number))
        case ...9: set(row, Int32(number))
        case ...18: set(row, Int64(number))
        default: set(row, number)
        }
      default: set(row, Int64(truncatingIfNeeded: number))
      }
    case .float(let number): if type == .float32 { set(row, Float(number)) } else { set(row, number) }
    case .text(let text), .json(let text), .decimal(let text), .moment(let text): assign(row, text)
    case .blob(let bytes): bytes.withUnsafeBytes { assign(row, $0) }
    case .list, .structure: setNull(row)
    }
  }
}
