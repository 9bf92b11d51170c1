import Tabular

/// An example as the reference shows it: rows before and after as small tables.
struct ExampleTables {
  let example: Example

  /// - Throws: `Problems` if rows aren't YAML.
  func markdown() throws(Problems) -> [String] {
    var lines = ["These rows", ""] + table(try Self.rows(example.rows))
    for (name, text) in example.others.sorted(by: { $0.key < $1.key }) {
      lines += ["", "and those of the step `\(name)`", ""] + table(try Self.rows(text))
    }
    for (measure, values) in example.history.values.sorted(by: { $0.key < $1.key }) {
      let figures = values.map { $0 == $0.rounded() ? String(Int($0)) : "\($0)" }.joined(separator: ", ")
      lines += ["", "after runs with a `\(measure)` of \(figures)"]
    }
    switch example.outcome {
    case .rows(let text): lines += ["", "become", ""] + table(try Self.rows(text))
    case .breaking(let text): lines += ["", "break it here:", ""] + table(try Self.rows(text))
    case .observation(let words): lines += ["", "break it, with the words “\(words)”."]
    }
    return lines + [""]
  }

  /// The rows as maps, in order.
  static func rows(_ text: String) throws(Problems) -> [Setting] {
    try SettingReader.read(text, file: "example").elements
  }

  private func table(_ rows: [Setting]) -> [String] {
    var names: [String] = []
    for entry in rows.flatMap(\.entries) where !names.contains(entry.key) { names.append(entry.key) }
    func line(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }
    return [line(names), "|" + names.map { _ in "---|" }.joined()]
      + rows.map { row in line(names.map { cell(row[$0]) }) }
  }

  private func cell(_ value: Setting?) -> String {
    guard let value, value.content != .null else { return "*empty*" }
    guard let text = value.text else { return "`\(words(value))`" }
    guard case .text = value.content else { return text }
    let isPlain =
      SettingReader.plainContent(text) == .text(text) && !text.contains("  ") && text.first != " " && text.last != " "
    let shown = isPlain && !text.contains(where: { "*|\\<{".contains($0) }) ? text : "`\(JSONText.quote(text))`"
    return shown.replacing("|", with: "\\|")
  }

  /// A nested value in one line.
  private func words(_ value: Setting) -> String {
    switch value.content {
    case .list(let elements): "[\(elements.map(words).joined(separator: ", "))]"
    case .map(let entries): "{ \(entries.map { "\($0.key): \(words($0.value))" }.joined(separator: ", ")) }"
    default: value.text ?? "empty"
    }
  }
}
