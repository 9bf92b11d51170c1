import Tabular

/// The width of a time bucket: `10 minutes`, `1h`, `day`, `month`, `quarter`. Months and longer are counted by the calendar.
package enum Period: SettingValue {
  case seconds(Double)
  case months(Int)

  package static var kind: SettingKind { .text }

  package init(setting: Setting) throws(Problem) {
    let words = (setting.text ?? "").lowercased().filter { $0 != " " }
    let digits = words.prefix { $0.isASCII && $0.isNumber }
    let unit = words.dropFirst(digits.count)
    let count = digits.isEmpty ? 1 : Int(digits)
    if let months = Self.calendar[String(unit)], let count, (1...1200).contains(count) {
      self = .months(months * count)
    } else if let seconds = TimeSpan.seconds(digits.isEmpty ? "1" + words : words), seconds >= 0.001, seconds < 1e10,
      !unit.isEmpty
    {
      self = .seconds(seconds)
    } else {
      throw Problem(
        "wrong-type", "must be a length of time with its unit.",
        hint: "Write it as 30s, 10 minutes, 1h, day, week or month.",
        at: setting.location)
    }
  }

  private static let calendar: [String: Int] = [
    "mo": 1, "month": 1, "months": 1, "quarter": 3, "quarters": 3, "y": 12, "year": 12, "years": 12,
  ]

  package var display: String? { words }

  var words: String {
    switch self {
    case .seconds(let seconds): TimeSpan.text(seconds)
    case .months(let months): months % 12 == 0 ? Self.count(months / 12, "year") : Self.count(months, "month")
    }
  }

  private static func count(_ number: Int, _ unit: String) -> String { number == 1 ? unit : "\(number) \(unit)s" }

  /// As an interval of the engine.
  var sql: SQL {
    switch self {
    case .seconds(let seconds) where seconds.remainder(dividingBy: 86_400) == 0: "to_days(\(Int(seconds / 86_400)))"
    case .seconds(let seconds): "to_microseconds(\(Int((seconds * 1e6).rounded())))"
    case .months(let months): "to_months(\(months))"
    }
  }

  /// Whether every bucket begins at midnight.
  var isWholeDays: Bool {
    switch self {
    case .seconds(let seconds): seconds.remainder(dividingBy: 86_400) == 0
    case .months: true
    }
  }

  /// At most this many seconds.
  var longest: Double {
    switch self {
    case .seconds(let seconds): seconds
    case .months(let months): Double(months) * 31 * 86_400
    }
  }
}
