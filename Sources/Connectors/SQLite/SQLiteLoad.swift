import Foundation
import Pipelines
import Tabular

extension SQLite {
  package func prepare(_ request: WriteRequest) async throws -> Load {
    guard case .table(let name) = request.target else {
      throw Problem("missing-setting", "Say which `table` of \"\(path)\" to write.", at: request.location)
    }
    let file = try FileTarget(path, runID: request.runID)
    let known =
      FileManager.default.fileExists(atPath: path)
      ? try await resources().first { $0.name.lowercased() == name.lowercased() && $0.kind == "table" } : nil
    let columns = try request.schema.columns.map { try SQLiteLanding($0, in: known, request) }
    let attached = try AttachedLoad(
      target: table(known?.name ?? name), staging: table("_weir_staging_\(request.step)"), state: table("_weir_state"),
      dialect: .sqlite, columns: columns.map { .init(name: $0.column.name, storage: $0.storage) }, known: known,
      request: request)
    let publish = try attached.publish()
    let staging = attached.staging
    let rows = columns.map { column -> SQL in "\(column.stored) AS \(name: column.column.name)" }
    let back = columns.map { column -> SQL in "\(column.back) AS \(name: column.column.name)" }
    let texts = columns.filter { $0.storage == .text && $0.column.type != .text }.map { "\"\($0.column.name)\"" }
    return Load(
      landing: Schema(columns.map(\.column)),
      strategy: "Stages, verifies and publishes in one transaction of \(path)."
        + (texts.isEmpty ? "" : " SQLite has no exact type for \(texts.joined(separator: ", ")): stored as text."),
      statements: publish.map(\.text), existingRows: known?.approximateRows,
      work: .statements(
        StatementLoad(
          makeRoom: { file.makeRoom() }, setup: attach, isTransactional: true,
          stage: { query in
            ["DROP TABLE IF EXISTS \(staging)", "CREATE TABLE \(staging) AS SELECT \(rows) FROM (\(query))"]
          },
          readBack: "SELECT \(back) FROM \(staging)", settle: attached.settle, checks: attached.checks,
          publish: { publish + attached.remember($0) })))
  }
}

/// How a column's values are stored in SQLite, exactly, and read back.
struct SQLiteLanding {
  let column: Column
  /// One of SQLite's four storage classes.
  let storage: DataType

  init(_ column: Column, in table: Resource?, _ request: WriteRequest) throws(Problem) {
    var landed = column
    switch column.type {
    case .integer(bits: 64, signed: false), .integer(bits: 128, _): storage = .text
    case .integer: storage = .int64
    case .boolean: storage = .int64
    case .float32:
      landed.type = .float64
      storage = .float64
    case .float64: storage = .float64
    case .blob: storage = .blob
    case .date, .time, .timestamp, .decimal, .text: storage = .text
    case .timestampTZ: storage = .text
    case .numeric, .json, .uuid, .enumeration, .null, .bit, .interval, .timeTZ:
      landed.type = .text
      storage = .text
    case .list, .array, .structure, .map, .other:
      throw Problem(
        "no-exact-type", "Column \"\(column.name)\" is \(column.type), for which SQLite has no exact form.",
        hint: "Turn it into text in a transform step: `to_json(\(column.name))`.", at: request.location)
    }
    self.column = landed
    if request.mode == .replace { return }
    guard
      let declared = table?.columns.first(where: { $0.name.lowercased() == column.name.lowercased() })?.type
        .uppercased()
    else { return }
    guard SQLiteLanding.keeps(landed.type, storage, declared) else {
      throw Problem(
        "no-exact-type",
        "Column \"\(column.name)\" is \(column.type), but the table declares it \(declared): SQLite would change values.",
        hint: "Cast it in a transform step, or replace the table with `mode: replace`.", at: request.location)
    }
  }

  /// Whether a declared column stores such values unchanged, by its affinity (sqlite.org/datatype3.html, section 3).
  private static func keeps(_ type: DataType, _ storage: DataType, _ declared: String) -> Bool {
    if declared.contains("INT") { return storage == .int64 || fits(type) }
    if ["CHAR", "CLOB", "TEXT"].contains(where: declared.contains) {
      return storage == .text || storage == .int64 || storage == .blob
    }
    if declared.contains("BLOB") || declared.isEmpty { return true }
    if ["REAL", "FLOA", "DOUB"].contains(where: declared.contains) {
      if case .integer(let bits, _) = type { return bits <= 32 }
      return storage == .float64 || fits(type)
    }
    switch type {
    // Numbers written as text become numbers in such a column; up to 15 digits are safe.
    case .text: return declared.contains("DATE") || declared.contains("TIME")
    case .decimal: return fits(type)
    case .integer(let bits, _): return bits <= 64
    default: return true
    }
  }

  private static func fits(_ type: DataType) -> Bool {
    if case .decimal(let precision, _) = type { return precision <= 15 }
    return false
  }

  var stored: SQL {
    let value: SQL = "\(name: column.name)"
    return column.type == .timestampTZ
      ? "replace(CAST(\(value) AT TIME ZONE 'UTC' AS VARCHAR), ' ', 'T') || CASE WHEN isfinite(\(value)) THEN 'Z' ELSE '' END"
      : "CAST(\(value) AS \(storage))"
  }

  var back: SQL { "CAST(\(name: column.name) AS \(column.type))" }
}
