import Foundation
import Tabular

/// Arithmetic on cursors, which stay the source's own text.
enum CursorText {
  /// Whether `left` is the smaller cursor; both are texts of one column, so dates and times sort as they are written.
  static func isBefore(_ left: String, _ right: String) -> Bool {
    if let left = Int128(left), let right = Int128(right) { return left < right }
    if let less = Double(left), let more = Double(right) {
      if less != more { return less < more }
      if let less = Decimal(string: left), let more = Decimal(string: right) { return less < more }
    }
    return left < right
  }

  /// `text` moved back by `lag`: units for numbers, seconds for dates and times. A text that is neither stays as it is.
  static func less(_ text: String, by lag: Double) -> String {
    if let number = Int128(text) { return String(number - Int128(lag.rounded(.up))) }
    var (main, zone) = (text, "")
    if text.hasSuffix("Z") {
      (main, zone) = (String(text.dropLast()), "Z")
    } else if let sign = text.dropFirst(11).lastIndex(where: { $0 == "+" || $0 == "-" }) {
      (main, zone) = (String(text[..<sign]), String(text[sign...]))
    }
    guard main.count >= 10, let day = try? Date(String(main.prefix(10)) + "T00:00:00Z", strategy: .iso8601) else {
      return text
    }
    let days = Int(day.timeIntervalSince1970 / 86_400)
    let parts = main.dropFirst(11).split(separator: ":")
    let seconds = parts.count == 3 ? parts[2].split(separator: ".") : []
    let fraction = seconds.count == 2 ? Int64((String(seconds[1]) + "000000").prefix(6)) ?? 0 : 0
    let clock = parts.compactMap { Int64($0.split(separator: ".").first ?? "") }
    guard clock.count == parts.count else { return text }
    let time = zip(clock, [3600, 60, 1] as [Int64]).reduce(0) { $0 + $1.0 * $1.1 }
    let micros = (Int64(days) * 86_400 + time) * 1_000_000 + fraction - Int64(lag * 1_000_000)
    let moved = Moment.timestamp(micros, unit: .microseconds)
    return main.contains("T") ? moved + zone : moved.replacingOccurrences(of: "T", with: " ") + zone
  }
}
