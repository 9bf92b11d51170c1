import Tabular

/// What a step, or one operation of it, does to its rows and columns, counted as far as that is known.
package struct StepEffect: Sendable, Codable, Hashable {
  /// What it is told to do: `Keeps rows where status = 'completed'.`
  package var words: String?
  package var rowsIn: Int?
  package var rowsOut: Int?
  /// Rows with a value that changes, or that are left out; nil = it makes other rows, or nobody counted.
  package var affected: Int?
  package var added: [String] = []
  package var removed: [String] = []
  /// `amount: VARCHAR → DECIMAL(18,2)`
  package var retyped: [String] = []
  /// What its cleansing operations corrected and removed; nil = it has none.
  package var cleansed: CleansedRows?
  /// For a rule: what it finds, and what a run does about it.
  package var verdict: String?

  package init(words: String? = nil, rowsIn: Int? = nil, rowsOut: Int? = nil, from before: Schema, to after: Schema) {
    self.words = words
    self.rowsIn = rowsIn
    self.rowsOut = rowsOut
    for column in after.columns {
      guard let old = before[name: column.name] else {
        added.append(column.name)
        continue
      }
      if old.type.description != column.type.description {
        retyped.append("\(column.name): \(old.type) → \(column.type)")
      }
    }
    removed = before.columns.filter { after[name: $0.name] == nil }.map(\.name)
  }

  /// `Affects 234 rows`, `Creates 1 new column (total)`; empty if nothing changes as far as is known.
  package var impact: [String] {
    var lines: [String] = []
    if let verdict {
      lines.append(verdict)
    } else if let affected {
      lines.append(affected == 0 ? "Affects no rows" : "Affects \(Self.count(affected, "row"))")
    } else if let rowsIn, let rowsOut, rowsIn != rowsOut {
      lines.append("Makes \(Self.count(rowsOut, "row")) of \(Self.grouped(rowsIn))")
    }
    if let cleansed { lines += cleansed.impact }
    if !added.isEmpty {
      lines.append("Creates \(Self.count(added.count, "new column")) (\(added.joined(separator: ", ")))")
    }
    if !removed.isEmpty {
      lines.append("Removes \(Self.count(removed.count, "column")) (\(removed.joined(separator: ", ")))")
    }
    if !retyped.isEmpty {
      lines.append("Changes the type of \(Self.count(retyped.count, "column")) (\(retyped.joined(separator: ", ")))")
    }
    return lines
  }

  static func count(_ number: Int, _ noun: String) -> String {
    "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  private static func grouped(_ number: Int) -> String { number.grouped }
}
