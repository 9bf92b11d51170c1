import DuckDB
import Foundation
import Pipelines
import Tabular

/// Finds what can be done about rows that are kept in the engine, from their profile and small questions to them.
struct Suggester {
  let connection: Connection
  /// Something that can stand after FROM and may be read several times.
  let relation: SQL
  let profile: RelationProfile

  /// In the order in which they would be applied.
  func suggestions() async throws -> [Suggestion] {
    guard profile.rows > 0 else { return [] }
    var result = empty() + wide()
    let texts = profile.columns.filter { $0.type == "VARCHAR" && $0.present > 0 }
    result += try await untrimmed(texts)
    for column in texts {
      if let found = try await categories(column) { result.append(found) }
      if let found = try await dates(column) { result.append(found) }
      if let found = try await numbers(column) { result.append(found) }
      if let found = try await contact(column) { result.append(found) }
    }
    // Rows that are turned into others have other keys.
    return result + (try await duplicates()) + (result.contains { $0.kind == .unpivot } ? [] : keys())
  }

  // MARK: From the profile alone

  private func empty() -> [Suggestion] {
    let names = profile.columns.filter { $0.nulls == $0.rows }.map(\.column)
    guard !names.isEmpty, names.count < profile.columns.count else { return [] }
    return [
      Suggestion(
        kind: .empty, columns: names,
        reason: "\(Self.list(names)) \(names.count == 1 ? "has" : "have") no value in any row.", place: .transform,
        yaml: "field_removal: [\(names.map(YAMLValue.text).joined(separator: ", "))]")
    ]
  }

  /// Columns that are named like points in time and hold the same kind of number.
  private func wide() -> [Suggestion] {
    let kinds: [(PeriodName.Kind, String)] = [
      (.month, "month"), (.quarter, "quarter"), (.year, "year"), (.yearAndMonth, "month"),
    ]
    return kinds.compactMap { kind, name in
      let columns = profile.columns.filter {
        PeriodName.kind(of: $0.column) == kind && ($0.mean != nil || $0.nulls == $0.rows)
      }.map(\.column)
      guard columns.count >= 3 else { return nil }
      let taken = Set(profile.columns.map { $0.column.lowercased() })
      let names = [name, "value"].map { taken.contains($0) ? "\($0)_of_column" : $0 }
      return Suggestion(
        kind: .unpivot, columns: columns,
        reason: "\(columns.count) columns are one figure for several \(name)s: \(Self.list(columns)).",
        place: .transform,
        yaml:
          "unpivot: { columns: [\(columns.map(YAMLValue.text).joined(separator: ", "))], name: \(names[0]), value: \(names[1]) }"
      )
    }
  }

  private func keys() -> [Suggestion] {
    let unique = profile.columns.filter { column in
      column.isUnique && column.nulls == 0 && column.rows > 1
        && (["VARCHAR", "UUID"].contains(column.type) || column.type.contains("INT"))
    }
    guard
      let key = unique.first(where: { KeyName.isLikely($0.column) })
        ?? unique.first(where: { !$0.type.hasPrefix("VARCHAR") || ($0.longest ?? 0) <= 40 })
    else { return [] }
    return [
      Suggestion(
        kind: .key, columns: [key.column],
        reason: "\(Self.quoted(key.column)) is filled and different in all \(key.rows.grouped) rows: a key.",
        place: .check, yaml: "unique: \(YAMLValue.text(key.column))")
    ]
  }

  // MARK: With questions to the rows

  private func untrimmed(_ columns: [ColumnProfile]) async throws -> [Suggestion] {
    guard !columns.isEmpty else { return [] }
    let counts: [SQL] = columns.map { "count(*) FILTER (\(name: $0.column) <> trim(\(name: $0.column)))" }
    let row = try await connection.query("SELECT \(counts) FROM \(relation)").rows[0]
    let found = zip(columns, row).compactMap { column, value in value.whole.map { (column.column, $0) } }.filter {
      $0.1 > 0
    }
    guard !found.isEmpty else { return [] }
    let names = found.map(\.0)
    return [
      Suggestion(
        kind: .trim, columns: names,
        reason: "Spaces stand around \(found.map(\.1).reduce(0, +).grouped) values of \(Self.list(names)).",
        place: .transform,
        yaml: "trim: [\(names.map(YAMLValue.text).joined(separator: ", "))]")
    ]
  }

