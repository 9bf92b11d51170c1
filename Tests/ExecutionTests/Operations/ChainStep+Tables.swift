import Tabular

extension ChainStep {
  /// With the step `other`, on a column of one kind.
  static func join(_ table: PlainTable, _ other: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let kind = numbers.pick([PlainTable.Kind.whole, .text, .date, .money])
    guard let here = numbers.pick(optional: table.names(kind)), let there = numbers.pick(optional: other.names(kind))
    else { return nil }
    let type = numbers.pick(["left", "inner", "semi", "anti", "right", "full"])
    guard table.columns.count + other.columns.count < 9 else { return nil }
    return ChainStep("join", "{ with: other, join_type: \(type), on: { \(quoted(here)): \(quoted(there)) } }") {
      table in
      let (left, right) = (table.index(here), other.index(there))
      var result = table
      result.rows = []
      if type == "semi" || type == "anti" {
        result.rows = table.rows.filter { row in
          other.rows.contains { row[left] != .null && $0[right] == row[left] } == (type == "semi")
        }
        return result
      }
      let added = other.columns.indices.filter { $0 != right }
      result.columns += added.map { place in
        let column = other.columns[place]
        let isTaken = table.columns.contains { $0.name.lowercased() == column.name.lowercased() }
        return .init(name: isTaken ? "other_\(column.name)" : column.name, kind: column.kind)
      }
      var used: Set<Int> = []
      for row in table.rows {
        let matches = other.rows.indices.filter { row[left] != .null && other.rows[$0][right] == row[left] }
        used.formUnion(matches)
        for match in matches { result.rows.append(row + added.map { other.rows[match][$0] }) }
        if matches.isEmpty, type == "left" || type == "full" { result.rows.append(row + added.map { _ in .null }) }
      }
      if type == "right" || type == "full" {
        for place in other.rows.indices where !used.contains(place) {
          var row = table.columns.map { _ in Value.null }
          row[left] = other.rows[place][right]
          result.rows.append(row + added.map { other.rows[place][$0] })
        }
      }
      return result
    }
  }

  static func union(_ table: PlainTable, _ other: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let fits = other.columns.allSatisfy { column in
      table.columns.allSatisfy { $0.name.lowercased() != column.name.lowercased() || $0 == column }
    }
    guard fits, table.columns.count < 7 else { return nil }
    let isDistinct = numbers.below(2) == 0
    return ChainStep("union", "{ with: other, distinct: \(isDistinct) }") { table in
      var result = table
      let extra = other.columns.filter { !table.columns.contains($0) }
      result.columns += extra
      result.rows = table.rows.map { $0 + extra.map { _ in .null } }
      result.rows += other.rows.map { row in
        result.columns.map { column in other.columns.contains(column) ? row[other.index(column.name)] : .null }
      }
      if isDistinct { result.rows = result.groups(by: result.columns.map(\.name)).map { $0[0] } }
      return result
    }
  }

  static func unpivot(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let kind = numbers.pick([PlainTable.Kind.whole, .text, .money, .double, .moment])
    let columns = numbers.shuffled(table.names(kind))
    guard !columns.isEmpty, table.rows.count < 60 else { return nil }
    let keepsEmpty = numbers.below(2) == 0
    let (name, value) = ("name \(numbers.below(100))", "value \(numbers.below(100))")
    guard !table.columns.contains(where: { [name, value].contains($0.name) }) else { return nil }
    let words = columns.map(quoted).joined(separator: ", ")
    return ChainStep(
      "unpivot", "{ columns: [\(words)], name: \(quoted(name)), value: \(quoted(value)), keep_empty: \(keepsEmpty) }"
    ) { table in
      let kept = table.columns.filter { !columns.contains($0.name) }
      return PlainTable(
        columns: kept + [.init(name: name, kind: .text), .init(name: value, kind: kind)],
        rows: table.rows.flatMap { row in
          columns.compactMap { column in
            let found = row[table.index(column)]
            if found == .null, !keepsEmpty { return nil }
            return kept.map { row[table.index($0.name)] } + [.text(column), found]
          }
        })
    }
  }

  /// Ordered by all columns, so that only equal rows may change places.
  static func window(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let function = numbers.pick(["running_total", "rank", "row_number", "previous", "next", "running_count"])
    let keepsKind = ["previous", "next"].contains(function)
    guard let field = numbers.pick(optional: table.names { $0 == .whole || keepsKind }) else { return nil }
    let order = numbers.shuffled(table.columns.map(\.name))
    let partition = numbers.pick(optional: numbers.below(2) == 0 ? [] : table.columns.map(\.name))
    let output = numbers.freshName(table)
    let parts = partition.map { ", partition_by: \(quoted($0))" } ?? ""
    let words = order.map(quoted).joined(separator: ", ")
    let settings =
      "{ function: \(function), field: \(quoted(field)), output_field: \(quoted(output)), order_by: [\(words)]\(parts) }"
    return ChainStep("window", settings) { table in
      var result = table
      result.rows = []
      result.columns.append(.init(name: output, kind: keepsKind ? table.kind(field) : .whole))
      let place = table.index(field)
      for rows in partition.map({ table.groups(by: [$0]) }) ?? [table.rows] {
        let sorted = PlainTable(columns: table.columns, rows: rows).sorted(by: order.map { ($0, false) }).rows
        var total: Int128?
        for (number, row) in sorted.enumerated() {
          if let value = row[place].number { total = (total ?? 0) + value }
          let figure: Value
          switch function {
          case "running_total": figure = try total.map(PlainTable.whole) ?? .null
          case "rank": figure = .integer(Int128(1 + (sorted.firstIndex { $0 == row } ?? 0)))
          case "previous": figure = number > 0 ? sorted[number - 1][place] : .null
          case "next": figure = number + 1 < sorted.count ? sorted[number + 1][place] : .null
          default: figure = .integer(Int128(number + 1))
          }
          result.rows.append(row + [figure])
        }
      }
      return result
    }
  }

