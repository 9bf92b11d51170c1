import DuckDB
import Foundation
import Pipelines
import Tabular

/// Finds columns whose values are keys of another table.
struct JoinFinder {
  let connection: Connection
  let here: KeptTable
  let there: KeptTable

  /// The share of values that must be found there.
  private static let leastFound = 0.9

  func suggestions() async throws -> [Suggestion] {
    var result: [Suggestion] = []
    for key in there.profile.columns where key.isUnique {
      for column in here.profile.columns
      where isNamed(column.column, like: key.column) && isAlike(column.type, key.type) && column.present > 0 {
        let found =
          try await connection.query(
            "SELECT count(*) FROM \(here.relation) WHERE \(name: column.column) IN (SELECT \(name: key.column) FROM \(there.relation))"
          ).rows[0][0].whole ?? 0
        guard Double(found) >= Self.leastFound * Double(column.present) else { continue }
        let (from, to) = (YAMLValue.text(column.column), YAMLValue.text(key.column))
        let keys = column.column == key.column ? from : "{ \(from): \(to) }"
        let share = Quality.percent(Double(found), of: Double(column.present))
        result.append(
          Suggestion(
            kind: .join, columns: [column.column],
            reason:
              "\(String(format: "%g", share))% of the values of \(Suggester.quoted(column.column)) are a \(Suggester.quoted(key.column)) of \(there.name).",
            place: .transform, yaml: "join: { with: \(there.name), on: \(keys) }"))
      }
    }
    return result
  }

  /// The same name; or, for a key called `id`, the table's name with it: `customer_id` and `id` of `customers`.
  private func isNamed(_ column: String, like key: String) -> Bool {
    let (column, key, table) = (Self.fold(column), Self.fold(key), Self.fold(there.name))
    if column == key { return true }
    guard column.hasSuffix(key), column.count > key.count else { return false }
    let stem = String(column.dropLast(key.count))
    return table.hasPrefix(stem) || stem.hasPrefix(table)
  }

  private func isAlike(_ left: String, _ right: String) -> Bool {
    left == right || left.contains("INT") && right.contains("INT")
  }

  private static func fold(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }
}
