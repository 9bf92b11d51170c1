import Tabular

/// Rows on their way to a Python function: per column its values as JSON, separated by commas. One thread has it at a time.
final class ColumnTexts: @unchecked Sendable {
  let columns: [ByteSink]
  private(set) var rows = 0

  init(columns count: Int) { columns = (0..<count).map { _ in ByteSink() } }

  func append(_ batch: Batch, _ kinds: [PythonKind]) {
    for (index, kind) in kinds.enumerated() {
      let (vector, sink) = (batch.columns[index], columns[index])
      for row in 0..<batch.rowCount {
        if rows + row > 0 { sink.append(UInt8(ascii: ",")) }
        sink.append(vector, row, kind)
      }
    }
    rows += batch.rowCount
  }

  func removeAll() {
    rows = 0
    for column in columns { column.removeAll() }
  }
}

extension ByteSink {
  /// Appends one value as JSON: exact numbers as digits, decimals and moments as strings, blobs as hexadecimal strings, structures as
  /// lists of their fields' values, maps as lists of pairs.
  func append(_ vector: Vector, _ row: Int, _ kind: PythonKind) {
    if vector.isNull(row) { return append(literal: "null") }
    switch kind {
    case .text, .words, .json, .numeric: append(quoted: vector.bytes(row))
    case .boolean: append(literal: vector.load(row, as: UInt8.self) != 0 ? "true" : "false")
    case .integer(64, true): append(digits: vector.load(row, as: Int64.self))
    case .integer(32, true): append(digits: Int64(vector.load(row, as: Int32.self)))
    case .integer: append(utf8: vector.value(row).description)
    case .decimal(let type):
      append(UInt8(ascii: "\""))
      if type.precision <= 18 {
        append(digits: Int64(vector.decimal(row)), scale: type.scale)
      } else {
        append(utf8: DecimalText.text(vector.decimal(row), scale: type.scale))
      }
      append(UInt8(ascii: "\""))
    case .float64: append(float: vector.load(row, as: Double.self))
    case .float32: append(float: Double(vector.load(row, as: Float.self)))
    case .blob: append(hexadecimal: vector.bytes(row))
    case .date:
      append(UInt8(ascii: "\""))
      append(day: Int(vector.load(row, as: Int32.self)))
      append(UInt8(ascii: "\""))
    case .time:
      append(UInt8(ascii: "\""))
      append(clock: vector.load(row, as: Int64.self))
      append(UInt8(ascii: "\""))
    case .timestamp, .timestampTZ:
      append(UInt8(ascii: "\""))
      append(
        moment: vector.load(row, as: Int64.self), isZoned: { if case .timestampTZ = kind { true } else { false } }())
      append(UInt8(ascii: "\""))
    case .list(let element):
      append(elementsOf: vector, row) { self.append(vector.children[0], $0, element) }
    case .map(let key, let value):
      let pair = vector.children[0]
      append(elementsOf: vector, row) { index in
        self.append(UInt8(ascii: "["))
        self.append(pair.children[0], index, key)
        self.append(UInt8(ascii: ","))
        self.append(pair.children[1], index, value)
        self.append(UInt8(ascii: "]"))
      }
    case .structure(let fields):
      append(UInt8(ascii: "["))
      for (index, field) in fields.enumerated() {
        if index > 0 { append(UInt8(ascii: ",")) }
        append(vector.children[index], row, field.kind)
      }
      append(UInt8(ascii: "]"))
    }
  }

  private func append(elementsOf vector: Vector, _ row: Int, _ body: (Int) -> Void) {
    let start = Int(vector.load(row * 2, as: UInt64.self))
    append(UInt8(ascii: "["))
    for index in 0..<Int(vector.load(row * 2 + 1, as: UInt64.self)) {
      if index > 0 { append(UInt8(ascii: ",")) }
      body(start + index)
    }
    append(UInt8(ascii: "]"))
  }

  private func append(literal: StaticString) {
    append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  private func append(quoted bytes: UnsafeRawBufferPointer) {
    append(UInt8(ascii: "\""))
    var start = 0
    for (index, byte) in bytes.enumerated()
    where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
      append(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
      start = index + 1
      append(UInt8(ascii: "\\"))
      if byte >= 0x20 {
        append(byte)
      } else {
        append(literal: "u00")
        append(hexadecimalDigit: byte >> 4)
        append(hexadecimalDigit: byte & 15)
      }
    }
    append(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    append(UInt8(ascii: "\""))
  }

  private func append(hexadecimal bytes: UnsafeRawBufferPointer) {
    append(UInt8(ascii: "\""))
    for byte in bytes {
      append(hexadecimalDigit: byte >> 4)
      append(hexadecimalDigit: byte & 15)
    }
    append(UInt8(ascii: "\""))
  }

  private func append(hexadecimalDigit digit: UInt8) {
    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }

  /// A number in digits, with a point before the last `scale` of them.
  private func append(digits number: Int64, scale: Int = 0) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 48) { buffer in
      var index = 48
      var (rest, count) = (number.magnitude, 0)
      while rest > 0 || count <= scale {
        if scale > 0, count == scale {
          index -= 1
          buffer[index] = UInt8(ascii: ".")
        }
        index -= 1
        buffer[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
        count += 1
      }
      if number < 0 {
        index -= 1
        buffer[index] = UInt8(ascii: "-")
      }
      append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[index..<48]))
    }
  }

  /// As Python's `json` writes and reads floats, also those JSON doesn't know.
  private func append(float: Double) {
    append(utf8: float.isNaN ? "NaN" : float.isInfinite ? (float < 0 ? "-Infinity" : "Infinity") : float.description)
  }

  private func append(padded number: Int, _ width: Int) {
    var unit = 1
    for _ in 1..<width { unit *= 10 }
    while unit > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / unit % 10))
      unit /= 10
    }
  }

  private func append(day: Int) {
    guard (-719_162...2_932_896).contains(day) else { return append(utf8: Moment.date(day)) }
    // Howard Hinnant, "chrono-compatible low-level date algorithms", for years 1 to 9999.
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    append(padded: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4)
    append(UInt8(ascii: "-"))
    append(padded: month, 2)
    append(UInt8(ascii: "-"))
    append(padded: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, 2)
  }

  private func append(clock micros: Int64) {
    let seconds = Int(micros / 1_000_000)
    append(padded: seconds / 3600, 2)
    append(UInt8(ascii: ":"))
    append(padded: seconds / 60 % 60, 2)
    append(UInt8(ascii: ":"))
    append(padded: seconds % 60, 2)
    let fraction = Int(micros % 1_000_000)
    guard fraction != 0 else { return }
    append(UInt8(ascii: "."))
    append(padded: fraction, 6)
  }

  private func append(moment micros: Int64, isZoned: Bool) {
    if micros == .max || micros == -.max { return append(utf8: Moment.timestamp(micros, unit: .microseconds)) }
    let day: Int64 = 86_400_000_000
    let days = micros >= 0 ? micros / day : (micros - day + 1) / day
    append(day: Int(days))
    append(UInt8(ascii: "T"))
    append(clock: micros - days * day)
    if isZoned { append(literal: "+00:00") }
  }
}