  static func replace(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.names(.text)), let find = numbers.value(.text).words, !find.isEmpty
    else { return nil }
    let with = numbers.value(.text).words ?? "-"
    return ChainStep("replace", "{ field: \(quoted(name)), find: \(quoted(find)), with: \(quoted(with)) }") { table in
      var copy = table
      copy.set(name, .text) { $0[table.index(name)].mapText { PlainText.replace(find, in: $0, with: with) } }
      return copy
    }
  }

  static func lookup(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.names(.text)), let from = numbers.value(.text).words, !from.isEmpty,
      let to = numbers.value(.text).words
    else { return nil }
    let fallback = numbers.below(2) == 0 ? numbers.value(.text).words : nil
    let rest = fallback.map { ", default: \(quoted($0))" } ?? ""
    return ChainStep("lookup", "{ field: \(quoted(name)), table: { \(quoted(from)): \(quoted(to)) }\(rest) }") {
      table in
      var copy = table
      copy.set(name, .text) { row in
        let old = row[table.index(name)]
        return old == .text(from) ? .text(to) : fallback.map { .text($0) } ?? old
      }
      return copy
    }
  }

  static func conditional(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let column = numbers.pick(table.columns)
    let wanted = numbers.value(column.kind)
    let (yes, no) = (numbers.value(.whole), numbers.value(.whole))
    guard wanted != .null, yes != .null, no != .null else { return nil }
    let output = numbers.freshName(table)
    func set(_ value: Value) -> String {
      "[ { field_addition: { field_name: \(quoted(output)), value: \(value.jsonText) } } ]"
    }
    let condition = "{ field: \(quoted(column.name)), operator: equals, value: \(wanted.jsonText) }"
    return ChainStep("conditional", "{ condition: \(condition), then: \(set(yes)), else: \(set(no)) }") { table in
      var copy = table
      copy.set(output, .whole) { $0[table.index(column.name)] == wanted ? yes : no }
      return copy
    }
  }

  static func splitText(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.names(.text)), table.columns.count < 7 else { return nil }
    let separator = numbers.pick([" ", "a", "''", "\\", "é"])
    let (first, second) = ("cut \(numbers.below(1000))", "rest \(numbers.below(1000))")
    guard !table.columns.contains(where: { [first, second].contains($0.name) }) else { return nil }
    return ChainStep(
      "split_text",
      "{ field: \(quoted(name)), separator: \(quoted(separator)), into: [\(quoted(first)), \(quoted(second))] }"
    ) { table in
      var copy = table
      func parts(_ row: PlainTable.Row) -> [String]? {
        row[table.index(name)].words.map { PlainText.split($0, at: separator) }
      }
      copy.set(second, .text, after: name) { row in
        let rest = parts(row)?.dropFirst().joined(separator: separator) ?? ""
        return rest.isEmpty ? .null : .text(rest)
      }
      let firsts = table.rows.map { parts($0)?.first }
      var next = firsts.makeIterator()
      copy.set(first, .text, after: name) { _ in (next.next() ?? nil).map { .text($0) } ?? .null }
      return copy
    }
  }

  static func concat(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let names = Array(numbers.shuffled(table.columns.filter { $0.kind != .flag }.map(\.name)).prefix(2))
    guard names.count == 2, table.columns.count < 8 else { return nil }
    let separator = numbers.value(.text).words ?? ""
    let output = numbers.freshName(table)
    let settings =
      "{ field_name: \(quoted(output)), operation: concat, source_fields: [\(names.map(quoted).joined(separator: ", "))], separator: \(quoted(separator)) }"
    return ChainStep("field_addition", settings) { table in
      var copy = table
      try copy.set(output, .text, after: table.columns.last { names.contains($0.name) }?.name) { row in
        let shown = try names.map { row[table.index($0)] }.filter { $0 != .null }.map(PlainTable.shown)
        return .text(shown.joined(separator: separator))
      }
      return copy
    }
  }

  static func standardize(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.names(.text)) else { return nil }
    let style = numbers.pick(["lower", "upper", "keep", "title"])
    return ChainStep("standardize", "{ field: \(quoted(name)), case: \(style) }") { table in
      var copy = table
      copy.set(name, .text) { row in
        row[table.index(name)].mapText { text in
          let clean = PlainText.squeeze(text)
          return switch style {
          case "lower": PlainText.lower(clean)
          case "upper": PlainText.upper(clean)
          case "title": PlainText.title(clean)
          default: clean
          }
        }
      }
      return copy
    }
  }
}
