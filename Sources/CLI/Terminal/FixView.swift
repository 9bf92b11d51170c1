import Execution
import Foundation
import Pipelines
import Workspace

/// The rules that ended a run, and what can be done about them.
struct FixView {
  var run: Run
  var isColored: Bool

  var text: String { run.violations.map(describe).joined(separator: "\n") + suggestions }

  /// Nothing if no rule ended the run.
  var suggestions: String {
    let fixes = run.suggestedFixes
    guard !fixes.isEmpty else { return "" }
    let width = fixes.map { Terminal.cells($0.title) }.max() ?? 0
    return "\nSuggested fixes:\n"
      + fixes.map { fix in
        let gap = String(repeating: " ", count: width - Terminal.cells(fix.title))
        return "  \(fix.number). \(fix.title)\(gap)  \(Ink.dim(fix.command, if: isColored))\n"
      }.joined()
  }

  private func describe(_ violation: Violation) -> String {
    var text = "Failed at: \(violation.step)\nError type: \(violation.errorType)\n"
    if !violation.columns.isEmpty {
      let names = violation.columns.map { "\"\($0)\"" }.joined(separator: ", ")
      text +=
        "Column\(violation.columns.count == 1 ? "" : "s") \(names): \(violation.invalidValues.grouped) invalid of \(violation.rows.grouped) rows\n"
    }
    for example in violation.examples { text += "  \(example.position): \(example.value)\n" }
    text += "Rule: \(violation.rule)\n" + (violation.observed.map { "Observed: \($0)\n" } ?? "")
    return text + "Action taken: \(violation.actionTaken)\n"
  }
}
