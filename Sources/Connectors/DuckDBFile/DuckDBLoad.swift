import Foundation
import Pipelines
import Tabular

extension DuckDBFile {
  package func prepare(_ request: WriteRequest) async throws -> Load {
    guard case .table(let name) = request.target else {
      throw Problem("missing-setting", "Say which `table` of \"\(path)\" to write.", at: request.location)
    }
    let file = try FileTarget(path, runID: request.runID)
    let known = FileManager.default.fileExists(atPath: path) ? try await resources().first { $0.name == name } : nil
    let target = table(name)
    let schema = name.split(separator: ".", maxSplits: 1).count == 2 ? name.prefix { $0 != "." } + "." : ""
    let staging = table("\(schema)_weir_staging_\(request.step)")
    var widened: [SQL] = []
    let landing = request.schema.columns.map { column in
      guard request.mode != .replace || known?.isBare == false,
        let existing = known?.columns.first(where: { $0.name.lowercased() == column.name.lowercased() })?.type
      else { return column }
      if existing == column.type.description { return column }
      if request.schemaPolicy == .evolve, known?.isBare == true, DuckDBFile.widens(existing, to: column.type) {
        widened.append("ALTER TABLE \(target) ALTER COLUMN \(name: column.name) SET DATA TYPE \(column.type)")
        return column
      }
      return Column(column.name, DuckDBFile.type(named: existing))
    }
    let attached = try AttachedLoad(
      target: target, staging: staging, state: table("_weir_state"), dialect: .duckdb,
      columns: landing.map { .init(name: $0.name, storage: $0.type) }, known: known, request: request)
    let publish = try (attached.isRefilled ? widened : []) + attached.publish()
    return Load(
      landing: Schema(landing), strategy: "Stages, verifies and publishes in one transaction of \(path).",
      statements: publish.map(\.text), existingRows: known?.approximateRows,
      work: .statements(
        StatementLoad(
          makeRoom: { file.makeRoom() }, setup: [attach(readOnly: false)], isTransactional: true,
          stage: { rows in ["CREATE OR REPLACE TABLE \(staging) AS \(rows)"] }, readBack: "SELECT * FROM \(staging)",
          settle: attached.settle, checks: attached.checks, publish: { publish + attached.remember($0) })))
  }

  /// The engine's name of a type as a type; names of nested types are kept as they are.
  private static func type(named name: String) -> DataType {
    let plain: [DataType] = [
      .boolean, .int16, .int32, .int64, .int128, .integer(bits: 8, signed: true), .float32, .float64, .text, .json,
      .blob, .uuid, .date,
      .time, .timestampMicros, .timestampTZ, .timestamp(.nanoseconds), .interval,
    ]
    if let type = plain.first(where: { $0.description == name }) { return type }
    let numbers = decimal(name)
    return numbers.count == 2 ? .decimal(precision: numbers[0], scale: numbers[1]) : .other(name)
  }

  private static func decimal(_ name: String) -> [Int] {
    name.hasPrefix("DECIMAL(") && name.hasSuffix(")")
      ? name.dropFirst(8).dropLast().split(separator: ",").compactMap { Int($0) } : []
  }

  /// Whether every value of the type named `existing` is one of `type` too.
  private static func widens(_ existing: String, to type: DataType) -> Bool {
    let widths = ["TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64]
    if case .integer(let bits, signed: true) = type, let width = widths[existing] { return bits > width }
    if type == .float64 { return existing == "FLOAT" }
    guard case .decimal(let precision, let scale) = type else { return false }
    if let width = widths[existing] { return precision - scale >= [8: 3, 16: 5, 32: 10, 64: 19][width] ?? 38 }
    let numbers = decimal(existing)
    return numbers.count == 2 && scale >= numbers[1] && precision - scale >= numbers[0] - numbers[1]
  }
}
