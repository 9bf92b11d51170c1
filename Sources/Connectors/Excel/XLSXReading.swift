import Pipelines
import Tabular

/// Reads sheets of XLSX workbooks: the engine gives every cell's text, which becomes a value by the kinds of cells its column has.
struct XLSXReading {
  let format: Excel
  let read: FileRead

  private var load: [SQL] { [.load("excel", from: read.context.extensions)] }

  func extract() async throws -> Extract {
    var scans: [SQL] = []
    for path in read.files.paths { scans.append(try await rows(of: path)) }
    return Extract(
      .query(read.restricted("\(scans, separator: " UNION ALL BY NAME ")"), setup: read.files.setup + load))
  }

  /// The rows of a workbook's sheet that have any cell, with the types all its cells have.
  private func rows(of path: String) async throws -> SQL {
    let names = try await read.describe(scan(path), setup: load).names
    let values: [SQL] =
      format.allText ? names.map { "\(name: $0)" } : try await typed(names, path)
    let cells = names.map { name -> SQL in "\(name: name)" }
    return "SELECT \(values) FROM (\(scan(path))) WHERE coalesce(\(cells)) IS NOT NULL"
  }

  /// Every cell's text as the file has it; empty rows too.
  private func scan(_ path: String, header: Bool? = nil) -> SQL {
    var options: SQL = "header = \(header ?? format.header), all_varchar = true, stop_at_empty = false"
    if let sheet = format.sheet { options = "\(options), sheet = \(text: sheet)" }
    if let range = format.range { options = "\(options), range = \(text: range)" }
    return "SELECT * FROM read_xlsx(\(text: path), \(options))"
  }

  private func typed(_ names: [String], _ path: String) async throws -> [SQL] {
    // Without a header the engine names columns by their first cell, B3, C3, or in a range by their letter.
    let first = try await read.describe(scan(path, header: false), setup: load).names.first ?? "A1"
    let top = Int(first.drop { $0.isLetter }) ?? CellRange(format.range).rows.lowerBound
    let bottom = CellRange(format.range).rows.upperBound
    let rows = min(top + (format.header ? 1 : 0), bottom)..<bottom
    let (book, kinds) = try await Blocking.interruptible { [format] stop in
      let book = try XLSXBook(path)
      let place = format.sheet.map { name in book.sheets.firstIndex { $0.name == name } } ?? 0
      return (book, try XLSXKinds(book, sheet: place ?? 0, rows: rows, until: stop).columns)
    }
    let left = CellRange.column(of: first) ?? 0
    let columns = names.enumerated().map { place, name in
      XLSXColumn(
        name: name, kinds: kinds.indices.contains(left + place) ? kinds[left + place] : [], is1904: book.is1904)
    }
    let facts = columns.flatMap(\.facts)
    let answers =
      facts.isEmpty ? [] : try await read.ask("SELECT \(facts) FROM (\(scan(path)))", setup: load).first ?? []
    var rest = answers[...]
    return columns.map { column in
      let own = rest.prefix(column.facts.count).map { $0 == .boolean(true) }
      rest = rest.dropFirst(column.facts.count)
      return "\(column.value(own)) AS \(name: column.name)"
    }
  }
}

/// A column of a sheet.
struct XLSXColumn {
  let name: String
  let kinds: XLSXKinds.Kinds
  /// Whether days are counted from 1904-01-01.
  let is1904: Bool

  private var text: SQL { "\(name: name)" }
  /// Errors such as #N/A are no values.
  private var number: SQL {
    "CAST(CASE WHEN \(text) <> '' AND NOT starts_with(\(text), '#') THEN \(text) END AS DOUBLE)"
  }
  private var isMoment: Bool { !kinds.isEmpty && kinds.isSubset(of: [.day, .time]) }

  /// Days since 1899-12-30. Day 60 of the 1900 epoch is a 29 February that never was; days before it are one off.
  private var days: SQL {
    is1904 ? "(\(number) + 1462)" : "(CASE WHEN \(number) < 60 THEN \(number) + 1 ELSE \(number) END)"
  }

  /// What must be known of all values to choose the type.
  var facts: [SQL] {
    if kinds == .number { return ["bool_and(\(number) = trunc(\(number)) AND abs(\(number)) < 9007199254740993)"] }
    if kinds == .time { return ["bool_and(\(number) >= 0 AND \(number) < 1)"] }
    return isMoment ? ["bool_and(\(number) = trunc(\(number)))"] : []
  }

  /// - Parameter facts: the answers.
  func value(_ facts: [Bool]) -> SQL {
    let holds = facts.first == true
    if kinds == .number { return holds ? "CAST(\(number) AS BIGINT)" : number }
    if kinds == .boolean { return "CAST(\(number) AS INTEGER) <> 0" }
    // A day is stored as a fraction; to the millisecond is what it holds.
    if kinds == .time, holds {
      return "TIME '00:00:00' + to_microseconds(1000 * (CAST(round(\(number) * 86400000) AS BIGINT) % 86400000))"
    }
    guard isMoment else { return text }
    return holds && kinds != .time
      ? "DATE '1899-12-30' + CAST(\(days) AS INTEGER)"
      : "TIMESTAMP '1899-12-30' + to_microseconds(1000 * CAST(round(\(days) * 86400000) AS BIGINT))"
  }
}
