import Tabular

/// One operation of a random chain: how a pipeline file says it, and what it means for a plain table.
struct ChainStep {
  let name: String
  let yaml: String
  let apply: (PlainTable) throws -> PlainTable

  init(_ name: String, _ settings: String, _ apply: @escaping (PlainTable) throws -> PlainTable) {
    self.name = name
    yaml = "- \(name): \(settings)"
    self.apply = apply
  }

  /// Steps that set one column of `table`, each value from its row.
  /// - Parameter after: where a new column stands; nil = last.
  init(
    _ name: String, _ settings: String, sets column: String, _ kind: PlainTable.Kind, after: String? = nil,
    _ value: @escaping (PlainTable, PlainTable.Row) throws -> Value
  ) {
    self.init(name, settings) { table in
      var copy = table
      try copy.set(column, kind, after: after) { try value(table, $0) }
      return copy
    }
  }

  /// Some operation that fits `table`.
  static func random(for table: PlainTable, with other: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    if let records = table.names(.records).first { return splitRecords(records, &numbers) }
    let make = numbers.pick([
      filter, sortAll, rename, select, drop, setText, fill, cast, castNumber, castMoment, dedupe, aggregate, aggregate,
      join, union, unpivot, pivot, window, calculate, calculate, replace, lookup, conditional, splitText, splitRows,
      splitInto, concat, standardize, mask, hash, derive, formatDate, parseDate, truncateDate, moveDate, compareDates,
      partOfDate,
    ])
    return make(table, other, &numbers)
  }

  static func quoted(_ text: String) -> String { Value.text(text).jsonText }
  static func list(_ names: [String]) -> String { "[\(names.map(quoted).joined(separator: ", "))]" }
  private static func literal(_ value: Value) -> String { value.jsonText }

  private static func filter(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let column = numbers.pick(table.columns)
    let place = table.index(column.name)
    let wanted = numbers.value(column.kind)
    let another = numbers.value(column.kind)
    func step(_ condition: String, _ test: @escaping (Value) -> Bool) -> ChainStep {
      ChainStep("filter", "{ field: \(quoted(column.name)), \(condition) }") { table in
        var copy = table
        copy.rows = table.rows.filter { test($0[place]) }
        return copy
      }
    }
    if wanted == .null { return step("operator: is_null") { $0 == .null } }
    switch numbers.below(6) {
    case 0: return step("operator: equals, value: \(literal(wanted))") { $0 == wanted }
    case 1: return step("operator: not_equals, value: \(literal(wanted))") { $0 != wanted }
    case 2 where another != .null:
      return step("operator: in, value: [\(literal(wanted)), \(literal(another))]") { $0 == wanted || $0 == another }
    case 3: return step("operator: is_not_null") { $0 != .null }
    case 4 where column.kind.isNumber || column.kind.isMoment:
      return step("operator: \">=\", value: \(literal(wanted))") { $0 != .null && !PlainTable.precedes($0, wanted) }
    case 5 where column.kind == .text:
      return step("operator: contains, value: \(literal(wanted))") { value in
        value.words.map { text in
          wanted.words.map { $0.isEmpty || Array(text.utf8).firstRange(of: Array($0.utf8)) != nil } ?? false
        } ?? false
      }
    default: return nil
    }
  }

  /// By all columns, so that only equal rows may change places; perhaps cut.
  private static func sortAll(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let keys = numbers.shuffled(table.columns.map(\.name)).map { (name: $0, isDescending: numbers.below(2) == 0) }
    let limit = numbers.below(2) == 0 ? numbers.below(12) : nil
    let words = keys.map { "{ field: \(quoted($0.name)), order: \($0.isDescending ? "desc" : "asc") }" }.joined(
      separator: ", ")
    return ChainStep("sort", "{ by: [\(words)]\(limit.map { ", limit: \($0)" } ?? "") }") { table in
      var copy = table.sorted(by: keys)
      if let limit { copy.rows = Array(copy.rows.prefix(limit)) }
      return copy
    }
  }

