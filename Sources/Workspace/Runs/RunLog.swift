import Execution
import Foundation
import Pipelines

/// Turns a run's events into the lines of its log (RUN-08, RUN-09): `[2025-11-21 06:38:31] INFO: Extracted 1,500 rows`.
package struct RunLog: Sendable {
  private var kinds: [String: String] = [:]

  package init() {}

  /// The lines an event writes, none for most.
  package mutating func lines(for event: RunEvent) -> [String] {
    messages(for: event).map { level, message in
      "[\(Self.stamp(event.time))] \(level.rawValue): \(message.replacing("\n", with: " "))"
    }
  }

  private mutating func messages(for event: RunEvent) -> [(RunEvent.LogLevel, String)] {
    let step = event.step ?? ""
    let kind = kinds[step] ?? ""
    switch event.kind {
    case .runStarted(let steps):
      for outline in steps { kinds[outline.id] = outline.kind }
      return [(.info, "Starting pipeline execution")]
    case .stepStarted(let attempt):
      let again = attempt > 0 ? " (attempt \(attempt + 1))" : ""
      switch kind {
      case "read": return [(.info, "Connecting to source of \"\(step)\"...\(again)")]
      case "transform": return [(.info, "Starting transformation... \"\(step)\"\(again)")]
      case "check": return [(.info, "Checking \"\(step)\"...\(again)")]
      default: return [(.info, "Loading to \"\(step)\"...\(again)")]
      }
    case .stepFinished(let rows, _, let seconds, _):
      let count = rows.map(\.grouped)
      let time = String(format: "%.2f", seconds)
      switch kind {
      case "read":
        return [(.info, count.map { "Extracted \($0) rows from \"\(step)\"" } ?? "Extraction of \"\(step)\" prepared")]
      case "transform": return [(.info, "Transformation complete: \"\(step)\"" + (count.map { ", \($0) rows" } ?? ""))]
      case "check":
        return [
          (.info, "Check \"\(step)\" complete" + (rows.map { ": \($0.grouped) row\($0 == 1 ? "" : "s") passed" } ?? ""))
        ]
      default: return [(.info, "Load complete: \"\(step)\"" + (count.map { ", \($0) rows in \(time) s" } ?? ""))]
      }
    case .effect(let effect): return [(.info, "\"\(step)\": \(effect.impact.joined(separator: "; "))")]
    case .log(let level, let message): return [(level, message)]
    case .rejected(let summary):
      return [(.warning, "\(summary.words(of: "\"\(step)\"")): \(summary.reason)")]
    case .checked(let outcome) where !outcome.passed:
      let share =
        outcome.validPercent.map { String(format: " (%g%% valid)", $0) } ?? outcome.observed.map { ": \($0)" } ?? ""
      return [(.warning, "Check failed in \"\(step)\": \(outcome.words)\(share)")]
    case .alert(let alert): return [(alert.severity == .critical ? .error : .warning, "Alert: \(alert.message)")]
    case .quality(let quality): return quality.score.map { [(.info, String(format: "Quality score: %g%%", $0))] } ?? []
    case .stepFailed(let problem, _, let retryIn):
      let next = retryIn.map { " Trying again in \(String(format: "%g", $0)) s." } ?? ""
      return [
        (
          retryIn == nil ? .error : .warning,
          (event.step == nil ? "The run failed: " : "Step \"\(step)\" failed: ") + problem.message + next
        )
      ]
    case .stepSkipped(let reason): return [(.info, "Step \"\(step)\" skipped: \(reason)")]
    case .runFinished(let outcome, _):
      switch outcome {
      case .success: return [(.info, "Pipeline execution finished successfully")]
      case .warning: return [(.warning, "Pipeline execution finished with warnings")]
      case .failed: return [(.error, "Pipeline execution failed")]
      case .cancelled: return [(.warning, "Pipeline execution cancelled")]
      }
    case .profiled(let profile):
      return [(.info, "Profiled \"\(step)\": \(profile.rows.grouped) rows, \(profile.columns.count) columns")]
    case .paused(let questions):
      return questions.map { (.warning, $0.problem.message) } + [
        (.warning, "Pipeline execution paused - awaiting user input")
      ]
    case .asked(let questions):
      return questions.map { (.warning, $0.words) } + [
        (.warning, "Pipeline execution paused - awaiting user input")
      ]
    case .progressed, .checked, .receipt, .cursor, .heartbeat: return []
    }
  }

  /// Bytes as people read them (E015): `450 MB`, `2.5 GB`.
  package static func size(_ bytes: Int) -> String {
    for (unit, factor) in [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)] where Double(bytes) >= factor {
      let tenths = Int((Double(bytes) / factor * 10).rounded())
      return tenths >= 100 || tenths % 10 == 0
        ? "\((tenths + 5) / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
    return "\(bytes) bytes"
  }

  static func stamp(_ time: Date) -> String {
    let text = time.formatted(.iso8601)
    return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
  }
}
