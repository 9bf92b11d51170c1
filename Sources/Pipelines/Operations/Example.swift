/// What an operation or a rule does, shown on a few rows: the reference shows it as tables, a test runs it.
/// Rows are YAML maps, one to a line; their types follow from the values, as in `tests:` of a pipeline file.
package struct Example: Sendable {
  package enum Outcome: Sendable {
    /// The rows that come out, exactly.
    case rows(String)
    /// Of a rule about each row: the rows that break it.
    case breaking(String)
    /// Of a rule about all rows: what it observed where it doesn't hold.
    case observation(String)
  }

  package let rows: String
  package let outcome: Outcome
  /// Rows of other steps, by their names.
  package let others: [String: String]
  /// What earlier runs measured.
  package let history: MeasureHistory

  package init(_ rows: String, with others: [String: String] = [:], gives result: String) {
    self.init(rows, others, .rows(result))
  }

  package init(_ rows: String, with others: [String: String] = [:], breaking result: String) {
    self.init(rows, others, .breaking(result))
  }

  package init(_ rows: String, after history: MeasureHistory = MeasureHistory(), observing words: String) {
    self.init(rows, [:], .observation(words), after: history)
  }

  private init(
    _ rows: String, _ others: [String: String], _ outcome: Outcome, after history: MeasureHistory = MeasureHistory()
  ) {
    self.history = history
    self.rows = rows
    self.others = others
    self.outcome = outcome
  }
}

extension OperationManifest {
  /// The entries of a YAML list, each with the lines that belong to it.
  static func entries(of list: String) -> [String] {
    list.split(separator: "\n").reduce(into: []) { entries, line in
      if line.hasPrefix("- ") || entries.isEmpty {
        entries.append(String(line))
      } else {
        entries[entries.count - 1] += "\n\(line)"
      }
    }
  }
}
