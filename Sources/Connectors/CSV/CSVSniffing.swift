import Foundation
import Pipelines
import Tabular

/// Files of the same names and dialect.
struct CSVGroup: Hashable {
  struct Dialect: Hashable {
    var delimiter: String
    var quote: String
    var escape: String
    var skip: Int
    var hasHeader: Bool
    var comment: String
  }

  var dialect: Dialect
  var names: [String]
  var paths: [String]
  /// What the engine believes of each column; `CSVSniffing` corrects it where a value would change.
  var guesses: [String]
  var types: [CSVType] = []
  /// Most digits of a whole number in each column's sample; 0 = not looked at.
  var digits: [Int] = []
}

/// How a column is read.
enum CSVType: Hashable {
  /// By the engine, with this type.
  case plain(String)
  /// As text, then exactly.
  case decimal(precision: Int, scale: Int)
  /// Whole numbers of a type: by way of a double, which tells fractions, or as text if some have more digits than those hold.
  case whole(type: String, isLong: Bool)
  /// As text, then as a double if one stands for exactly that number.
  case double

  static let text = CSVType.plain("VARCHAR")

  /// The exact conversion its values go through.
  var shape: DecimalShape? {
    switch self {
    case .decimal(let precision, let scale): DecimalShape(precision: precision, scale: scale)
    case .whole("HUGEINT", true), .whole("UBIGINT", true): DecimalShape(precision: 38, scale: 0)
    default: nil
    }
  }
}

/// Finds dialects and types from a sample.
struct CSVSniffing {
  let format: CSV
  let read: FileRead
  let encoding: String

  private struct Guess: Decodable {
    var name: String
    var type: String
  }

  /// The engine looks at whole batches of 2,048 rows.
  private var sampleRows: Int { max((format.sampleRows + 2047) / 2048, 1) * 2048 }

  /// The groups, and the copies that stand for files whose lines end in more than one way.
  func groups() async throws -> ([CSVGroup], copies: [UnifiedFile]) {
    do {
      return (try await groups(of: read.files.paths), [])
    } catch let error as Problem
      where error.code == "unreadable-file" && read.files.bytes != nil && !encoding.hasPrefix("utf-16")
    {
      let quote = (format.quote ?? "\"").utf8.first ?? 0x22
      var copies: [UnifiedFile] = []
      let paths = try read.files.paths.map { path in
        guard let copy = try UnifiedFile(path, quote: quote) else { return path }
        copies.append(copy)
        return copy.path
      }
      guard !copies.isEmpty else { throw error }
      return (try await groups(of: paths), copies)
    }
  }

  private func groups(of paths: [String]) async throws -> [CSVGroup] {
    let sniffs = paths.map { path -> SQL in
      """
      SELECT \(text: path), Delimiter, Quote, Escape, SkipRows, HasHeader, Comment, CAST(to_json(Columns) AS VARCHAR), \
      DateFormat, TimestampFormat FROM sniff_csv(\(text: path), sample_size = \(sampleRows)\(options))
      """
    }
    var groups: [CSVGroup] = []
    for row in try await read.ask("\(sniffs, separator: " UNION ALL ")") {
      let columns = try JSONDecoder().decode([Guess].self, from: Data(row[7].description.utf8))
      let isISO = isDefault(row[8], "%Y-%m-%d") && isDefault(row[9], nil)
      let dialect = CSVGroup.Dialect(
        delimiter: row[1].description, quote: known(row[2]) ?? "\"", escape: known(row[3]) ?? known(row[2]) ?? "\"",
        skip: Int(row[4].description) ?? 0, hasHeader: row[5] == .boolean(true), comment: known(row[6]) ?? "")
      let guesses = columns.map {
        isISO || !($0.type.hasPrefix("DATE") || $0.type.hasPrefix("TIMESTAMP")) ? $0.type : "VARCHAR"
      }
      let names = columns.map(\.name)
      if let place = groups.firstIndex(where: { group in
        group.dialect == dialect && group.names == names && zip(group.names, names).allSatisfy(ColumnNames.areIdentical)
      }) {
        groups[place].paths.append(row[0].description)
        groups[place].guesses = zip(groups[place].guesses, guesses).map(CSVSniffing.common)
      } else {
        groups.append(
          CSVGroup(dialect: dialect, names: columns.map(\.name), paths: [row[0].description], guesses: guesses))
      }
    }
    for place in groups.indices {
      try await CSVHeader(read: read, encoding: encoding, group: groups[place]).check()
      (groups[place].types, groups[place].digits) = try await types(of: groups[place])
    }
    return CSVSniffing.agreed(groups)
  }

