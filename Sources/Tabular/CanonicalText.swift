/// Numbers, days and instants as the texts that stand in fingerprints, the same for every system.
package enum CanonicalText {
  /// Plain digits without zeros at the end of the fraction: `12.50` → `12.5`, `-0.00` → `0`.
  package static func number(_ digits: String) -> String {
    var text = digits
    if text.contains(".") {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return text == "-0" || text.isEmpty ? "0" : text
  }

  /// The shortest digits that give the same number back; both zeros are `0.0`.
  package static func float(_ value: Double) -> String { value == 0 ? "0.0" : "\(value)" }

  /// Days since 1970-01-01 as `2024-02-29`; `Int32.max` and `-Int32.max` are the infinities.
  package static func date(_ days: Int32) -> String {
    days == .max ? "infinity" : days <= -Int32.max ? "-infinity" : day(Int64(days))
  }

  /// Microseconds since 1970-01-01 as `2024-02-29 12:30:00.5`; `Int64.max` and `Int64.min` are the infinities.
  package static func timestamp(_ micros: Int64) -> String {
    if micros == .max { return "infinity" }
    if micros == .min { return "-infinity" }
    let perDay: Int64 = 86_400_000_000
    let days = micros >= 0 ? micros / perDay : -((perDay - 1 - micros) / perDay)
    let rest = micros - days * perDay
    let seconds = rest / 1_000_000
    var text = "\(day(days)) \(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    let fraction = rest % 1_000_000
    if fraction != 0 {
      let digits = String(fraction)
      text = number(text + "." + String(repeating: "0", count: 6 - digits.count) + digits)
    }
    return text
  }

  private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// The proleptic Gregorian date of a day, counted from 1970-01-01; years before 1 are 0 and negative.
  private static func day(_ days: Int64) -> String {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
    let calendarMonth = month < 10 ? month + 3 : month - 9
    let year = yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0)
    let digits = String(year.magnitude)
    let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return "\(year < 0 ? "-" : "")\(padded)-\(two(calendarMonth))-\(two(dayOfMonth))"
  }
}
