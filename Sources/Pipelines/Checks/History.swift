/// What rules measured in earlier runs of the pipeline, for one step: a measure's name → its values, the latest first.
package struct MeasureHistory: Sendable, Codable, Hashable {
  package var values: [String: [Double]] = [:]

  package init(_ values: [String: [Double]] = [:]) { self.values = values }
}

/// What is usual among values, in terms that a few outliers don't shift.
struct UsualRange {
  let median: Double
  /// As a standard deviation: 1.4826 times the median distance from the median; where most values are the same, 1.2533 times the mean
  /// distance (Iglewicz and Hoaglin 1993); at least one percent of the median, or `floor`.
  let spread: Double

  /// - Parameter floor: the least spread.
  init?(_ values: [Double], floor: Double = 0) {
    guard !values.isEmpty else { return nil }
    let median = Self.median(values)
    let distances = values.map { abs($0 - median) }
    let middle = Self.median(distances)
    let mean = distances.reduce(0, +) / Double(distances.count)
    self.median = median
    spread = max(middle > 0 ? 1.4826 * middle : 1.2533 * mean, floor, abs(median) / 100)
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let half = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
  }
}
