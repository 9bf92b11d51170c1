import Pipelines
import Tabular

/// A column as it is stored: SQLite declares types but stores any value anywhere, so the values decide.
struct SQLiteColumn: Sendable {
  var name: String
  var declared: String
  var type: DataType
  /// Texts or blobs stand among values of another kind.
  var isMixed = false

  /// The type it is carried in from SQLite to the engine.
  var carrier: DataType {
    switch type {
    case .blob, .float64, .int64: type
    default: .text
    }
  }

  /// The value as it is carried, exact, in SQLite's SQL.
  var rendering: SQL {
    let value: SQL = "\(name: name)"
    switch type {
    case .blob, .float64, .int64: return value
    case .decimal(_, let scale):
      return "CASE WHEN \(value) IS NOT NULL THEN printf('%.\(scale)f', \(value)) END AS \(value)"
    case .text where isMixed:
      return """
        CASE typeof(\(value)) WHEN 'real' THEN \(SQLiteColumn.number(value)) WHEN 'blob' THEN '\\x' || lower(hex(\(value))) \
        ELSE CAST(\(value) AS TEXT) END AS \(value)
        """
    default: return "CAST(\(value) AS TEXT) AS \(value)"
    }
  }

  private static func number(_ value: SQL) -> SQL {
    """
    CASE WHEN \(value) IS NOT NULL THEN CASE WHEN \(value) = CAST(printf('%!.15g', \(value)) AS REAL) \
    THEN printf('%!.15g', \(value)) ELSE printf('%!.17g', \(value)) END END
    """
  }

  /// The carried value as it is meant, in the engine's SQL.
  var reading: SQL {
    switch type {
    case .text, .blob, .float64, .int64: "\(name: name)"
    default: "CAST(\(name: name) AS \(type))"
    }
  }

  func note(in path: String) -> Problem? {
    guard isMixed else { return nil }
    var note = Problem(
      "mixed-types",
      "Column \"\(name)\" of \"\(path)\", declared \(declared.isEmpty ? "without a type" : declared), holds several kinds of values: read as text.",
      hint: "Use `cast` to give it a type.")
    note.severity = .warning
    return note
  }
}

extension SQLite {
  /// The columns of a relation with the types its values really have.
  func stored(_ relation: SQL, _ filter: SQL, _ request: ReadRequest) async throws -> [SQLiteColumn] {
    let path = path
    let all: [String]
    do {
      all = try await Blocking.run { try SQLiteQuery("SELECT * FROM \(relation)", in: path).names }
    } catch {
      throw Problems.of(error)[0].located(at: request.location)
    }
    for wanted in request.columns ?? [] where !all.contains(wanted) {
      throw Problem(
        "unknown-column", "Step \"\(request.step)\" reads column \"\(wanted)\", which is not there.",
        hint: Nearest.hint(wanted, among: all), at: request.location)
    }
    let names = request.columns ?? all
    var declared: [String: String] = [:]
    if case .query = request.subject {
    } else {
      let name = SQL.unquoted(relation.text)
      for row in try await ask("SELECT name, type FROM pragma_table_info(\(text: name))") {
        declared[row[0] ?? ""] = row[1]?.uppercased()
      }
    }
    guard !names.isEmpty else { return [] }
    let evidence = names.map { name in
      StoredKinds.evidence("\(name: name)", declared[name] ?? "")
    }
    let row = try await ask("SELECT \(evidence) FROM \(relation)\(filter)").first ?? []
    return names.enumerated().map { place, name in
      let answers = row.dropFirst(place * StoredKinds.count).prefix(StoredKinds.count).map { $0 == "1" }
      return StoredKinds(answers).column(name, declared[name] ?? "")
    }
  }
}

/// Which kinds of values a column holds.
private struct StoredKinds {
  static let count = 9
  private let answers: [Bool]
  init(_ answers: [Bool]) { self.answers = answers }