  /// Spellings that differ in case and spaces only; the most frequent one wins.
  private func categories(_ column: ColumnProfile) async throws -> Suggestion? {
    guard let distinct = column.distinct, distinct > 1, distinct <= Self.mostCategories, distinct < column.present
    else { return nil }
    let value: SQL = "\(name: column.column)"
    let folded: SQL = "lower(trim(regexp_replace(\(value), '\\s+', ' ', 'g')))"
    let rows = try await connection.query(
      """
      SELECT folded, count(*) AS spellings, trim(regexp_replace(arg_max(value, n), '\\s+', ' ', 'g')) AS best FROM \
      (SELECT \(folded) AS folded, \(value) AS value, count(*) AS n FROM \(relation) WHERE \(value) IS NOT NULL GROUP BY ALL ORDER BY value) \
      GROUP BY folded HAVING count(*) > 1 ORDER BY sum(n) DESC, folded LIMIT \(Self.mostSpellings)
      """
    ).rows
    guard !rows.isEmpty else { return nil }
    let names = rows.map { ($0[0].description, $0[2].description) }
    let values = names.map { "\(YAMLValue.text($0)): \(YAMLValue.text($1))" }.joined(separator: ", ")
    let spellings = rows.compactMap(\.[1].whole).reduce(0, +)
    return Suggestion(
      kind: .standardize, columns: [column.column],
      reason:
        "\(Self.quoted(column.column)) has \(spellings.grouped) spellings of \(rows.count.grouped) \(rows.count == 1 ? "value" : "values"): \(names.prefix(3).map(\.1).joined(separator: ", ")).",
      place: .transform,
      yaml: "standardize: { field: \(YAMLValue.text(column.column)), values: { \(values) }, case: keep }")
  }

  private func dates(_ column: ColumnProfile) async throws -> Suggestion? {
    guard DateShape.all.contains(where: { shape in column.patterns.contains { shape.matches($0.value) } }) else {
      return nil
    }
    let value: SQL = "\(name: column.column)"
    let reading = DateShape.all.map { shape in
      "count(*) FILTER (try_strptime(\(value), \(text: shape.format)) IS NOT NULL)" as SQL
    }
    let formats: [SQL] = DateShape.all.map { "\(text: $0.format)" }
    let row = try await connection.query(
      "SELECT \(reading), count(*) FILTER (try_strptime(\(value), [\(formats)]) IS NULL) FROM \(relation) WHERE \(value) IS NOT NULL"
    ).rows[0]
    let counts = row.map { $0.whole ?? 0 }
    guard Double(counts[DateShape.all.count]) <= Self.mostUnread * Double(column.present) else { return nil }
    // Day and month that could be swapped: the reading that takes more values is the right one.
    var used: [(shape: DateShape, count: Int)] = []
    var isGuessed = false
    for (shape, count) in zip(DateShape.all, counts) where count > 0 {
      guard let rival = used.firstIndex(where: { $0.shape.rivals == shape.rivals && shape.rivals != nil }) else {
        used.append((shape, count))
        continue
      }
      isGuessed = count == used[rival].count
      if count > used[rival].count { used[rival] = (shape, count) }
    }
    let chosen: [SQL] = used.map { "\(text: $0.shape.format)" }
    let unread =
      try await connection.query(
        "SELECT count(*) FROM \(relation) WHERE \(value) IS NOT NULL AND try_strptime(\(value), [\(chosen)]) IS NULL"
      ).rows[0][0].whole ?? 0
    guard Double(unread) <= Self.mostUnread * Double(column.present) else { return nil }
    let list = used.map { "\"\($0.shape.format)\"" }.joined(separator: ", ")
    let reason =
      used.count > 1
      ? "\(Self.quoted(column.column)) is a date in \(used.count) forms: \(used.map(\.shape.words).joined(separator: ", "))."
      : "\(Self.quoted(column.column)) is a date, written as text."
    let rest =
      (isGuessed ? " Which is the day and which the month can't be told; the day is taken to come first." : "")
      + (unread == 0 ? "" : " \(unread.grouped) values are none and become empty.")
    let type = used.contains { $0.shape.hasTime } ? "timestamp" : "date"
    return Suggestion(
      kind: .dates, columns: [column.column], reason: reason + rest, place: .transform,
      yaml:
        "cast: { columns: { \(YAMLValue.text(column.column)): \(type) }, formats: [\(list)]\(unread == 0 ? "" : ", on_error: null") }"
    )
  }

