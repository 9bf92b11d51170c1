import Execution
import Foundation
import Pipelines
import Tabular
import Workspace

/// A finished run for people: its steps, what landed and whether that was verified.
struct ReceiptView {
  var run: Run
  var isColored: Bool

  var text: String { run.status == .paused ? QuestionView(run: run, isColored: isColored).text : receipt }

  private var receipt: String {
    let table = TextTable(
      headings: ["Task", "Kind", "Status", "Duration", "Rows"],
      rows: run.steps.map {
        [$0.id, $0.kind, $0.status.rawValue, $0.durationSeconds.map(Self.duration) ?? "", $0.rows.map(\.grouped) ?? ""]
      }, numeric: [3, 4])
    var text = "\n" + table.render(width: Terminal.width) + "\n"
    for step in run.steps {
      guard let impact = step.effect?.impact, !impact.isEmpty else { continue }
      text += Ink.dim("  \(step.id): \(impact.joined(separator: "; "))", if: isColored) + "\n"
    }
    for receipt in run.receipts { text += line(receipt) }
    for reject in run.rejects {
      text +=
        Ink.yellow("!", if: isColored)
        + " \(reject.summary.words(of: reject.step)): \(reject.summary.reason)\n"
    }
    for check in run.checks where !check.outcome.passed {
      text += Ink.yellow("!", if: isColored) + " \(check.step): \(QualityView.words(check.outcome))\n"
    }
    for alert in run.alerts {
      text +=
        (alert.alert.severity == .critical ? Ink.red("✗", if: isColored) : Ink.yellow("!", if: isColored))
        + " alert: \(alert.alert.message)\n"
    }
    if let quality = run.quality { text += QualityView(quality: quality, isColored: isColored).text }
    let ink: Ink = run.status == .success ? .green : run.status == .warning ? .yellow : .red
    let memory = run.peakMemoryBytes.map { ", \($0 / 1_000_000) MB at most" } ?? ""
    return text + ink(run.status.rawValue, if: isColored)
      + "  \(run.pipeline)  \(run.metrics.rowsProcessed.grouped) rows in \(Self.duration(run.metrics.durationSeconds))\(memory)  run \(run.id)\n"
  }

  private func line(_ receipt: Receipt) -> String {
    if let untouched = receipt.untouched {
      return
        "\(Ink.yellow("·", if: isColored)) \(receipt.target)  \(receipt.mode.rawValue): left as it is, \(untouched)\n"
    }
    if receipt.sent.rows == 0 {
      let isEmptied = [.replace, .truncate].contains(receipt.mode)
      let result = isEmptied ? "no rows came, so it holds none" : "no rows came, so nothing changed"
      return "\(Ink.yellow("·", if: isColored)) \(receipt.target)  \(receipt.mode.rawValue): \(result)\n"
    }
    let mark = receipt.verified ? Ink.green("✓", if: isColored) : Ink.yellow("·", if: isColored)
    let outcome = receipt.outcome
    var counts = ["\(outcome.inserted.grouped) inserted"]
    if outcome.updated > 0 { counts.append("\(outcome.updated.grouped) updated") }
    if outcome.deleted > 0 { counts.append("\(outcome.deleted.grouped) deleted") }
    let proof = receipt.verified ? "verified (\(receipt.level.rawValue))" : "not verified"
    return "\(mark) \(receipt.target)  \(receipt.mode.rawValue): \(counts.joined(separator: ", "))  \(proof)\n"
  }

  /// `15m 23s`, `2.41s`.
  static func duration(_ seconds: Double) -> String {
    if seconds < 60 { return String(format: "%.2fs", seconds) }
    let whole = Int(seconds)
    return whole < 3600 ? "\(whole / 60)m \(whole % 60)s" : "\(whole / 3600)h \(whole % 3600 / 60)m"
  }
}
