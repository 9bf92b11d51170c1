import Foundation
import Pipelines

/// Checks of what was typed; a mistake is a `usage` problem.
enum Usage {
  /// - Throws: `usage` if `value` lies outside `range`.
  static func check(_ value: Int?, _ option: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value, !range.contains(value) else { return value }
    let bound =
      range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    throw Problem("usage", "\(option) expects a whole number \(bound), not \(value).")
  }

  /// - Throws: `usage` if `seconds` isn't a time that can be waited for.
  static func check(seconds: Double?, _ option: String) throws -> Double? {
    guard let seconds, !(seconds > 0 && seconds <= 31_536_000) else { return seconds }
    throw Problem(
      "usage", "\(option) expects a number of seconds above 0 and of at most a year, not \(seconds.formatted()).")
  }

  /// - Throws: `usage` if both are dates or both are numbers and `start` lies after `end`, or one looks like a day and is none.
  static func check(start: String?, _ startOption: String, end: String?, _ endOption: String) throws {
    for (option, text) in [(startOption, start), (endOption, end)] {
      guard let text, text.wholeMatch(of: /\d{4}-\d\d-\d\d.*/) != nil else { continue }
      let day = text.prefix(10)
      guard let date = try? Date(day + "T00:00:00Z", strategy: .iso8601), date.formatted(.iso8601).hasPrefix(day) else {
        throw Problem("usage", "\(option): \(day) is no day of the calendar.")
      }
    }
    guard let start, let end else { return }
    let areDates = [start, end].allSatisfy { $0.wholeMatch(of: /\d{4}-\d\d-\d\d.*/) != nil }
    let isAfter =
      if areDates {
        start.prefix(max(10, min(start.count, end.count))) > end
      } else if let first = Double(start), let last = Double(end) { first > last } else { false }
    if isAfter { throw Problem("usage", "\(startOption) \(start) lies after \(endOption) \(end).", hint: "Swap them.") }
  }
}
