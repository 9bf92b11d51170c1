import Tabular

/// Operations on dates and times of day, by the calendar.
extension ChainStep {
  private static let units = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"]
  private static let lengths = ["second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800]
  private static let months = ["month": 1, "quarter": 3, "year": 12]

  private static func moment(of table: PlainTable, _ numbers: inout SeededChoice) -> (name: String, isDate: Bool)? {
    numbers.pick(optional: table.names(\.isMoment)).map { ($0, table.kind($0) == .date) }
  }

  /// - Parameter settings: besides the field and the output.
  private static func date(
    _ name: String, _ operation: String, _ settings: String, into output: String, _ kind: PlainTable.Kind,
    _ value: @escaping (PlainTable, PlainTable.Row, PlainMoment) throws -> Value
  ) -> ChainStep {
    let words =
      "{ field: \(quoted(name)), operation: \(operation), \(settings), output_field: \(quoted(output)) }"
    return ChainStep("date", words, sets: output, kind, after: name) { table, row in
      try PlainMoment(row[table.index(name)]).map { try value(table, row, $0) } ?? .null
    }
  }

  static func formatDate(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let (name, _) = moment(of: table, &numbers) else { return nil }
    let format = numbers.pick(["%d.%m.%Y", "%Y/%m/%d %H:%M:%S", "%y-%j", "it's %H%M \"on\" %d"])
    let output = numbers.freshName(table)
    return date(name, "format", "format: \(quoted(format))", into: output, .text) { _, _, moment in
      .text(moment.written(format))
    }
  }

  /// Of a text column in which there is something to read.
  static func parseDate(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    let fitting = table.names(.text).filter { name in
      table.rows.contains { row in parsed(row[table.index(name)].words ?? "") != nil }
    }
    guard let name = numbers.pick(optional: fitting) else { return nil }
    let output = numbers.freshName(table)
    let settings =
      "{ field: \(quoted(name)), operation: parse, formats: [\"%d.%m.%Y\"], output_field: \(quoted(output)) }"
    return ChainStep("date", settings, sets: output, .date, after: name) { table, row in
      guard let text = row[table.index(name)].words else { return .null }
      guard let moment = parsed(text) else { throw PlainTable.Refused() }
      // Nothing says what becomes of a time of day where dates are read.
      guard moment.seconds == 0 else { throw PlainTable.Unclear() }
      return moment.dateValue()
    }
  }

  private static func parsed(_ text: String) -> PlainMoment? {
    let parts = PlainText.stripped(text).split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 3 && parts[2].count == 4
      ? PlainMoment("\(parts[2])-\(parts[1])-\(parts[0])") : PlainMoment(PlainText.stripped(text))
  }

  static func truncateDate(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let (name, isDate) = moment(of: table, &numbers) else { return nil }
    let unit = numbers.pick(units)
    let output = numbers.below(2) == 0 ? name : numbers.freshName(table)
    return date(name, "truncate", "unit: \(unit)", into: output, isDate ? .date : .moment) { _, _, moment in
      let (year, month, _) = moment.date
      let begin =
        switch unit {
        case "year": PlainMoment(year: year, month: 1, day: 1)
        case "quarter": PlainMoment(year: year, month: (month - 1) / 3 * 3 + 1, day: 1)
        case "month": PlainMoment(year: year, month: month, day: 1)
        case "week": PlainMoment(days: moment.days - moment.weekday)
        default: PlainMoment(days: moment.days, seconds: moment.seconds - moment.seconds % (lengths[unit] ?? 1))
        }
      return begin.value(isDate: isDate)
    }
  }

  static func moveDate(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let (name, isDate) = moment(of: table, &numbers) else { return nil }
    let unit = numbers.pick(units)
    let amount = numbers.below(81) - 40
    let staysDate = isDate && !["second", "minute", "hour"].contains(unit)
    let output = numbers.freshName(table)
    let settings = "unit: \(unit), amount: \(amount)"
    return date(name, "add", settings, into: output, staysDate ? .date : .moment) { _, _, moment in
      let moved =
        months[unit].map { moment.adding(months: amount * $0) } ?? moment.adding(seconds: amount * (lengths[unit] ?? 1))
      return moved.value(isDate: staysDate)
    }
  }

  /// Whole units from the earlier to the later.
  static func compareDates(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let (name, _) = moment(of: table, &numbers), let (other, _) = moment(of: table, &numbers) else { return nil }
    let unit = numbers.pick(units)
    let output = numbers.freshName(table)
    let settings = "unit: \(unit), from: \(quoted(other))"
    return date(name, "difference", settings, into: output, .whole) { table, row, moment in
      guard let start = PlainMoment(row[table.index(other)]) else { return .null }
      let (first, last) = (min(start, moment), max(start, moment))
      var count = 0
      if let length = lengths[unit] {
        count = (last.total - first.total) / length
      } else {
        let step = months[unit] ?? 1
        while first.adding(months: (count + 1) * step) <= last { count += 1 }
      }
      return .integer(Int128(moment < start ? -count : count))
    }
  }

  static func partOfDate(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let (name, _) = moment(of: table, &numbers) else { return nil }
    let unit = numbers.pick(units)
    let output = numbers.freshName(table)
    return date(name, "part", "unit: \(unit)", into: output, .whole) { _, _, moment in
      let (year, month, day) = moment.date
      let part =
        switch unit {
        case "year": year
        case "quarter": (month - 1) / 3 + 1
        case "month": month
        case "week": moment.week
        case "day": day
        case "hour": moment.seconds / 3600
        case "minute": moment.seconds / 60 % 60
        default: moment.seconds % 60
        }
      return .integer(Int128(part))
    }
  }
}