  /// Answers as 1, 0 or null, one pass over the table.
  static func evidence(_ value: SQL, _ declared: String) -> SQL {
    let scale = decimal(declared)?.scale ?? 0
    let day = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]"
    let time = "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
    let instant: SQL = "\(value) GLOB '\(SQL(raw: day))[ T]\(SQL(raw: time))'"
    let fraction: SQL = """
      \(value) GLOB '\(SQL(raw: day))[ T]\(SQL(raw: time)).[0-9]*' AND length(\(value)) <= 26 \
      AND substr(\(value), 21) NOT GLOB '*[^0-9]*'
      """
    let tests: [SQL] = [
      "max(typeof(\(value)) = 'integer')", "max(typeof(\(value)) = 'real')", "max(typeof(\(value)) = 'text')",
      "max(typeof(\(value)) = 'blob')",
      "max(typeof(\(value)) = 'integer' AND \(value) NOT BETWEEN -9007199254740992 AND 9007199254740992)",
      "max(typeof(\(value)) = 'integer' AND \(value) NOT IN (0, 1))",
      "max(round(\(value), \(scale)) IS NOT \(value) OR abs(\(value)) >= 1e\(max(0, 15 - scale)))",
      "min(date(\(value)) IS \(value) AND \(value) GLOB '\(SQL(raw: day))')",
      "min(datetime(\(value)) IS NOT NULL AND (\(instant) OR (\(fraction))))",
    ]
    return "\(tests)"
  }

  func column(_ name: String, _ declared: String) -> SQLiteColumn {
    let (integers, reals, texts, blobs) = (answers[0], answers[1], answers[2], answers[3])
    var column = SQLiteColumn(name: name, declared: declared, type: .text)
    switch (integers, reals, texts, blobs) {
    case (false, false, false, false): column.type = SQLiteColumn.declaredType(declared)
    case (true, false, false, false):
      column.type = declared.hasPrefix("BOOL") && !answers[5] ? .boolean : exact(declared) ?? .int64
    case (_, true, false, false):
      if let exact = exact(declared) {
        column.type = exact
      } else if answers[4] {
        column.isMixed = true
      } else {
        column.type = .float64
      }
    case (false, false, true, false):
      if declared == "DATE", answers[7] { column.type = .date }
      if declared.hasPrefix("DATETIME") || declared.hasPrefix("TIMESTAMP"), answers[8] {
        column.type = .timestampMicros
      }
    case (false, false, false, true): column.type = .blob
    default: column.isMixed = true
    }
    return column
  }

  /// The declared decimal type, if all numbers fit it exactly.
  private func exact(_ declared: String) -> DataType? {
    guard let (precision, scale) = StoredKinds.decimal(declared), scale > 0, precision <= 38, !answers[6] else {
      return nil
    }
    return .decimal(precision: precision, scale: scale)
  }

  /// Precision and scale of `DECIMAL(p,s)` and `NUMERIC(p,s)`.
  static func decimal(_ declared: String) -> (precision: Int, scale: Int)? {
    guard declared.hasPrefix("DEC") || declared.hasPrefix("NUM"), let open = declared.firstIndex(of: "("),
      declared.hasSuffix(")")
    else { return nil }
    let numbers = declared[declared.index(after: open)...].dropLast().split(separator: ",").compactMap { part in
      Int(part.filter { $0 != " " })
    }
    guard numbers.count == 2, numbers[0] >= numbers[1], numbers[0] > 0, numbers[1] >= 0, numbers[1] <= 15 else {
      return nil
    }
    return (numbers[0], numbers[1])
  }
}

extension SQLiteColumn {
  /// What an empty column's declaration says (sqlite.org/datatype3.html, section 3.1).
  static func declaredType(_ declared: String) -> DataType {
    if declared.contains("INT") { return .int64 }
    if declared.hasPrefix("BOOL") { return .boolean }
    if declared == "DATE" { return .date }
    if declared.hasPrefix("DATETIME") || declared.hasPrefix("TIMESTAMP") { return .timestampMicros }
    if ["REAL", "FLOA", "DOUB"].contains(where: declared.contains) { return .float64 }
    if declared == "BLOB" { return .blob }
    return .text
  }
}