  /// Numbers as text; what begins with zeros or a plus sign is a code.
  private func numbers(_ column: ColumnProfile) async throws -> Suggestion? {
    guard !column.patterns.isEmpty, column.patterns.allSatisfy({ $0.value.wholeMatch(of: /-?9+(\.9+)?/) != nil }) else {
      return nil
    }
    let value: SQL = "\(name: column.column)"
    let row = try await connection.query(
      """
      SELECT count(*) FILTER (NOT regexp_full_match(\(value), '-?(0|[1-9][0-9]{0,17})(\\.[0-9]+)?')), \
      max(length(regexp_extract(\(value), '\\.([0-9]+)$', 1))) FROM \(relation) WHERE \(value) IS NOT NULL
      """
    ).rows[0]
    guard row[0].whole == 0, let places = row[1].whole, places <= 10 else { return nil }
    let type = places == 0 ? "bigint" : "decimal(\(18 + places),\(places))"
    return Suggestion(
      kind: .cast, columns: [column.column], reason: "\(Self.quoted(column.column)) is a number, written as text.",
      place: .transform,
      yaml: "cast: { \(YAMLValue.text(column.column)): \(YAMLValue.text(type)) }")
  }

  private func contact(_ column: ColumnProfile) async throws -> Suggestion? {
    let value: SQL = "\(name: column.column)"
    let row = try await connection.query(
      """
      SELECT count(*) FILTER (regexp_full_match(\(value), \(text: Email.regex))), \
      count(*) FILTER (regexp_full_match(\(value), \(text: Phone.international))) FROM \(relation) WHERE \(value) IS NOT NULL
      """
    ).rows[0]
    let name = YAMLValue.text(column.column)
    var kinds: [(kind: Suggestion.Kind, count: Int, words: String, rule: String)] = [
      (.email, row[0].whole ?? 0, "an e-mail address", "email: \(name)"),
      (.phone, row[1].whole ?? 0, "a phone number", "phone: \(name)"),
    ]
    if KeyName.isPhone(column.column), let shape = column.patterns.first,
      shape.value.wholeMatch(of: /[9+() .\/-]{7,}/) != nil
    {
      let format = JSONText.quote(shape.value.replacing("9", with: "X"))
      kinds.append((.phone, shape.count, "a phone number", "phone: { column: \(name), format: \(format) }"))
    }
    guard let found = kinds.first(where: { Double($0.count) >= 0.8 * Double(column.present) }) else { return nil }
    let wrong = column.present - found.count
    let but = wrong == 0 ? "." : ", but for \(wrong.grouped) of \(column.present.grouped) values."
    return Suggestion(
      kind: found.kind, columns: [column.column], reason: "\(Self.quoted(column.column)) is \(found.words)\(but)",
      place: .check,
      yaml: "{ \(found.rule), on_fail: flag }")
  }

  /// Whole rows that occur twice, else values of what looks like a key that do.
  private func duplicates() async throws -> [Suggestion] {
    let distinct =
      try await connection.query("SELECT count(*) FROM (SELECT DISTINCT * FROM \(relation))").rows[0][0].whole
      ?? profile.rows
    let repeated = profile.rows - distinct
    if repeated > 0 {
      let words = repeated == 1 ? "1 row is" : "\(repeated.grouped) rows are"
      return [
        Suggestion(
          kind: .dedupe, columns: [], reason: "\(words) the same as another one in every column.", place: .transform,
          yaml: "dedupe")
      ]
    }
    guard !profile.columns.contains(where: { $0.isUnique && KeyName.isLikely($0.column) }),
      let key = profile.columns.first(where: { column in
        guard let distinct = column.distinct, KeyName.isLikely(column.column), column.present > 1 else { return false }
        return distinct < column.present && Double(distinct) >= 0.8 * Double(column.present)
      }), let distinct = key.distinct
    else { return [] }
    return [
      Suggestion(
        kind: .dedupe, columns: [key.column],
        reason:
          "\(Self.quoted(key.column)) looks like a key, but \((key.present - distinct).grouped) of \(key.present.grouped) rows repeat one.",
        place: .transform, yaml: "dedupe: \(YAMLValue.text(key.column))")
    ]
  }

  // MARK: Words

  private static let mostCategories = 1000
  /// The share of values that may be no date in a column of dates.
  private static let mostUnread = 0.05
  private static let mostSpellings = 20

  static func quoted(_ name: String) -> String { "\"\(name)\"" }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(6).map(quoted).joined(separator: ", ")
    return names.count > 6 ? "\(shown) and \(names.count - 6) more" : shown
  }
}

/// A text as a value in a line of YAML.
enum YAMLValue {
  static func text(_ text: String) -> String {
    let isPlain = text.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil
    return isPlain && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
      ? text : JSONText.quote(text)
  }
}
