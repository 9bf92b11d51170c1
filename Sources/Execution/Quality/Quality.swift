import Foundation
import Pipelines
import Tabular

/// How good the rows of a run were (DQ-10, DQ-11). Percentages are rounded to two places, and 100 only if nothing at all was wrong.
package struct Quality: Sendable, Codable {
  /// From 0 to 100: the mean of how far each rule held; without rules, the completeness. nil = nothing is known.
  package var score: Double?
  /// The score the pipeline asks for.
  package var target: Double?
  package var completeness: Completeness?
  package var accuracy: Accuracy?
  package var freshness: Freshness?

  /// Values that are there.
  package struct Completeness: Sendable, Codable {
    package var percent: Double
    package var nulls: Int
    package var values: Int
    /// Whether `not_null` rules were asked, or all values that landed.
    package var basis: Basis
    package enum Basis: String, Sendable, Codable { case rules, landed }
  }

  /// How far the rules held, but for those about completeness and freshness.
  package struct Accuracy: Sendable, Codable {
    package var percent: Double
    package var rules: Int
    package var passed: Int
  }

  /// The age of the newest row at the run's logical time, of the stalest source if there are several.
  package struct Freshness: Sendable, Codable {
    package var ageSeconds: Double
    /// Less than an hour old.
    package var isCurrent: Bool
    /// Whether a `freshness` rule measured it, or the cursor of an incremental read.
    package var basis: Basis
    package enum Basis: String, Sendable, Codable { case rule, cursor }
  }

  package var isBelowTarget: Bool {
    guard let score, let target else { return false }
    return score < target
  }

  /// `part` of `whole` in percent.
  static func percent(_ part: Double, of whole: Double) -> Double {
    part >= whole ? 100 : min(99.99, (part / whole * 10_000).rounded() / 100)
  }
}

/// Gathers what a run finds until its quality can be told.
struct QualityTally {
  private var outcomes: [CheckOutcome] = []
  private var receipts: [Receipt] = []
  private var cursors: [String: String] = [:]

  mutating func add(_ step: String?, _ kind: RunEvent.Kind) {
    switch kind {
    case .checked(let outcome): outcomes.append(outcome)
    case .receipt(let receipt): receipts.append(receipt)
    case .cursor(let entry, _): cursors[step ?? ""] = CursorState(entry.value).cursor
    default: break
    }
  }

  /// - Returns: nil if nothing is known.
  func quality(at time: Date, target: Double?) -> Quality? {
    let rates = outcomes.map(\.passRate)
    let completeness = completeness
    let score = rates.isEmpty ? completeness?.percent : Quality.percent(rates.reduce(0, +), of: Double(rates.count))
    let quality = Quality(
      score: score, target: target, completeness: completeness, accuracy: accuracy, freshness: freshness(at: time))
    return quality.score == nil && quality.freshness == nil ? nil : quality
  }

  private var accuracy: Quality.Accuracy? {
    let rules = outcomes.filter { !["not_null", "freshness"].contains($0.rule) }
    guard !rules.isEmpty else { return nil }
    return Quality.Accuracy(
      percent: Quality.percent(rules.map(\.passRate).reduce(0, +), of: Double(rules.count)), rules: rules.count,
      passed: rules.count { $0.passed })
  }

  private var completeness: Quality.Completeness? {
    let rules = outcomes.filter { $0.rule == "not_null" && $0.rows > 0 }
    // The column of flags is Weir's own: nothing is missing where it is empty.
    let landed = receipts.flatMap { receipt in
      receipt.sent.columns.filter { $0.name.lowercased() != RuleTap.flags }.map { (receipt.sent.rows, $0.nulls) }
    }
    let nulls = rules.isEmpty ? landed.map(\.1).reduce(0, +) : rules.map(\.failedRows).reduce(0, +)
    let values = rules.isEmpty ? landed.map(\.0).reduce(0, +) : rules.map(\.rows).reduce(0, +)
    guard values > 0 else { return nil }
    return Quality.Completeness(
      percent: Quality.percent(Double(values - nulls), of: Double(values)), nulls: nulls, values: values,
      basis: rules.isEmpty ? .landed : .rules)
  }

  private func freshness(at time: Date) -> Quality.Freshness? {
    let measured = outcomes.filter { $0.rule == "freshness" }.compactMap(\.measure?.value)
    let ages =
      measured.isEmpty ? cursors.values.compactMap { Self.moment($0) }.map { time.timeIntervalSince($0) } : measured
    guard let age = ages.max().map({ max(0, $0) }) else { return nil }
    return Quality.Freshness(
      ageSeconds: age.rounded(), isCurrent: age < 3600, basis: measured.isEmpty ? .cursor : .rule)
  }

  /// The time a cursor stands for, if it is one; a date stands for its whole day. Without a zone it is UTC.
  static func moment(_ cursor: String) -> Date? {
    guard
      let parts = cursor.wholeMatch(
        of: /(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.\d+)? ?(Z|[+-]\d\d(?::?\d\d)?)?)?/)
    else { return nil }
    guard let clock = parts.2 else {
      return (try? Date("\(parts.1)T00:00:00Z", strategy: .iso8601))?.addingTimeInterval(86_400)
    }
    let zone = parts.3.map { $0.count == 3 ? "\($0):00" : String($0) } ?? "Z"
    return try? Date("\(parts.1)T\(clock)\(zone)", strategy: .iso8601)
  }
}

extension CheckOutcome {
  /// How far the rule held, from 0 to 1: the share of rows that pass, or all or nothing where there are no single rows.
  package var passRate: Double {
    if passed { return 1 }
    return rows > 0 && failedRows > 0 ? 1 - min(1, Double(failedRows) / Double(rows)) : 0
  }
}
