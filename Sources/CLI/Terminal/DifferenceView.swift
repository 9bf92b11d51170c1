import Execution
import Foundation
import Pipelines
import Tabular
import Workspace

/// A comparison for people: the counts, what differs in the columns, then rows.
struct DifferenceView {
  var difference: Difference
  var isColored: Bool

  private var report: ComparisonReport { difference.report }

  var text: String { counts + warnings + schema + changes + rows + verdict }

  private var counts: String {
    TextTable(
      headings: ["", "Rows", "Read", "Only here"],
      rows: [
        ["A  \(difference.a)", (report.a.rows).grouped, read(report.a), (report.onlyInA).grouped],
        ["B  \(difference.b)", (report.b.rows).grouped, read(report.b), (report.onlyInB).grouped],
      ], numeric: [1, 2, 3]
    ).render(width: Terminal.width)
      + "\n\((report.equal).grouped) equal, \((report.changed).grouped) changed, by \(report.key.joined(separator: ", "))\n"
  }

  private func read(_ side: ComparisonReport.Side) -> String {
    guard side.rows > 0 else { return "0" }
    return "\((side.rowsRead).grouped) (\(String(format: "%.1f", Double(side.rowsRead) * 100 / Double(side.rows))) %)"
  }

  private var warnings: String {
    var text = ""
    func warn(_ words: String) { text += Ink.yellow("!", if: isColored) + " \(words)\n" }
    for (name, side) in [("A", report.a), ("B", report.b)] {
      if side.rejected > 0 { warn("\(name): \((side.rejected).grouped) rows could not be read and are not compared.") }
      if side.nullKeys > 0 {
        let examples = side.nullKeyExamples.map { row in
          zip(report.key + report.columns, row).map { "\($0): \($1)" }.joined(separator: ", ")
        }
        warn(
          "\(name): \((side.nullKeys).grouped) rows have no value in the key and are not compared, for example \(examples.joined(separator: "; "))"
        )
      }
      if side.duplicateKeys > 0 {
        let examples = side.duplicateExamples.map(key).joined(separator: "; ")
        warn(
          "\(name): \((side.duplicateKeys).grouped) keys stand in \((side.duplicateRows).grouped) rows, which are not compared, for example \(examples)"
        )
      }
    }
    return text
  }

  private var schema: String {
    var text = ""
    if !report.columnsOnlyInA.isEmpty {
      text += "Columns only in A: \(report.columnsOnlyInA.joined(separator: ", "))\n"
    }
    if !report.columnsOnlyInB.isEmpty {
      text += "Columns only in B: \(report.columnsOnlyInB.joined(separator: ", "))\n"
    }
    for type in report.typeDifferences {
      text +=
        Ink.dim("\(type.column) is \(type.a) in A and \(type.b) in B, compared as \(type.comparedAs)", if: isColored)
        + "\n"
    }
    return text
  }

  private var changes: String {
    guard !report.changes.isEmpty else { return "" }
    return "Changed: " + report.changes.map { "\($0.column) in \(($0.rows).grouped) rows" }.joined(separator: ", ")
      + "\n"
  }

  private var rows: String {
    guard !report.differences.isEmpty else { return "" }
    let rows = report.differences.map { difference -> [String] in
      switch difference.kind {
      case .changed:
        [
          key(difference.key), difference.column ?? "", difference.a?.description ?? "",
          difference.b?.description ?? "",
        ]
      case .onlyInA: [key(difference.key), "", "there", "not there"]
      case .onlyInB: [key(difference.key), "", "not there", "there"]
      }
    }
    let table = TextTable(headings: [report.key.joined(separator: ", "), "Column", "A", "B"], rows: rows)
    return "\n" + table.render(width: Terminal.width) + "\n"
  }

  private func key(_ values: [Value]) -> String { values.map(\.description).joined(separator: ", ") }

  private var verdict: String {
    report.isIdentical ? Ink.green("identical", if: isColored) + "\n" : Ink.red("different", if: isColored) + "\n"
  }
}