  private var options: SQL {
    var result: SQL = ", null_padding = false, ignore_errors = true, encoding = \(text: encoding)"
    func add(_ name: SQL, _ value: String?) { if let value { result = "\(result), \(name) = \(text: value)" } }
    add("delim", format.delimiter)
    add("quote", format.quote)
    add("escape", format.escape ?? format.quote)
    add("comment", format.comment)
    add("dateformat", format.dateFormat)
    add("timestampformat", format.timestampFormat)
    if let header = format.header { result = "\(result), header = \(header)" }
    if format.skip > 0 { result = "\(result), skip = \(format.skip)" }
    if format.decimal != "." { result = "\(result), decimal_separator = \(text: format.decimal)" }
    let nulls = format.null.map { text -> SQL in "\(text: text)" }
    return "\(result), nullstr = [\(nulls)], allow_quoted_nulls = false"
  }

  private func known(_ value: Value) -> String? {
    ["(empty)", "NULL", "", "\0"].contains(value.description) ? nil : value.description
  }

  private func isDefault(_ value: Value, _ format: String?) -> Bool {
    value == .null || value.description.isEmpty || value.description == format || self.format.dateFormat != nil
      || self.format.timestampFormat != nil
  }

  /// Reads the sample's texts where the engine's guess could change them.
  private func types(of group: CSVGroup) async throws -> ([CSVType], digits: [Int]) {
    var evidence: [SQL] = []
    for (name, guess) in zip(group.names, group.guesses) {
      let text: SQL = format.decimal == "." ? "\(name: name)" : "replace(\(name: name), \(text: format.decimal), '.')"
      switch guess {
      case "BIGINT":
        evidence.append(
          "bool_or(regexp_matches(\(text), '^[-+]?0[0-9]|^[+]')), max(length(regexp_extract(\(text), '[0-9]+'))), count(*)"
        )
      case "DOUBLE":
        evidence += [
          """
          CAST(coalesce(bool_or(regexp_matches(\(text), '^[-+]?0[0-9]|^[+]|[^-0-9.]')), false) AS INTEGER) \
          + CASE WHEN coalesce(bool_or(NOT weir_double(\(text))), false) THEN 2 ELSE 0 END
          """,
          "max(length(regexp_extract(\(text), '^-?([0-9]*)', 1)))",
          "max(length(regexp_extract(\(text), '[.]([0-9]*)$', 1)))",
        ]
      case _ where guess.hasPrefix("TIMESTAMP"):
        evidence.append("bool_or(regexp_matches(\(text), '[.][0-9]{7}')), NULL, NULL")
      case "BOOLEAN":
        evidence.append("bool_or(NOT regexp_full_match(\(text), 'true|false|True|False|TRUE|FALSE')), NULL, NULL")
      default:
        evidence.append(
          format.types?[name] == nil
            ? "NULL, NULL, NULL" : "NULL, max(length(regexp_extract(\(text), '^[-+]?([0-9]+)$', 1))), NULL")
      }
    }
    let needed = format.types != nil || group.guesses.contains { $0 != "VARCHAR" }
    let reading = CSVReading(format: format, read: read, encoding: encoding, groups: [group])
    let row =
      needed
      ? try await read.ask(
        "SELECT \(evidence) FROM (SELECT * FROM \(reading.scan(group, texts: true)) LIMIT \(sampleRows))"
      ).first ?? [] : []
    var digits: [Int] = []
    let types = group.guesses.enumerated().map { place, guess in
      let found = row.count > place * 3 + 2 ? Array(row[place * 3...place * 3 + 2]) : [.null, .null, .null]
      if case .integer(let count) = found[1] { digits.append(Int(count)) } else { digits.append(0) }
      return type(guess, oddity: found[0], whole: found[1], scale: found[2], isSingle: group.paths.count == 1)
    }
    return (types, digits)
  }

