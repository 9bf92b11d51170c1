import Pipelines
import Tabular

/// Rows written in a pipeline file (`tests:`), as a relation of the engine. Types come from the values: whole numbers, exact decimals,
/// true and false, dates (`2025-01-31`), times (`2025-01-31 10:00:00`, with an offset if written), otherwise text.
package struct SampleRows: Sendable {
  package let names: [String]
  private let rows: [[String: Setting]]
  private let types: [DataType?]

  /// - Throws: `wrong-type` if `setting` isn't a list of maps, `name-taken` if two names of columns differ in case only.
  package init(_ setting: Setting) throws(Problem) {
    var names: [String] = []
    var rows: [[String: Setting]] = []
    for element in setting.elements {
      guard case .map(let entries) = element.content else {
        throw Problem(
          "wrong-type", "A row is a map of column to value.", hint: "Write - { id: 1, name: Ada }.",
          at: element.location)
      }
      guard !entries.isEmpty else {
        throw Problem(
          "wrong-type", "A row names no column.", hint: "Write the columns: - { id: null }.", at: element.location)
      }
      for entry in entries where !names.contains(entry.key) {
        if let other = names.first(where: { $0.lowercased() == entry.key.lowercased() }) {
          throw Problem(
            "name-taken", "Rows have a column \"\(other)\" and a column \"\(entry.key)\".",
            hint: "Columns whose names differ in case only are one column; write them alike.", at: entry.keyLocation)
        }
        names.append(entry.key)
      }
      rows.append(Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last }))
    }
    self.names = names
    self.rows = rows
    types = names.map { name in Self.type(of: rows.compactMap { $0[name] }) }
  }

  package var isEmpty: Bool { rows.isEmpty }

  /// The type the values of a column have by themselves; nil for lists, maps and nulls, which say it themselves.
  func type(of name: String) -> DataType? {
    zip(names, types).first { $0.0.lowercased() == name.lowercased() }?.1
  }

  /// A SELECT of the rows, typed by their values.
  package var select: SQL {
    let columns: [SQL] = zip(names, types).map { name, type in
      type.map { "CAST(\(name: name) AS \(SQL(raw: $0.description))) AS \(name: name)" } ?? "\(name: name)"
    }
    return names.isEmpty
      ? "SELECT NULL AS nothing WHERE false"
      : "SELECT \(columns) FROM (\(values { isTyped, setting in isTyped ? Self.words(setting) : Self.literal(setting) }))"
  }

  /// A SELECT of the rows as texts, for casting to types that are known.
  package var texts: SQL { values { _, setting in Self.words(setting) } }

  private func values(_ literal: (_ isTyped: Bool, Setting) -> SQL) -> SQL {
    let aliases: [SQL] = names.map { "\(name: $0)" }
    let lines: [SQL] = rows.map { row in
      let cells: [SQL] = zip(names, types).map { name, type in row[name].map { literal(type != nil, $0) } ?? "NULL" }
      return "(\(cells))"
    }
    guard !lines.isEmpty else { return "SELECT NULL WHERE false" }
    return "SELECT * FROM (VALUES \(lines)) AS given(\(aliases))"
  }

  /// The type all `values` fit.
  private static func type(of values: [Setting]) -> DataType? {
    let known = values.filter { $0.content != .null }
    func all(_ test: (Setting) -> Bool) -> Bool { !known.isEmpty && known.allSatisfy(test) }
    if all({ if case .toggle = $0.content { true } else { false } }) { return .boolean }
    if all({ if case .integer = $0.content { true } else { false } }) { return .int64 }
    if all({ $0.isNumber }) {
      let digits = known.compactMap { $0.text?.split(separator: ".").dropFirst().first?.count }.max() ?? 0
      return digits > 9 || known.contains { $0.text?.lowercased().contains("e") == true }
        ? .float64 : .decimal(precision: 18, scale: digits)
    }
    if all({ $0.text?.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil }) { return .date }
    if all({ $0.text?.wholeMatch(of: /\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?/) != nil }) {
      return .timestampMicros
    }
    if all({ $0.text?.wholeMatch(of: /\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)/) != nil }) {
      return .timestampTZ
    }
    return known.isEmpty || known.contains { $0.text == nil } ? nil : .text
  }

  private static func words(_ setting: Setting) -> SQL { setting.text.map { "\(text: $0)" } ?? literal(setting) }

  private static func literal(_ setting: Setting) -> SQL {
    switch setting.content {
    case .null: "NULL"
    case .toggle(let flag): flag ? "true" : "false"
    case .integer(let number): "\(SQL(raw: String(number)))"
    case .number, .text: "\(text: setting.text ?? "")"
    case .list(let elements): "[\(elements.map { literal($0) } as [SQL])]"
    case .map(let entries): "{\(entries.map { "\(text: $0.key): \(literal($0.value))" } as [SQL])}"
    }
  }
}

extension Setting {
  fileprivate var isNumber: Bool {
    switch content {
    case .integer, .number: true
    default: false
    }
  }
}
