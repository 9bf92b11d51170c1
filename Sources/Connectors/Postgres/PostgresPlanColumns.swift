import Pipelines
import Tabular

/// Which column of the target each column of the rows gets into, and how.
extension PostgresPlan {
  mutating func planColumns(_ options: PostgresWriteOptions) throws {
    var problems: [Problem] = []
    var taken: [String: String] = [:]
    for column in request.schema.columns {
      if let other = taken.updateValue(column.name, forKey: column.name.lowercased()) {
        problems.append(
          Problem(
            "column-collision", "Columns \"\(other)\" and \"\(column.name)\" differ only in upper and lower case.",
            hint: "Rename one of them in a transform step.", at: request.location))
      }
      if column.name.utf8.count > 63 || column.name.isEmpty || column.name.contains("\0") {
        problems.append(
          Problem(
            "invalid-name", "\"\(column.name)\" can't be a column's name in PostgreSQL: at most 63 bytes, not empty.",
            hint: "Rename it in a transform step.", at: request.location))
      }
      if let existing {
        planColumn(column, in: existing, options, &problems)
      } else if let fit = known.landing(of: column) {
        columns.append(PlannedColumn(name: column.name, fit: fit))
      } else {
        problems.append(noExactType(column, "PostgreSQL has no exact type"))
      }
    }
    if let existing { checkMissing(existing, &problems) }
    guard problems.isEmpty else { throw Problems(problems) }
    if let existing, request.mode == .scd2 {
      let missing = Publication.versionColumns.filter { name in !existing.columns.contains { $0.name == name } }
      alterations += missing.map { "ADD COLUMN \(name: $0) timestamptz" }
    }
    if existing == nil {
      var definitions = columns.map { column -> SQL in
        "\(name: column.name) \(SQL(raw: column.fit.castTo ?? column.fit.staged))"
      }
      if request.mode == .scd2 { definitions += ["\"valid_from\" timestamptz NOT NULL", "\"valid_to\" timestamptz"] }
      if [.merge, .deleteInsert].contains(request.mode), !request.key.isEmpty {
        definitions.append("PRIMARY KEY (\(names: request.key.map(targetName)))")
      }
      creation = "CREATE TABLE \(target.sql) (\(definitions))"
    }
  }

  private mutating func planColumn(
    _ column: Column, in table: PostgresTable, _ options: PostgresWriteOptions, _ problems: inout [Problem]
  ) {
    let folded = table.columns.filter { $0.name.lowercased() == column.name.lowercased() }
    let match = table.columns.first { $0.name == column.name } ?? (folded.count == 1 ? folded[0] : nil)
    guard let match else {
      guard let fit = known.landing(of: column) else {
        return problems.append(noExactType(column, "PostgreSQL has no exact type"))
      }
      let change: SQL = "ADD COLUMN \(name: column.name) \(SQL(raw: fit.castTo ?? fit.staged))"
      allow(change, "has no column \"\(column.name)\"", isAnswered: request.created.contains(column.name), &problems)
      columns.append(PlannedColumn(name: column.name, fit: fit))
      return
    }
    if let problem = refusal(of: match, in: table, options) { return problems.append(problem) }
    if let fit = PostgresTypes.fit(column.type, into: match) {
      let mayWiden = fit.limit != nil && request.schemaPolicy == .evolve
      columns.append(
        PlannedColumn(
          name: match.name, fit: fit, wider: mayWiden ? PostgresTypes.widened(match, for: column.type) : nil))
    } else if let wider = PostgresTypes.widened(match, for: column.type) {
      let change: SQL = "ALTER COLUMN \(name: match.name) TYPE \(SQL(raw: wider.staged))"
      allow(
        change, "keeps column \"\(match.name)\" as \(match.sqlType), which can't hold every \(column.type)", &problems)
      columns.append(PlannedColumn(name: match.name, fit: wider))
    } else {
      problems.append(
        noExactType(
          column, "the target's column is \(match.sqlType), which can't hold every value",
          hint: PostgresPlan.isZoneMissing(column.type, match.type)
            ? "Say which zone is meant in a transform step, for example \"\(column.name)\" AT TIME ZONE 'UTC'." : nil))
    }
  }

  /// Why the rows' values can't get into a column the table fills by itself.
  private func refusal(
    of column: PostgresTable.TableColumn, in table: PostgresTable, _ options: PostgresWriteOptions
  ) -> Problem? {
    let without = "SELECT * EXCLUDE (\(SQL.quote(column.name, with: "\"")))"
    if column.isGenerated {
      return Problem(
        "generated-column",
        "Table \"\(table.name.description)\" computes column \"\(column.name)\" by itself (GENERATED ALWAYS AS …), so the rows' values would be lost.",
        hint: "Leave it out with \(without) in a transform step, or map it to a column of another name.",
        at: request.location)
    }
    guard column.identity == .always else { return nil }
    if options.identity == .refuse {
      return Problem(
        "generated-column",
        "Table \"\(table.name.description)\" numbers column \"\(column.name)\" by itself (GENERATED ALWAYS AS IDENTITY).",
        hint:
          "Write `identity: keep` to keep the rows' numbers, or leave the column out with \(without) in a transform step.",
        at: request.location)
    }
    guard request.mode == .merge, !request.key.map({ $0.lowercased() }).contains(column.name.lowercased()) else {
      return nil
    }
    return Problem(
      "generated-column",
      "Mode merge can't update column \"\(column.name)\" of \"\(table.name.description)\", which the table numbers by itself.",
      hint: "Leave it out with \(without) in a transform step, or make it the key.", at: request.location)
  }

  private mutating func allow(_ change: SQL, _ reason: String, isAnswered: Bool = false, _ problems: inout [Problem]) {
    if request.schemaPolicy == .evolve || isAnswered {
      alterations.append(change)
    } else {
      problems.append(
        Problem(
          "schema-change",
          "Table \"\(target.description)\" \(reason), and its schema is set to \(request.schemaPolicy.rawValue).",
          hint: "Allow it with `schema: evolve`, or run: ALTER TABLE \(target.sql) \(change);", at: request.location))
    }
  }

  private func noExactType(_ column: Column, _ reason: String, hint: String? = nil) -> Problem {
    Problem(
      "no-exact-type", "Column \"\(column.name)\" is \(column.type), and \(reason) for it.",
      hint: hint ?? "Choose one with a cast in a transform step, for example \"\(column.name)\"::VARCHAR.",
      at: request.location)
  }

  private static func isZoneMissing(_ type: DataType, _ column: String) -> Bool {
    if case .timestamp = type { return column == "timestamptz" }
    return type == .timestampTZ && column == "timestamp"
  }

  private func checkMissing(_ table: PostgresTable, _ problems: inout [Problem]) {
    let given = Set(request.schema.columns.map { $0.name.lowercased() })
    for column in table.columns where !given.contains(column.name.lowercased()) {
      if request.mode == .scd2, Publication.versionColumns.contains(column.name) { continue }
      if column.isNullable || column.hasDefault || column.identity != .none || column.isGenerated { continue }
      problems.append(
        Problem(
          "missing-column",
          "Table \"\(table.name.description)\" needs a value for column \"\(column.name)\", which the rows don't have.",
          hint: "Add it in a transform step, or give the column a default.", at: request.location))
    }
  }
}
