/// Reads the ISO forms in which dates and times come back.
enum MomentText {
  /// Days since 1970; also `infinity`, and years of more or fewer digits or before the year 0.
  static func day(_ text: UnsafeRawBufferPointer) -> Int32? {
    if text.elementsEqual("infinity".utf8) { return .max }
    if text.elementsEqual("-infinity".utf8) { return -.max }
    return day(text[...]).flatMap { Int32(exactly: $0) }
  }

  /// Microseconds since 1970, the offset `+00:00` at the end or none.
  static func micros(_ text: UnsafeRawBufferPointer) -> Int64? {
    if text.elementsEqual("infinity".utf8) { return .max }
    if text.elementsEqual("-infinity".utf8) { return -.max }
    guard let split = text.firstIndex(of: UInt8(ascii: "T")), let day = day(text[..<split]) else { return nil }
    var time = text[(split + 1)...]
    if let sign = time.firstIndex(of: UInt8(ascii: "+")) { time = time[..<sign] }
    guard let clock = clock(time) else { return nil }
    let (midnight, overflow) = Int64(day).multipliedReportingOverflow(by: 86_400_000_000)
    return overflow ? nil : midnight &+ clock
  }

  /// Microseconds since midnight of `hh:mm:ss` with or without a fraction.
  static func clock(_ text: Slice<UnsafeRawBufferPointer>) -> Int64? {
    let start = text.startIndex
    guard text.count >= 8, let hours = number(text[start..<start + 2]),
      let minutes = number(text[start + 3..<start + 5]),
      let seconds = number(text[start + 6..<start + 8])
    else { return nil }
    var micros = 0
    if text.count > 9 {
      let fraction = text[(start + 9)...].prefix(6)
      guard var value = number(fraction) else { return nil }
      for _ in fraction.count..<6 { value *= 10 }
      micros = value
    }
    return Int64((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + Int64(micros)
  }

  private static func day(_ text: Slice<UnsafeRawBufferPointer>) -> Int? {
    let end = text.endIndex
    guard text.count >= 8, let month = number(text[end - 5..<end - 3]), let day = number(text[end - 2..<end]) else {
      return nil
    }
    let isNegative = text.first == UInt8(ascii: "-")
    guard let digits = number(text[(text.startIndex + (isNegative ? 1 : 0))..<end - 6]) else { return nil }
    // Howard Hinnant, "chrono-compatible low-level date algorithms".
    let year = (isNegative ? -digits : digits) - (month <= 2 ? 1 : 0)
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func number(_ text: Slice<UnsafeRawBufferPointer>) -> Int? {
    var value = 0
    for byte in text {
      let digit = byte &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      value = value * 10 + Int(digit)
    }
    return text.isEmpty ? nil : value
  }
}
