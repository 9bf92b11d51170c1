import Glibc
import Pipelines
import Tabular

/// Reads the values of one column of a function's answer, in order, into the engine's vectors; the counterpart of `ColumnTexts`.
struct ColumnReading {
  /// What is no value as it was agreed: a mistake of ours, or of code that wrote where it shouldn't.
  struct Garbled: Error {}

  private let text: ByteSink
  private var at: Int
  private var scratch: [UInt8] = []

  /// - Parameter hasBrackets: whether `[` and `]` stand around the values.
  init(_ text: ByteSink, hasBrackets: Bool) {
    self.text = text
    at = hasBrackets ? 1 : 0
  }

  /// Writes the next `rows` values.
  mutating func read(_ rows: Int, into writer: any VectorWriter, from first: Int, _ kind: PythonKind) throws {
    for row in first..<first + rows {
      try value(into: writer, row, kind)
      skip(UInt8(ascii: ","))
    }
  }

  private var byte: UInt8 { at < text.count ? text.bytes[at] : 0 }

  private mutating func skip(_ wanted: UInt8) {
    if byte == wanted { at += 1 }
  }

  private mutating func expect(_ wanted: UInt8) throws {
    guard byte == wanted else { throw Garbled() }
    at += 1
  }

  private mutating func value(into writer: any VectorWriter, _ row: Int, _ kind: PythonKind) throws {
    if byte == UInt8(ascii: "n") {
      at += 4
      return Self.setNull(writer, row, kind)
    }
    func store<Number: BitwiseCopyable>(_ number: Number) {
      writer.data.storeBytes(of: number, toByteOffset: row * MemoryLayout<Number>.stride, as: Number.self)
    }
    switch kind {
    case .boolean:
      let isTrue = byte == UInt8(ascii: "t")
      at += isTrue ? 4 : 5
      store(isTrue ? 1 as UInt8 : 0)
    case .integer(let bits, let signed): try integer(bits, signed, at: row, in: writer.data)
    case .float64: store(try float())
    case .float32: store(Float(try float()))
    case .text, .words, .json, .numeric: try string { writer.assign(row, $0) }
    case .blob: try blob(into: writer, row)
    case .decimal(let type):
      let shape = DecimalShape(precision: type.precision, scale: type.scale)
      let digits = try string { ExactDecimal.parse($0, shape) }
      guard let digits else { throw Garbled() }
      ExactDecimal.store(digits, at: row, shape, in: writer.data)
    case .date:
      guard let day = try string({ MomentText.day($0) }) else { throw Garbled() }
      store(day)
    case .time:
      guard let micros = try string({ MomentText.clock($0[...]) }) else { throw Garbled() }
      store(micros)
    case .timestamp, .timestampTZ:
      guard let micros = try string({ MomentText.micros($0) }) else { throw Garbled() }
      store(micros)
    case .structure(let fields):
      try expect(UInt8(ascii: "["))
      for (index, field) in fields.enumerated() {
        try value(into: writer.child(index), row, field.kind)
        skip(UInt8(ascii: ","))
      }
      try expect(UInt8(ascii: "]"))
    case .list(let element): try list(into: writer, row, element)
    case .map(let key, let value):
      try list(into: writer, row, .structure([("key", key), ("value", value)]))
    }
  }

  private mutating func list(into writer: any VectorWriter, _ row: Int, _ element: PythonKind) throws {
    try expect(UInt8(ascii: "["))
    let start = writer.childCount
    var count = 0
    while byte != UInt8(ascii: "]") {
      guard at < text.count else { throw Garbled() }
      count += 1
      writer.growChild(to: start + count)
      try value(into: writer.child(0), start + count - 1, element)
      skip(UInt8(ascii: ","))
    }
    at += 1
    writer.data.storeBytes(of: UInt64(start), toByteOffset: row * 16, as: UInt64.self)
    writer.data.storeBytes(of: UInt64(count), toByteOffset: row * 16 + 8, as: UInt64.self)
  }

  /// A missing structure's fields are missing too; a missing list still needs a length.
  private static func setNull(_ writer: any VectorWriter, _ row: Int, _ kind: PythonKind) {
    writer.setNull(row)
    switch kind {
    case .structure(let fields):
      for (index, field) in fields.enumerated() { setNull(writer.child(index), row, field.kind) }
    case .list, .map:
      writer.data.storeBytes(of: 0, toByteOffset: row * 16, as: UInt64.self)
      writer.data.storeBytes(of: 0, toByteOffset: row * 16 + 8, as: UInt64.self)
    default: break
    }
  }