  private static func rename(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let old = numbers.pick(table.columns).name
    let new = numbers.freshName(table)
    return ChainStep("rename", "{ \(quoted(old)): \(quoted(new)) }") { table in
      var copy = table
      copy.columns[table.index(old)].name = new
      return copy
    }
  }

  private static func select(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let names = Array(
      numbers.shuffled(table.columns.map(\.name)).prefix(max(2, numbers.below(table.columns.count + 1))))
    return ChainStep("select", list(names)) { $0.picking(names) }
  }

  private static func drop(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard table.columns.count > 3 else { return nil }
    let name = numbers.pick(table.columns).name
    return ChainStep("drop", list([name])) { table in table.picking(table.columns.map(\.name).filter { $0 != name }) }
  }

  private static func setText(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.names(.text)) else { return nil }
    let (operation, change) = numbers.pick(PlainText.changes)
    return ChainStep(operation, list([name])) { table in
      var copy = table
      copy.set(name, .text) { $0[table.index(name)].mapText(change) }
      return copy
    }
  }

  private static func fill(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let column = numbers.pick(table.columns)
    let value = numbers.value(column.kind)
    guard value != .null else { return nil }
    return ChainStep("fill", "{ \(quoted(column.name)): \(literal(value)) }") { table in
      var copy = table
      copy.set(column.name, column.kind) { row in
        let old = row[table.index(column.name)]
        return old == .null || old.words?.allSatisfy { $0 == " " } == true ? value : old
      }
      return copy
    }
  }

  /// By some columns, the row that comes first by the others.
  private static func dedupe(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let names = numbers.shuffled(table.columns.map(\.name))
    let keys = Array(names.prefix(1 + numbers.below(2)))
    let rest = names.filter { !keys.contains($0) }
    let keepsLast = numbers.below(2) == 0
    guard !rest.isEmpty else { return nil }
    return ChainStep(
      "dedupe",
      "{ keys: \(list(keys)), order_by: \(list(rest)), keep: \(keepsLast ? "last" : "first"), ignore_case: off }"
    ) { table in
      var copy = table
      copy.rows = table.groups(by: keys).compactMap { rows in
        PlainTable(columns: table.columns, rows: rows).sorted(by: rest.map { ($0, keepsLast) }).rows.first
      }
      return copy
    }
  }

  private static func aggregate(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let keys = Array(numbers.shuffled(table.columns.map(\.name)).prefix(numbers.below(3)))
    var figures: [(yaml: String, name: String, input: String, figure: PlainFigure)] = []
    for function in numbers.shuffled(PlainFigure.all).prefix(1 + numbers.below(3)) {
      let fitting = table.columns.filter { PlainFigure(function, of: $0.kind) != nil }
      let name = "\(function) of it"
      guard let column = numbers.pick(optional: fitting), !keys.contains(name),
        let figure = PlainFigure(function, of: column.kind)
      else { continue }
      let yaml = "{ input_field: \(quoted(column.name)), output_field: \(quoted(name)), operation: \(function) }"
      figures.append((yaml, name, column.name, figure))
    }
    guard !figures.isEmpty else { return nil }
    let chosen = figures
    return ChainStep(
      "aggregate", "{ group_by: \(list(keys)), aggregates: [\(chosen.map(\.yaml).joined(separator: ", "))] }"
    ) { table in
      let groups = keys.isEmpty ? [table.rows] : table.groups(by: keys)
      return PlainTable(
        columns: keys.map { table.columns[table.index($0)] }
          + chosen.map { .init(name: $0.name, kind: $0.figure.result) },
        rows: try groups.map { rows in
          try keys.map { rows[0][table.index($0)] }
            + chosen.map { figure in try figure.figure(rows.map { $0[table.index(figure.input)] }) }
        })
    }
  }
}
