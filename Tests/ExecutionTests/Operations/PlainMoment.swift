import Tabular

/// A date or time of day as the calendar has it, to the second.
struct PlainMoment: Comparable {
  /// Since 1970-01-01.
  var days: Int
  /// Since midnight.
  var seconds: Int

  init(days: Int, seconds: Int = 0) { (self.days, self.seconds) = (days, seconds) }

  init(year: Int, month: Int, day: Int, seconds: Int = 0) {
    var days = day - 1
    for earlier in 1..<month { days += Self.length(year, earlier) }
    for other in min(year, 1970)..<max(year, 1970) { days += (year < 1970 ? -1 : 1) * (Self.isLeap(other) ? 366 : 365) }
    self.init(days: days, seconds: seconds)
  }

  /// Reads `2024-01-31`, or that with a time of day behind a `T` or a space.
  init?(_ text: String) {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
    let date = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count <= 2, date.map(\.count) == [4, 2, 2] else { return nil }
    let time = parts.count == 2 ? parts[1].split(separator: ":", omittingEmptySubsequences: false) : ["00", "00", "00"]
    guard time.map(\.count) == [2, 2, 2] else { return nil }
    let (numbers, clock) = (date.compactMap { Int($0) }, time.compactMap { Int($0) })
    guard numbers.count == 3, clock.count == 3, (1...12).contains(numbers[1]), numbers[2] >= 1,
      numbers[2] <= Self.length(numbers[0], numbers[1]), clock[0] < 24, clock[1] < 60, clock[2] < 60
    else { return nil }
    self.init(
      year: numbers[0], month: numbers[1], day: numbers[2], seconds: clock[0] * 3600 + clock[1] * 60 + clock[2])
  }

  init?(_ value: Value) {
    guard case .moment(let text) = value, let moment = PlainMoment(text) else { return nil }
    self = moment
  }

  static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
  static func length(_ year: Int, _ month: Int) -> Int {
    month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  static func < (left: PlainMoment, right: PlainMoment) -> Bool {
    (left.days, left.seconds) < (right.days, right.seconds)
  }

  var total: Int { days * 86_400 + seconds }

  var date: (year: Int, month: Int, day: Int) {
    var (year, rest) = (1970, days)
    while rest < 0 {
      year -= 1
      rest += Self.isLeap(year) ? 366 : 365
    }
    while rest >= (Self.isLeap(year) ? 366 : 365) {
      rest -= Self.isLeap(year) ? 366 : 365
      year += 1
    }
    var month = 1
    while rest >= Self.length(year, month) {
      rest -= Self.length(year, month)
      month += 1
    }
    return (year, month, rest + 1)
  }

  /// Monday is 0.
  var weekday: Int { ((days + 3) % 7 + 7) % 7 }

  /// The week of ISO 8601: that of the year its Thursday is in.
  var week: Int {
    let thursday = PlainMoment(days: days - weekday + 3)
    return (thursday.days - PlainMoment(year: thursday.date.year, month: 1, day: 1).days) / 7 + 1
  }

  /// Later by months, on the last day where the month is too short.
  func adding(months: Int) -> PlainMoment {
    let (year, month, day) = date
    let count = year * 12 + month - 1 + months
    let (newYear, newMonth) = (count / 12, count % 12 + 1)
    return PlainMoment(
      year: newYear, month: newMonth, day: min(day, Self.length(newYear, newMonth)), seconds: seconds)
  }

  func adding(seconds count: Int) -> PlainMoment {
    let sum = total + count
    let days = sum >= 0 ? sum / 86_400 : -((86_399 - sum) / 86_400)
    return PlainMoment(days: days, seconds: sum - days * 86_400)
  }

  func dateValue() -> Value { .moment(written("%Y-%m-%d")) }
  func value(isDate: Bool) -> Value { isDate ? dateValue() : .moment(written("%Y-%m-%dT%H:%M:%S")) }

  /// By a format of `strftime`.
  func written(_ format: String) -> String {
    func padded(_ number: Int, _ width: Int = 2) -> String {
      String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
    }
    let (year, month, day) = date
    let parts = [
      "%Y": padded(year, 4), "%m": padded(month), "%d": padded(day), "%H": padded(seconds / 3600),
      "%M": padded(seconds / 60 % 60), "%S": padded(seconds % 60), "%y": padded(year % 100),
      "%j": padded(days - PlainMoment(year: year, month: 1, day: 1).days + 1, 3),
    ]
    return parts.reduce(format) { $0.replacing($1.key, with: $1.value) }
  }
}