  private mutating func integer(_ bits: Int, _ signed: Bool, at row: Int, in data: UnsafeMutableRawPointer) throws {
    let isNegative = byte == UInt8(ascii: "-")
    if isNegative { at += 1 }
    let start = at
    var small: UInt64 = 0
    var wide: UInt128 = 0
    while byte &- UInt8(ascii: "0") <= 9 {
      let digit = byte &- UInt8(ascii: "0")
      if at - start < 19 {
        small = small &* 10 &+ UInt64(digit)
      } else {
        if at - start == 19 { wide = UInt128(small) }
        wide = wide &* 10 &+ UInt128(digit)
      }
      at += 1
    }
    guard at > start else { throw Garbled() }
    if at - start <= 19 { wide = UInt128(small) }
    if isNegative { wide = 0 &- wide }
    switch bits {
    case 8: data.storeBytes(of: UInt8(truncatingIfNeeded: wide), toByteOffset: row, as: UInt8.self)
    case 16: data.storeBytes(of: UInt16(truncatingIfNeeded: wide), toByteOffset: row * 2, as: UInt16.self)
    case 32: data.storeBytes(of: UInt32(truncatingIfNeeded: wide), toByteOffset: row * 4, as: UInt32.self)
    case 64: data.storeBytes(of: UInt64(truncatingIfNeeded: wide), toByteOffset: row * 8, as: UInt64.self)
    default:
      data.storeBytes(of: UInt64(truncatingIfNeeded: wide), toByteOffset: row * 16, as: UInt64.self)
      data.storeBytes(of: UInt64(truncatingIfNeeded: wide >> 64), toByteOffset: row * 16 + 8, as: UInt64.self)
    }
  }

  private mutating func float() throws -> Double {
    let start = at
    while at < text.count, byte != UInt8(ascii: ","), byte != UInt8(ascii: "]") { at += 1 }
    let word = String(decoding: text.bytes[start..<at], as: UTF8.self)
    switch word {
    case "NaN": return .nan
    case "Infinity": return .infinity
    case "-Infinity": return -.infinity
    default:
      guard let number = Double(word) else { throw Garbled() }
      return number
    }
  }

  private mutating func blob(into writer: any VectorWriter, _ row: Int) throws {
    var bytes: [UInt8] = []
    try string { digits in
      bytes.reserveCapacity(digits.count / 2)
      for index in stride(from: 0, to: digits.count - 1, by: 2) {
        bytes.append(Self.digit(digits[index]) << 4 | Self.digit(digits[index + 1]))
      }
    }
    bytes.withUnsafeBytes { writer.assign(row, $0) }
  }

  private static func digit(_ byte: UInt8) -> UInt8 {
    byte <= UInt8(ascii: "9") ? byte &- UInt8(ascii: "0") : (byte | 0x20) &- UInt8(ascii: "a") &+ 10
  }

  /// Hands the bytes of a JSON string, escapes resolved, to `body`.
  @discardableResult
  private mutating func string<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
    try expect(UInt8(ascii: "\""))
    let start = at
    let bytes = text.bytes
    while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\") { at += 1 }
    if byte == UInt8(ascii: "\"") {
      at += 1
      return try body(UnsafeRawBufferPointer(rebasing: bytes[start..<at - 1]))
    }
    scratch.removeAll(keepingCapacity: true)
    scratch += bytes[start..<at]
    while byte != UInt8(ascii: "\"") {
      guard at < bytes.count else { throw Garbled() }
      if byte == UInt8(ascii: "\\") {
        try escape()
      } else {
        scratch.append(byte)
        at += 1
      }
    }
    at += 1
    return try scratch.withUnsafeBytes(body)
  }

  private mutating func escape() throws {
    at += 1
    let letter = byte
    at += 1
    switch letter {
    case UInt8(ascii: "n"): scratch.append(10)
    case UInt8(ascii: "r"): scratch.append(13)
    case UInt8(ascii: "t"): scratch.append(9)
    case UInt8(ascii: "b"): scratch.append(8)
    case UInt8(ascii: "f"): scratch.append(12)
    case UInt8(ascii: "u"):
      var unit = try hexadecimal()
      if (0xD800..<0xDC00).contains(unit), byte == UInt8(ascii: "\\") {
        at += 2
        unit = 0x10000 + (unit - 0xD800) << 10 + (try hexadecimal() - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw Garbled() }
      scratch += Array(String(Character(scalar)).utf8)
    default: scratch.append(letter)
    }
  }

  private mutating func hexadecimal() throws -> UInt32 {
    guard at + 4 <= text.count else { throw Garbled() }
    defer { at += 4 }
    return text.bytes[at..<at + 4].reduce(0) { $0 << 4 | UInt32(Self.digit($1)) }
  }
}
