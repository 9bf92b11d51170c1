extension Vector {
  /// One value, for showing. Not for bulk work.
  package func value(_ row: Int) -> Value {
    if isNull(row) { return .null }
    switch type {
    case .boolean: return .boolean(load(row, as: UInt8.self) != 0)
    case .integer(8, true): return .integer(Int128(load(row, as: Int8.self)))
    case .integer(16, true): return .integer(Int128(load(row, as: Int16.self)))
    case .integer(32, true): return .integer(Int128(load(row, as: Int32.self)))
    case .integer(64, true): return .integer(Int128(load(row, as: Int64.self)))
    case .integer(8, false): return .integer(Int128(load(row, as: UInt8.self)))
    case .integer(16, false): return .integer(Int128(load(row, as: UInt16.self)))
    case .integer(32, false): return .integer(Int128(load(row, as: UInt32.self)))
    case .integer(64, false): return .integer(Int128(load(row, as: UInt64.self)))
    case .integer(_, true): return .integer(wide(row))
    case .integer(_, false): return .decimal(String(UInt128(truncatingIfNeeded: wide(row))))
    case .decimal(_, let scale): return .decimal(DecimalText.text(decimal(row), scale: scale))
    case .numeric, .bit: return .decimal(text(row))
    case .float32: return .float(Double(String(load(row, as: Float.self))) ?? .nan)
    case .float64: return .float(load(row))
    case .text, .other, .null: return .text(text(row))
    case .json: return .json(text(row))
    case .blob: return .blob(Array(bytes(row)))
    case .uuid: return .text(uuid(row))
    case .enumeration(let labels): return .text(labels[enumerationIndex(row, count: labels.count)])
    case .date: return .moment(Moment.date(Int(load(row, as: Int32.self))))
    case .time: return .moment(Moment.time(micros: load(row)))
    case .timeTZ:
      let bits = load(row, as: UInt64.self)
      return .moment(Moment.time(micros: Int64(bits >> 24)) + Moment.offset(seconds: 57_599 - Int(bits & 0xFF_FFFF)))
    case .timestamp(let unit): return .moment(Moment.timestamp(load(row), unit: unit))
    case .timestampTZ:
      let text = Moment.timestamp(load(row), unit: .microseconds)
      return .moment(text.hasSuffix("infinity") ? text : text + "Z")
    case .interval: return .moment(interval(row))
    case .list:
      return .list(
        children[0].values(from: Int(load(row * 2, as: UInt64.self)), count: Int(load(row * 2 + 1, as: UInt64.self))))
    case .array(_, let count): return .list(children[0].values(from: row * count, count: count))
    case .map:
      let pairs = children[0]
      let start = Int(load(row * 2, as: UInt64.self))
      return .structure(
        (start..<start + Int(load(row * 2 + 1, as: UInt64.self))).map {
          (name: pairs.children[0].value($0).description, value: pairs.children[1].value($0))
        })
    case .structure(let fields): return .structure(zip(fields, children).map { (name: $0.name, value: $1.value(row)) })
    }
  }

  /// The unscaled digits of a decimal.
  package func decimal(_ row: Int) -> Int128 {
    guard case .decimal(let precision, _) = type else { return 0 }
    switch precision {
    case ...4: return Int128(load(row, as: Int16.self))
    case ...9: return Int128(load(row, as: Int32.self))
    case ...18: return Int128(load(row, as: Int64.self))
    default: return wide(row)
    }
  }

  /// A 128-bit number, low word first.
  @inline(__always)
  package func wide(_ row: Int) -> Int128 {
    let low = load(row &* 2, as: UInt64.self)
    let high = load(row &* 2 &+ 1, as: Int64.self)
    return Int128(high) << 64 | Int128(low)
  }

  /// The 16 bytes of a UUID in the order they are written.
  package func uuidWord(_ row: Int) -> UInt128 { UInt128(truncatingIfNeeded: wide(row)) ^ (1 << 127) }

  package func enumerationIndex(_ row: Int, count: Int) -> Int {
    count <= 256
      ? Int(load(row, as: UInt8.self))
      : count <= 65_536 ? Int(load(row, as: UInt16.self)) : Int(load(row, as: UInt32.self))
  }

  private func values(from start: Int, count: Int) -> [Value] { (start..<start + count).map(value) }

  private func text(_ row: Int) -> String { String(decoding: bytes(row), as: UTF8.self) }

  private func uuid(_ row: Int) -> String {
    let digits = String(uuidWord(row), radix: 16)
    let all = Array(String(repeating: "0", count: 32 - digits.count) + digits)
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(all[$0]) }.joined(separator: "-")
  }

  private func interval(_ row: Int) -> String {
    let months = data.load(fromByteOffset: row * 16, as: Int32.self)
    let days = data.load(fromByteOffset: row * 16 + 4, as: Int32.self)
    let micros = data.load(fromByteOffset: row * 16 + 8, as: Int64.self)
    let seconds = DecimalText.text(Int128(micros), scale: 6)
    return "P" + (months != 0 ? "\(months)M" : "") + (days != 0 ? "\(days)D" : "")
      + (micros != 0 || (months == 0 && days == 0) ? "T\(DecimalText.trimmed(seconds))S" : "")
  }
}

