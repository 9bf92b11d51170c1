import Tabular

/// Rows made of columns, of lists and of texts, and the other way round.
extension ChainStep {
  static func pivot(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let on = numbers.pick(optional: table.names { [.text, .whole, .date, .flag].contains($0) }) else {
      return nil
    }
    let others = numbers.shuffled(table.columns.filter { $0.name != on })
    let groups = Array(others.prefix(1 + numbers.below(2)).map(\.name))
    let found = table.rows.compactMap { try? PlainTable.shown($0[table.index(on)]) }
    var values: [String] = []
    for text in numbers.shuffled(found).prefix(3) + ["not there"] {
      let isTaken = (values + groups).contains { $0.lowercased() == text.lowercased() }
      if !text.isEmpty, text != "NULL", !isTaken { values.append(text) }
    }
    let input = numbers.below(3) == 0 ? nil : others.last
    let name = numbers.pick(["sum", "average", "count", "min", "max"])
    guard !groups.isEmpty, let figure = PlainFigure(input == nil ? "count" : name, of: input?.kind ?? .whole) else {
      return nil
    }
    let words = input.map { ", value: \(quoted($0.name)), function: \(name)" } ?? ""
    let names = values
    let settings = "{ on: \(quoted(on)), values: \(list(names)), group_by: \(list(groups))\(words) }"
    return ChainStep("pivot", settings) { table in
      PlainTable(
        columns: groups.map { table.columns[table.index($0)] } + names.map { .init(name: $0, kind: figure.result) },
        rows: try table.groups(by: groups).map { rows in
          try groups.map { rows[0][table.index($0)] }
            + names.map { name in
              let own = try rows.filter { row in
                let key = row[table.index(on)]
                return try key != .null && PlainTable.shown(key).utf8.elementsEqual(name.utf8)
              }
              return try figure(own.map { row in input.map { row[table.index($0.name)] } ?? .integer(1) })
            }
        })
    }
  }

  /// A row for each record of the list, its fields as columns.
  static func splitRecords(_ name: String, _ numbers: inout SeededChoice) -> ChainStep? {
    let keepsEmpty = numbers.below(2) == 0
    return ChainStep("split", "{ field: \(quoted(name)), keep_empty: \(keepsEmpty), prefix: \"of it \" }") { table in
      let place = table.index(name)
      var columns = table.columns
      columns.replaceSubrange(
        place...place, with: [.init(name: "of it sku", kind: .text), .init(name: "of it n", kind: .whole)])
      let rows = table.rows.flatMap { row -> [PlainTable.Row] in
        var records: [[Value]] = []
        if case .list(let elements) = row[place] {
          records = elements.map { element in
            if case .structure(let fields) = element { fields.map(\.value) } else { [.null, .null] }
          }
        }
        if records.isEmpty, keepsEmpty { records = [[.null, .null]] }
        return records.map { Array(row[..<place]) + $0 + Array(row[(place + 1)...]) }
      }
      return PlainTable(columns: columns, rows: rows)
    }
  }

  /// A row for each part of a text.
  static func splitRows(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.names(.text)), table.rows.count < 60 else { return nil }
    let separator = numbers.pick([" ", "a", "''", "\\", "é", "--"])
    let keepsEmpty = numbers.below(2) == 0
    return ChainStep(
      "split", "{ field: \(quoted(name)), separator: \(quoted(separator)), keep_empty: \(keepsEmpty) }"
    ) { table in
      let place = table.index(name)
      var copy = table
      copy.rows = table.rows.flatMap { row -> [PlainTable.Row] in
        let parts: [Value] =
          row[place].words.map { PlainText.split($0, at: separator).map { .text($0) } } ?? (keepsEmpty ? [.null] : [])
        return parts.map { part in
          var row = row
          row[place] = part
          return row
        }
      }
      return copy
    }
  }

  /// The rows of one of several outputs.
  static func splitInto(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.names { $0 == .whole || $0 == .money || $0 == .date }) else {
      return nil
    }
    let (low, high) = (numbers.value(table.kind(name)), numbers.value(table.kind(name)))
    guard low != .null, high != .null else { return nil }
    let toAll = numbers.below(2) == 0
    let output = numbers.pick(["low", "high", "others"])
    let conditions = [("low", "<", low), ("high", ">=", high)].map { key, sign, value in
      "\(key): { field: \(quoted(name)), operator: \"\(sign)\", value: \(value.jsonText) }"
    }
    let settings =
      "{ into: { \(conditions.joined(separator: ", ")), others: else }, to_all: \(toAll), output: \(output) }"
    return ChainStep("split", settings) { table in
      var copy = table
      copy.rows = table.rows.filter { row in
        let value = row[table.index(name)]
        let isLow = value != .null && PlainTable.precedes(value, low)
        let isHigh = value != .null && !PlainTable.precedes(value, high)
        switch output {
        case "low": return isLow
        case "high": return isHigh && (toAll || !isLow)
        default: return !isLow && !isHigh
        }
      }
      return copy
    }
  }
}
