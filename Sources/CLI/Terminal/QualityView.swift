import Execution
import Foundation

/// How good a run's rows were, for people, on one line.
struct QualityView {
  var quality: Quality
  var isColored: Bool

  var text: String {
    var parts: [String] = []
    if let part = quality.completeness {
      let nulls = part.nulls == 0 ? "" : " (\(part.nulls.grouped) empty)"
      parts.append("completeness \(Self.percent(part.percent))\(nulls)")
    }
    if let part = quality.accuracy {
      parts.append("accuracy \(Self.percent(part.percent)) (\(part.passed) of \(part.rules) rules hold)")
    }
    if let part = quality.freshness { parts.append("newest row \(Self.age(part.ageSeconds)) old") }
    let details = parts.joined(separator: ", ")
    guard quality.accuracy != nil || quality.completeness?.basis == .rules || quality.target != nil,
      let score = quality.score
    else {
      return details + "\n"
    }
    let ink: Ink = quality.isBelowTarget ? .yellow : .green
    let target = quality.target.map { ", target \(Self.percent($0))" } ?? ""
    return "quality \(ink(Self.percent(score), if: isColored))\(target): \(details)\n"
  }

  /// A rule that didn't hold.
  static func words(_ outcome: CheckOutcome) -> String {
    if let percent = outcome.validPercent, outcome.failedRows > 0 {
      return
        "\(outcome.words) failed for \(outcome.failedRows.grouped) of \(outcome.rows.grouped) row\(outcome.rows == 1 ? "" : "s"), \(Self.percent(percent)) valid"
    }
    return "not true: \(outcome.words)" + (outcome.observed.map { "; \($0)" } ?? "")
  }

  /// `99.8%`, `100%`.
  static func percent(_ number: Double) -> String { String(format: "%g%%", number) }

  private static func age(_ seconds: Double) -> String {
    for (unit, length) in [("day", 86_400.0), ("hour", 3600), ("minute", 60)] where seconds >= length {
      let count = Int(seconds / length)
      return "\(count) \(unit)\(count == 1 ? "" : "s")"
    }
    return "\(Int(seconds)) seconds"
  }
}
