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
}

/// How a column is read.
enum CSVType: Hashable {
  /// By the engine, with this type.
  case plain(String)
  /// As text, then exactly.
  case decimal(precision: Int, scale: Int)

  static let text = CSVType.plain("VARCHAR")
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

  func groups() async throws -> [CSVGroup] {
    let sniffs = read.files.paths.map { path -> SQL in
      """
      SELECT \(text: path), Delimiter, Quote, Escape, SkipRows, HasHeader, Comment, CAST(to_json(Columns) AS VARCHAR), \
      DateFormat, TimestampFormat FROM sniff_csv(\(text: path), sample_size = \(format.sampleRows)\(options))
      """
    }
    var groups: [CSVGroup] = []
    for row in try await read.ask("\(sniffs, separator: " UNION ALL ")") {
      let columns = try JSONDecoder().decode([Guess].self, from: Data(row[7].description.utf8))
      let isISO = isDefault(row[8], "%Y-%m-%d") && isDefault(row[9], nil)
      let dialect = CSVGroup.Dialect(
        delimiter: row[1].description, quote: known(row[2]) ?? "\"", escape: known(row[3]) ?? known(row[2]) ?? "\"",
        skip: Int(row[4].description) ?? 0, hasHeader: row[5] == .boolean(true), comment: known(row[6]) ?? "")
      let guesses = columns.map { isISO || !($0.type.hasPrefix("DATE") || $0.type.hasPrefix("TIMESTAMP")) ? $0.type : "VARCHAR" }
      if let place = groups.firstIndex(where: { $0.dialect == dialect && $0.names == columns.map(\.name) }) {
        groups[place].paths.append(row[0].description)
        groups[place].guesses = zip(groups[place].guesses, guesses).map(CSVSniffing.common)
      } else {
        groups.append(CSVGroup(dialect: dialect, names: columns.map(\.name), paths: [row[0].description], guesses: guesses))
      }
    }
    for place in groups.indices { groups[place].types = try await types(of: groups[place]) }
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

  private func known(_ value: Value) -> String? { ["(empty)", "NULL", "", "\0"].contains(value.description) ? nil : value.description }

  private func isDefault(_ value: Value, _ format: String?) -> Bool {
    value == .null || value.description.isEmpty || value.description == format || self.format.dateFormat != nil
      || self.format.timestampFormat != nil
  }

  /// Reads the sample's texts where the engine's guess could change them.
  private func types(of group: CSVGroup) async throws -> [CSVType] {
    var evidence: [SQL] = []
    for (name, guess) in zip(group.names, group.guesses) {
      let text: SQL = format.decimal == "." ? "\(name: name)" : "replace(\(name: name), \(text: format.decimal), '.')"
      switch guess {
      case "BIGINT": evidence.append("bool_or(regexp_matches(\(text), '^[-+]?0[0-9]|^[+]')), NULL, NULL")
      case "DOUBLE":
        evidence += [
          "bool_or(regexp_matches(\(text), '^[-+]?0[0-9]|^[+]|[^-0-9.]'))",
          "max(length(regexp_extract(\(text), '^-?([0-9]*)', 1)))", "max(length(regexp_extract(\(text), '[.]([0-9]*)$', 1)))",
        ]
      case _ where guess.hasPrefix("TIMESTAMP"): evidence.append("bool_or(regexp_matches(\(text), '[.][0-9]{7}')), NULL, NULL")
      case "BOOLEAN":
        evidence.append("bool_or(NOT regexp_full_match(\(text), 'true|false|True|False|TRUE|FALSE')), NULL, NULL")
      default: evidence.append("NULL, NULL, NULL")
      }
    }
    let needed = zip(group.names, group.guesses).contains { $1 != "VARCHAR" }
    let reading = CSVReading(format: format, read: read, encoding: encoding, groups: [group])
    let row =
      needed
      ? try await read.ask(
        "SELECT \(evidence) FROM (SELECT * FROM \(reading.scan(group, texts: true)) LIMIT \(format.sampleRows))").first ?? [] : []
    return group.guesses.enumerated().map { place, guess in
      let found = row.count > place * 3 + 2 ? Array(row[place * 3...place * 3 + 2]) : [.null, .null, .null]
      return CSVSniffing.type(guess, isIrregular: found[0] == .boolean(true), whole: found[1], scale: found[2])
    }
  }

  /// The type that holds every value of the sample exactly.
  private static func type(_ guess: String, isIrregular: Bool, whole: Value, scale: Value) -> CSVType {
    switch guess {
    case "DOUBLE":
      guard case .integer(let whole) = whole, case .integer(let scale) = scale else { return .plain("DOUBLE") }
      if isIrregular { return .plain("DOUBLE") }
      if scale <= 6, whole + scale <= 18 { return .decimal(precision: 18, scale: Int(scale)) }
      if scale <= 18, whole <= 20 { return .decimal(precision: 38, scale: scale == 0 ? 0 : 18) }
      return whole + scale <= 38 ? .decimal(precision: 38, scale: Int(scale)) : .text
    case _ where guess == "BIGINT" || guess == "BOOLEAN" || guess.hasPrefix("TIMESTAMP"): return isIrregular ? .text : .plain(guess)
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
    case (.plain("BIGINT"), .decimal(_, let scale)), (.decimal(_, let scale), .plain("BIGINT")): .decimal(precision: 38, scale: scale)
    default: .text
    }
  }
}
