import Tabular

/// An operation that corrects values and removes rows nobody will miss, and tells how many of each.
package protocol CleansingOperation: Operation {
  func cleansing(of input: Relation, in context: OperationContext) throws(Problem) -> Cleansing
}

extension CleansingOperation {
  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    try cleansing(of: input, in: context).select
  }
}

/// What a cleansing operation makes of rows, with columns that count what it does to each of them.
package struct Cleansing: Sendable {
  /// What is counted; never null.
  package enum Count: Sendable, Hashable {
    /// Values of a column that come out otherwise than they went in.
    case corrected(String)
    /// Rows without any value, which go.
    case empty
    /// Rows that go because another is the same.
    case duplicate
    /// Rows that go, or have a value that is corrected.
    case affected
  }

  /// The cleansed rows, those without any value among them; behind the columns stand the counts of each row, BIGINT.
  package let rows: SQL
  /// The names of the columns.
  package let names: [String]
  /// The columns with counts.
  package let counts: [(what: Count, column: String)]

  /// - Parameters:
  ///   - values: the corrected values by column.
  ///   - dropsEmpty: whether rows without any value go.
  ///   - dropsDuplicates: whether one row stays of those that are equal in every column.
  init(of input: Relation, values: [CorrectedText], dropsEmpty: Bool, dropsDuplicates: Bool) {
    var prefix = "__cleansed_"
    while input.schema.names.contains(where: { $0.lowercased().hasPrefix(prefix) }) { prefix += "_" }
    let names = input.schema.names
    var projection = Projection(of: input.schema)
    var counts: [(what: Count, column: String)] = []
    var marks: [SQL] = []
    for (index, corrected) in values.enumerated() {
      projection.set(Assignment(corrected.column.name, corrected.value, .text))
      counts.append((.corrected(corrected.column.name), prefix + String(index)))
      marks.append(
        "(\(corrected.text) IS DISTINCT FROM \(corrected.value)) AS \(name: prefix + String(index))")
    }
    let items = projection.items.map { item -> SQL in
      item.value.map { "\($0) AS \(name: item.name)" } ?? "\(name: item.name)"
    }
    let marked: SQL = "SELECT \(items + marks) FROM \(input.sql)"
    // A group of equal rows, or each row by itself.
    let (group, size): (SQL, SQL) = dropsDuplicates ? (" GROUP BY \(names: names)", "count(*)") : ("", "1")
    func sum(_ condition: SQL) -> SQL {
      dropsDuplicates ? "count(*) FILTER (WHERE \(condition))" : "CAST(\(condition) AS BIGINT)"
    }
    let empty: SQL =
      dropsEmpty && !names.isEmpty
      ? "(\(names.map { "\(name: $0) IS NULL" as SQL }, separator: " AND "))" : "FALSE"
    let touched: SQL =
      counts.isEmpty ? "FALSE" : "(\(counts.map { "\(name: $0.column)" as SQL }, separator: " OR "))"
    var sums: [SQL] = counts.map { "\(sum("\(name: $0.column)")) AS \(name: $0.column)" }
    func add(_ what: Count, _ value: SQL) {
      let name = prefix + String(sums.count)
      counts.append((what, name))
      sums.append("CAST(\(value) AS BIGINT) AS \(name: name)")
    }
    if dropsEmpty { add(.empty, "CASE WHEN \(empty) THEN \(size) ELSE 0 END") }
    if dropsDuplicates { add(.duplicate, "CASE WHEN \(empty) THEN 0 ELSE \(size) - 1 END") }
    // Of equal rows the one that stays is one that came as it is, if there is any.
    add(.affected, "CASE WHEN \(empty) THEN \(size) ELSE greatest(\(sum(touched)), \(size) - 1) END")
    self.names = names
    rows = "SELECT \(names.map { "\(name: $0)" as SQL } + sums) FROM (\(marked))\(group)"
    self.counts = counts
  }

  /// The rows that stay.
  package var select: SQL {
    let stay: SQL = counts.first { $0.what == .empty }.map { " WHERE \(name: $0.column) = 0" } ?? ""
    return "SELECT \(names: names) FROM (\(rows))\(stay)"
  }

  /// One row with all counts, in their order.
  package var totals: SQL {
    "SELECT \(counts.map { "CAST(coalesce(sum(\(name: $0.column)), 0) AS BIGINT)" as SQL }) FROM (\(rows))"
  }
}

/// A column's text before and after.
struct CorrectedText {
  let column: Column
  let text: SQL
  let value: SQL
}
