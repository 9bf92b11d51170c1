import Execution
import Foundation

/// What rows are like, for people: a line for each column.
struct ProfileView {
  var profile: RelationProfile

  var text: String {
    let table = TextTable(
      headings: ["Column", "Type", "Nulls", "Distinct", "Smallest", "Median", "Largest", "Most frequent", "Shapes"],
      rows: profile.columns.map { column in
        [
          column.column, column.type.lowercased(), nulls(column), distinct(column), column.min ?? "",
          column.median ?? "",
          column.max ?? "", frequent(column.top, of: column), frequent(column.patterns, of: column),
        ]
      }, numeric: [2, 3])
    return "\(profile.rows.grouped) rows\n" + table.render(width: Terminal.width)
  }

  private func nulls(_ column: ColumnProfile) -> String {
    column.nulls == 0 ? "0" : "\(column.nulls.grouped) (\(Self.percent(column.nulls, of: column.rows)))"
  }

  private func distinct(_ column: ColumnProfile) -> String {
    guard let distinct = column.distinct else { return "" }
    return column.isUnique ? "\(distinct.grouped) (all)" : (column.isDistinctExact ? "" : "~") + distinct.grouped
  }

  private func frequent(_ values: [ColumnProfile.Frequent], of column: ColumnProfile) -> String {
    values.prefix(3).map { "\($0.value) \(Self.percent($0.count, of: column.rows))" }.joined(separator: ", ")
  }

  /// `12%`, `0.3%`, `<0.1%`.
  static func percent(_ part: Int, of whole: Int) -> String {
    guard whole > 0 else { return "0%" }
    let share = Double(part) / Double(whole) * 100
    if part > 0, share < 0.1 { return "<0.1%" }
    let rounded =
      share >= 10 || share == share.rounded() ? String(format: "%.0f", share) : String(format: "%.1f", share)
    return (part < whole && rounded == "100" ? ">99.9" : rounded) + "%"
  }
}
