import Pipelines

/// What cleansing did to rows: the values it corrected and the rows it removed.
package struct CleansedRows: Sendable, Codable, Hashable {
  package struct Corrected: Sendable, Codable, Hashable {
    package var column: String
    package var values: Int
  }
  /// The columns it can change, in their order.
  package var corrected: [Corrected] = []
  /// Rows without any value, which went.
  package var empty = 0
  /// Rows that went because another is the same.
  package var duplicate = 0
  /// Rows without a required value, which were set aside.
  package var incomplete = 0

  package init(_ counts: some Sequence<(Cleansing.Count, Int)>) {
    for (what, count) in counts {
      switch what {
      case .corrected(let column): corrected.append(Corrected(column: column, values: count))
      case .empty: empty = count
      case .duplicate: duplicate = count
      case .affected: break
      }
    }
  }

  package var removedRows: Int { empty + duplicate + incomplete }

  /// With what another operation of the same step did.
  func adding(_ other: CleansedRows) -> CleansedRows {
    var sum = self
    for column in other.corrected {
      if let index = corrected.firstIndex(where: { $0.column == column.column }) {
        sum.corrected[index].values += column.values
      } else {
        sum.corrected.append(column)
      }
    }
    sum.empty += other.empty
    sum.duplicate += other.duplicate
    sum.incomplete += other.incomplete
    return sum
  }

  /// `Corrects 12 values (city 8, email 4)`, `Removes 3 rows (2 empty, 1 duplicate)`.
  var impact: [String] {
    var lines: [String] = []
    let columns = corrected.filter { $0.values > 0 }
    if !columns.isEmpty {
      let parts = columns.map { "\($0.column) \($0.values.grouped)" }
      let total = columns.map(\.values).reduce(0, +)
      lines.append("Corrects \(StepEffect.count(total, "value")) (\(parts.joined(separator: ", ")))")
    }
    let parts = [(empty, "empty"), (duplicate, "duplicate"), (incomplete, "incomplete and set aside")]
      .filter { $0.0 > 0 }.map { "\($0.0.grouped) \($0.1)" }
    if !parts.isEmpty {
      lines.append("Removes \(StepEffect.count(removedRows, "row")) (\(parts.joined(separator: ", ")))")
    }
    return lines.isEmpty ? ["Finds nothing to cleanse"] : lines
  }
}