/// Exact numbers as plain digits.
package enum DecimalText {
  /// `text(1250, scale: 2)` is `12.50`.
  package static func text(_ digits: Int128, scale: Int) -> String {
    guard scale > 0 else { return String(digits) }
    var all = String(digits.magnitude)
    if all.count <= scale { all = String(repeating: "0", count: scale + 1 - all.count) + all }
    return (digits < 0 ? "-" : "") + all.dropLast(scale) + "." + all.suffix(scale)
  }

  /// Without zeros at the end of the fraction: `12.50` → `12.5`, `3.00` → `3`.
  package static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var result = Substring(text)
    while result.last == "0" { result.removeLast() }
    if result.last == "." { result.removeLast() }
    return String(result)
  }
}

/// Dates and times in ISO 8601 form.
package enum Moment {
  /// Days since 1970-01-01, by the algorithm of Howard Hinnant, "chrono-compatible low-level date algorithms".
  package static func date(_ days: Int) -> String {
    if days == Int(Int32.max) { return "infinity" }
    if days == -Int(Int32.max) { return "-infinity" }
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let digits = year < 0 ? "-" + padded(-year, 4) : padded(year, 4)
    return "\(digits)-\(padded(month, 2))-\(padded(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, 2))"
  }

  /// Microseconds since midnight; a fraction only if there is one.
  package static func time(micros: Int64) -> String {
    let seconds = Int(micros / 1_000_000)
    return "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
      + fraction(Int(micros % 1_000_000), digits: 6)
  }

  package static func timestamp(_ count: Int64, unit: DataType.TimeUnit) -> String {
    if count == .max { return "infinity" }
    if count == -Int64.max { return "-infinity" }
    let perSecond: Int64 =
      switch unit {
      case .seconds: 1
      case .milliseconds: 1000
      case .microseconds: 1_000_000
      case .nanoseconds: 1_000_000_000
      }
    let perDay = perSecond * 86_400
    let days = count >= 0 ? count / perDay : (count - perDay + 1) / perDay
    let rest = count - days * perDay
    let digits = unit == .nanoseconds ? 9 : unit == .microseconds ? 6 : unit == .milliseconds ? 3 : 0
    return date(Int(days)) + "T" + time(micros: rest / perSecond * 1_000_000)
      + fraction(Int(rest % perSecond), digits: digits)
  }

  static func offset(seconds: Int) -> String {
    let (hours, minutes) = (abs(seconds) / 3600, abs(seconds) / 60 % 60)
    return (seconds < 0 ? "-" : "+") + padded(hours, 2) + ":" + padded(minutes, 2)
  }

  private static func fraction(_ value: Int, digits: Int) -> String {
    value == 0 ? "" : "." + DecimalText.trimmed("0." + padded(value, digits)).dropFirst(2)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
