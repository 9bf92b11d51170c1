import Pipelines
import Tabular

/// Finds the types that hold every number of JSON records exactly.
struct JSONNumbers {
  let documents: JSONDocuments
  /// Some number is none of the engine's; long whole numbers are looked for too.
  let isCareful: Bool

  /// By path, where it isn't the engine's guess.
  func types(in columns: [Column]) async throws -> [String: DataType] {
    let fractions = columns.flatMap { JSONTypes.numbers($0.type, at: JSONTypes.path("$", $0.name)) { $0 == .float64 } }
    // The engine gives small whole numbers 128 bits where some are below 0 and others aren't.
    let whole = columns.flatMap { column in
      JSONTypes.numbers(column.type, at: JSONTypes.path("$", column.name)) {
        isCareful ? $0 != .float64 : $0 == .int128
      }
    }
    let paths = fractions + whole
    guard !paths.isEmpty else { return [:] }
    let direct = paths.filter { !$0.contains("[*]") }
    let evidence = paths.flatMap { path -> [SQL] in
      let values: SQL =
        path.contains("[*]")
        ? "json_extract_string(json, \(text: path))" : "[direct[\((direct.firstIndex(of: path) ?? 0) + 1)]]"
      let isMisfit: SQL = fractions.contains(path) ? "NOT weir_double(x)" : "x IS NOT NULL AND weir_integer(x) IS NULL"
      return [
        "max(list_max(list_transform(\(values), lambda x: length(regexp_extract(x, '^-?([0-9]+)', 1)))))",
        "max(list_max(list_transform(\(values), lambda x: length(regexp_extract(x, '^-?[0-9]+[.]([0-9]+)$', 1)))))",
        "bool_or(list_bool_or(list_transform(\(values), lambda x: contains(lower(x), 'e'))))",
        "bool_or(list_bool_or(list_transform(\(values), lambda x: \(isMisfit))))",
      ]
    }
    let exact: SQL = isCareful ? "CAST(weir_json_exact(json) AS JSON) AS json" : "json"
    let list = direct.isEmpty ? "NULL" : "json_extract_string(json, [\(direct.map { "\(text: $0)" as SQL })])" as SQL
    let row =
      try await documents.read.ask(
        "SELECT \(evidence) FROM (SELECT json, \(list) AS direct FROM (SELECT \(exact) FROM (\(documents.records))))"
      ).first ?? []
    var result: [String: DataType] = [:]
    for (place, path) in paths.enumerated() where row.count >= place * 4 + 4 {
      guard case .integer(let digits) = row[place * 4], case .integer(let scale) = row[place * 4 + 1] else { continue }
      let (hasExponent, isInexact) = (row[place * 4 + 2] == .boolean(true), row[place * 4 + 3] == .boolean(true))
      result[path] =
        place < fractions.count
        ? JSONNumbers.fraction(Int(digits), Int(scale), hasExponent: hasExponent, isInexact: isInexact)
        : isInexact ? JSONNumbers.whole(Int(digits)) : .int64
    }
    return result
  }

  private static func fraction(_ digits: Int, _ scale: Int, hasExponent: Bool, isInexact: Bool) -> DataType {
    if !hasExponent, scale > 0, scale <= 6, digits + scale <= 15 { return .decimal(precision: 18, scale: scale) }
    if !isInexact { return .float64 }
    return !hasExponent && digits + scale <= 38 ? .decimal(precision: 38, scale: scale) : .text
  }

  private static func whole(_ digits: Int) -> DataType { digits <= 38 ? .int128 : .text }

  /// Says which columns of numbers are read as texts.
  static func notes(_ columns: [Column], _ types: [DataType]) -> [Problem] {
    zip(columns, types).compactMap { column, type in
      guard type == .text, [.float64, .int64, .int128].contains(column.type) else { return nil }
      return Problem(
        "numbers-as-text",
        "Column \"\(column.name)\" has numbers that no numeric type holds exactly; they are read as text.",
        hint: "Give it a type with `types`, or cast it in a transform step."
      ).warning()
    }
  }
}

/// Takes typed columns out of records, every digit kept.
struct JSONValues {
  let columns: [Column]

  func select(from records: SQL) -> SQL {
    let structure = JSONTypes.structure(.structure(columns))
    let values = columns.map { column -> SQL in
      // JSON inside keeps its numbers as numbers where it can.
      JSONTypes.holdsJSON(column.type)
        ? "from_json(json_extract(safe, \(text: JSONTypes.path("$", column.name))), \(text: JSONTypes.structure(column.type))) AS \(name: column.name)"
        : "struct_extract(record, \(text: column.name)) AS \(name: column.name)"
    }
    let safe: SQL =
      columns.contains { JSONTypes.holdsJSON($0.type) } ? ", CAST(weir_json_safe(json) AS JSON) AS safe" : ""
    return """
      SELECT \(values) FROM (SELECT from_json(CAST(weir_json_exact(json) AS JSON), \(text: structure)) AS record\(safe) FROM (\(records)))
      """
  }
}
