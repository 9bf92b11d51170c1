/// A length of time as users write it.
package enum TimeSpan {
  /// Seconds in `30s`, `5m`, `1h30m`, `250ms`, `2 hours`, `PT10S`, `P1DT12H`, or a bare number; nil for anything else,
  /// also for years and months, whose length varies.
  package static func seconds(_ text: String) -> Double? {
    let trimmed = text.lowercased().filter { $0 != " " }
    guard !trimmed.isEmpty else { return nil }
    if let number = plainNumber(trimmed[...]) { return number }
    return trimmed.hasPrefix("p") ? iso8601(trimmed.dropFirst()) : sum(of: trimmed[...], units: words)
  }

  /// Seconds of a setting.
  /// - Throws: `wrong-type`, saying which forms there are.
  package static func seconds(_ setting: Setting) throws(Problem) -> Double {
    guard let text = setting.text, let seconds = seconds(text) else {
      throw Problem("wrong-type", "must be a length of time.", hint: "Write it as 30s, 5m, 2h, 1d or PT10S.")
    }
    return seconds
  }

  /// The shortest of our forms: `90s`, `5m`, `2h`.
  package static func text(_ seconds: Double) -> String {
    for (unit, size) in [("d", 86_400.0), ("h", 3_600), ("m", 60)]
    where seconds >= size && seconds.remainder(dividingBy: size) == 0 {
      return "\(Int(seconds / size))\(unit)"
    }
    return seconds == seconds.rounded() && seconds < 1e15 ? "\(Int(seconds))s" : "\(seconds)s"
  }

  private static let words: [String: Double] = [
    "ms": 0.001, "millisecond": 0.001, "milliseconds": 0.001,
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60,
    "h": 3_600, "hr": 3_600, "hrs": 3_600, "hour": 3_600, "hours": 3_600,
    "d": 86_400, "day": 86_400, "days": 86_400, "w": 604_800, "wk": 604_800, "wks": 604_800,
    "week": 604_800, "weeks": 604_800,
  ]

  private static func iso8601(_ text: Substring) -> Double? {
    let parts = text.split(separator: "t", maxSplits: 1, omittingEmptySubsequences: false)
    let days = parts[0].isEmpty ? 0 : sum(of: parts[0], units: ["d": 86_400, "w": 604_800])
    guard let days, parts.count == 2 || !parts[0].isEmpty else { return nil }
    guard parts.count == 2 else { return days }
    return sum(of: parts[1], units: ["h": 3_600, "m": 60, "s": 1]).map { days + $0 }
  }

  private static func sum(of text: Substring, units: [String: Double]) -> Double? {
    var rest = text
    var total = 0.0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isNumber || $0 == "." }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard let amount = plainNumber(number), let size = units[String(unit)] else { return nil }
      total += amount * size
    }
    return total
  }

  private static func plainNumber(_ text: Substring) -> Double? {
    guard text.first?.isASCII == true, text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }) else { return nil }
    return Double(text)
  }
}