  /// The type that holds every value of the sample exactly, and tells later ones it doesn't.
  /// - Parameters:
  ///   - oddity: for doubles 1 = not written as plain digits, 2 = no double holds it, 3 = both; else whether the text would change.
  ///   - whole: most digits before the point; `scale`: after it, for whole numbers the rows looked at.
  private func type(_ guess: String, oddity: Value, whole: Value, scale: Value, isSingle: Bool) -> CSVType {
    let isOdd = oddity == .boolean(true)
    switch guess {
    case "DOUBLE":
      guard case .integer(let whole) = whole, case .integer(let scale) = scale else { return .double }
      if oddity == .integer(1) { return .double }
      if oddity == .integer(3) || (oddity == .integer(2) && whole + scale > 38) { return .text }
      if scale <= 6, whole + scale <= 18 { return .decimal(precision: 18, scale: Int(scale)) }
      if scale <= 18, whole <= 20 { return .decimal(precision: 38, scale: scale == 0 ? 0 : 18) }
      return whole + scale <= 38 ? .decimal(precision: 38, scale: Int(scale)) : .text
    case "BIGINT":
      guard !isOdd, case .integer(let digits) = whole, case .integer(let rows) = scale else {
        return isOdd ? .text : .plain(guess)
      }
      if isSingle, rows < sampleRows { return .plain(guess) }
      return .whole(type: guess, isLong: digits > 15)
    case _ where guess == "BOOLEAN" || guess.hasPrefix("TIMESTAMP"): return isOdd ? .text : .plain(guess)
    default: return .plain(guess)
    }
  }

  static func common(_ left: String, _ right: String) -> String {
    left == right ? left : Set([left, right]) == ["BIGINT", "DOUBLE"] ? "DOUBLE" : "VARCHAR"
  }

  /// Columns of the same name have one type in all groups.
  private static func agreed(_ groups: [CSVGroup]) -> [CSVGroup] {
    guard groups.count > 1 else { return groups }
    var types: [String: CSVType] = [:]
    for group in groups {
      for (name, type) in zip(group.names, group.types) { types[name] = types[name].map { common($0, type) } ?? type }
    }
    return groups.map { group in
      var group = group
      group.types = group.names.map { types[$0] ?? .text }
      return group
    }
  }

  private static func common(_ left: CSVType, _ right: CSVType) -> CSVType {
    switch (left, right) {
    case _ where left == right: left
    case (.decimal(let p1, let s1), .decimal(let p2, let s2)): .decimal(precision: max(p1, p2), scale: max(s1, s2))
    case (.plain("BIGINT"), .decimal(_, let scale)), (.decimal(_, let scale), .plain("BIGINT")),
      (.whole("BIGINT", _), .decimal(_, let scale)), (.decimal(_, let scale), .whole("BIGINT", _)):
      .decimal(precision: 38, scale: scale)
    case (.whole("BIGINT", let left), .whole("BIGINT", let right)): .whole(type: "BIGINT", isLong: left || right)
    case (.plain("BIGINT"), .whole("BIGINT", _)), (.whole("BIGINT", _), .plain("BIGINT")):
      .whole(type: "BIGINT", isLong: true)
    default: .text
    }
  }
}
