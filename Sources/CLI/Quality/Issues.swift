import ArgumentParser
import Execution
import Foundation
import Pipelines
import Workspace

struct Issues: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List what was wrong with the rows of a pipeline's last run, and what can be done about it.",
    discussion: """
      Each rule that didn't hold is an issue, and so are rows that couldn't be read: how many rows, what the run did about them, and the commands that \
      help. Rules that ended the run come first.
      """)
  @Argument(help: "A pipeline file, or the name of a pipeline.") var pipeline: String
  @Option(help: "Another of its runs.") var run: String?
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let found = try await common.open().issues(ofPipeline: pipeline, run: run)
    try common.show(found) { text(found) }
  }

  private func text(_ found: QualityIssues) -> String {
    let ink: Ink = found.status == .success ? .green : found.status == .warning ? .yellow : .red
    let count = "\(found.count.grouped) quality issue\(found.count == 1 ? "" : "s")"
    var text =
      "\(Ink.bold(count, if: common.isColored)) in run \(found.run) of \(found.pipeline), "
      + "\(ink(found.status.rawValue, if: common.isColored)), \(Document.text(found.startedAt))\n"
    if let quality = found.quality { text += QualityView(quality: quality, isColored: common.isColored).text }
    guard !found.issues.isEmpty else { return text }
    text +=
      "\n"
      + TextTable(
        headings: ["#", "Severity", "Step", "Rule", "Column", "Rows", "Action", "What is wrong"],
        rows: found.issues.map { issue in
          [
            String(issue.number), issue.severity.rawValue, issue.step, issue.rule,
            issue.columns.joined(separator: ", "),
            rows(issue), issue.onFail, [issue.words, issue.observed].compactMap { $0 }.joined(separator: "; "),
          ]
        }, numeric: [0, 5]
      ).render(width: Terminal.width)
    for issue in found.issues where !issue.fixes.isEmpty || !issue.examples.isEmpty {
      text += "\n\(issue.number). \(issue.step) \(issue.rule): \(issue.actionTaken)\n"
      text += issue.examples.map { "   \($0.position): \($0.value)\n" }.joined()
      text += issue.fixes.map { "   \($0.title): \(Ink.dim($0.command, if: common.isColored))\n" }.joined()
    }
    return text
  }

  private func rows(_ issue: QualityIssue) -> String {
    guard issue.invalidRows > 0 else { return "" }
    return issue.invalidRows.grouped + (issue.rows.map { " of \($0.grouped)" } ?? "")
  }
}
