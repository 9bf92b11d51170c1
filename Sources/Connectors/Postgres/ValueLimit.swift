import Tabular

/// What the values of a wider type must keep to so that a narrower column holds each of them exactly.
enum ValueLimit: Hashable, Sendable {
  case integer(bits: Int)
  case decimal(precision: Int, scale: Int)
  /// Whole numbers a floating-point column holds exactly.
  case float(bits: Int)
  case characters(Int)
  /// Digits after the second.
  case fraction(Int)
  /// Points in time without a time of day.
  case midnight

  /// The type values are sent as.
  func stored(_ type: DataType) -> DataType {
    switch self {
    case .integer(let bits): .integer(bits: bits, signed: true)
    case .decimal(let precision, let scale): type == .numeric ? type : .decimal(precision: precision, scale: scale)
    case .float(let bits): bits == 32 ? .float32 : .float64
    case .characters, .fraction: type
    case .midnight: .date
    }
  }

  /// Whether the server refuses values beyond the limit, as it does not where it rounds.
  var isServersOwn: Bool { if case .characters = self { true } else { false } }

  /// Whether a value looks different in its column, so that it is cast back to be compared.
  var changesForm: Bool {
    switch self {
    case .characters, .fraction: false
    default: true
    }
  }
}

/// Brings values into the narrower types of their columns, each one checked. For one thread.
final class Narrowing {
  private struct Lane {
    var column: Int
    var limit: ValueLimit
    var target: String
    var stored: DataType
  }
  private let lanes: [Lane]
  private var buffers: [UnsafeMutableRawBufferPointer]

  init(_ columns: [PostgresPlan.PlannedColumn]) {
    lanes = columns.enumerated().compactMap { index, column in
      column.fit.limit.map {
        Lane(
          column: index, limit: $0, target: column.fit.castTo ?? column.fit.target ?? column.fit.staged,
          stored: column.fit.stored)
      }
    }
    buffers = lanes.map { _ in .allocate(byteCount: 2048 * 16, alignment: 16) }
  }

  deinit { for buffer in buffers { buffer.deallocate() } }

  /// The rows as they are sent; valid until the next call.
  /// - Throws: a `ValueRefusal` for the first value that doesn't fit.
  func narrowed(_ batch: Batch) throws(ValueRefusal) -> Batch {
    guard !lanes.isEmpty else { return batch }
    var columns = batch.columns
    for (index, lane) in lanes.enumerated() {
      if buffers[index].count < batch.rowCount * 16 {
        buffers[index].deallocate()
        buffers[index] = .allocate(byteCount: batch.rowCount * 16, alignment: 16)
      }
      let vector = columns[lane.column]
      guard let memory = buffers[index].baseAddress else { continue }
      if try fill(memory, from: vector, batch.rowCount, lane) {
        columns[lane.column] = Vector(type: lane.stored, data: UnsafeRawPointer(memory), validity: vector.validity)
      }
    }
    return Batch(rowCount: batch.rowCount, columns: columns)
  }

  /// Returns false if the values stay where they are.
  private func fill(
    _ memory: UnsafeMutableRawPointer, from vector: Vector, _ rows: Int, _ lane: Lane
  ) throws(ValueRefusal) -> Bool {
    switch vector.type {
    case .integer(8, true): try numbers(Int8.self, memory, vector, rows, 0, lane)
    case .integer(8, false): try numbers(UInt8.self, memory, vector, rows, 0, lane)
    case .integer(16, true): try numbers(Int16.self, memory, vector, rows, 0, lane)
    case .integer(16, false): try numbers(UInt16.self, memory, vector, rows, 0, lane)
    case .integer(32, true): try numbers(Int32.self, memory, vector, rows, 0, lane)
    case .integer(32, false): try numbers(UInt32.self, memory, vector, rows, 0, lane)
    case .integer(64, true): try numbers(Int64.self, memory, vector, rows, 0, lane)
    case .integer(64, false): try numbers(UInt64.self, memory, vector, rows, 0, lane)
    case .integer(_, true): try numbers(Int128.self, memory, vector, rows, 0, lane)
    case .integer(_, false): try numbers(UInt128.self, memory, vector, rows, 0, lane)
    case .decimal(...4, let scale): try numbers(Int16.self, memory, vector, rows, scale, lane)
    case .decimal(...9, let scale): try numbers(Int32.self, memory, vector, rows, scale, lane)
    case .decimal(...18, let scale): try numbers(Int64.self, memory, vector, rows, scale, lane)
    case .decimal(_, let scale): try numbers(Int128.self, memory, vector, rows, scale, lane)
    case .float64:
      for row in 0..<rows where !vector.isNull(row) {
        let value = vector.load(row, as: Double.self)
        guard value.isNaN || Double(Float(value)) == value else { throw refusal(lane, row, "\(value)") }
        memory.storeBytes(of: Float(value), toByteOffset: row * 4, as: Float.self)
      }
    case .timestamp, .timestampTZ, .time: return try moments(memory, vector, rows, lane)
    default:
      for row in 0..<rows where !vector.isNull(row) { try check(vector.bytes(row), row, lane) }
      return false
    }
    return true
  }

  private func numbers<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, _ memory: UnsafeMutableRawPointer, _ vector: Vector, _ rows: Int, _ scale: Int, _ lane: Lane
  ) throws(ValueRefusal) {
    func refuse(_ row: Int, _ value: Number) -> ValueRefusal { refusal(lane, row, Narrowing.text(value, scale)) }
    let places = if case .decimal(_, let places) = lane.limit { places } else { 0 }
    let (divisor, factor) = (Narrowing.power(max(0, scale - places)), Narrowing.power(max(0, places - scale)))
    for row in 0..<rows where !vector.isNull(row) {
      let value = vector.load(row, as: type)
      guard var number = Int128(exactly: value), divisor == 1 || number % divisor == 0 else { throw refuse(row, value) }
      if divisor > 1 { number /= divisor }
      let (product, overflow) = number.multipliedReportingOverflow(by: factor)
      if overflow { throw refuse(row, value) }
      switch lane.limit {
      case .integer(16):
        guard let narrow = Int16(exactly: product) else { throw refuse(row, value) }
        memory.storeBytes(of: narrow, toByteOffset: row * 2, as: Int16.self)
      case .integer(32):
        guard let narrow = Int32(exactly: product) else { throw refuse(row, value) }
        memory.storeBytes(of: narrow, toByteOffset: row * 4, as: Int32.self)
      case .integer:
        guard let narrow = Int64(exactly: product) else { throw refuse(row, value) }
        memory.storeBytes(of: narrow, toByteOffset: row * 8, as: Int64.self)
      case .float(32):
        guard let narrow = Float(exactly: product) else { throw refuse(row, value) }
        memory.storeBytes(of: narrow, toByteOffset: row * 4, as: Float.self)
      case .float:
        guard let narrow = Double(exactly: product) else { throw refuse(row, value) }
        memory.storeBytes(of: narrow, toByteOffset: row * 8, as: Double.self)
      case .decimal(let precision, _):
        guard product.magnitude < Narrowing.power(precision).magnitude else { throw refuse(row, value) }
        switch precision {
        case ...4: memory.storeBytes(of: Int16(truncatingIfNeeded: product), toByteOffset: row * 2, as: Int16.self)
        case ...9: memory.storeBytes(of: Int32(truncatingIfNeeded: product), toByteOffset: row * 4, as: Int32.self)
        case ...18: memory.storeBytes(of: Int64(truncatingIfNeeded: product), toByteOffset: row * 8, as: Int64.self)
        default: memory.storeBytes(of: product, toByteOffset: row * 16, as: Int128.self)
        }
      case .characters, .fraction, .midnight: break
      }
    }
  }

  private func moments(
    _ memory: UnsafeMutableRawPointer, _ vector: Vector, _ rows: Int, _ lane: Lane
  ) throws(ValueRefusal) -> Bool {
    let perSecond: Int64 =
      switch vector.type {
      case .timestamp(.seconds): 1
      case .timestamp(.milliseconds): 1000
      case .timestamp(.nanoseconds): 1_000_000_000
      default: 1_000_000
      }
    let digits = if case .fraction(let digits) = lane.limit { digits } else { 0 }
    let step = lane.limit == .midnight ? perSecond * 86400 : max(1, perSecond / Int64(Narrowing.power(digits)))
    for row in 0..<rows where !vector.isNull(row) {
      let value = vector.load(row, as: Int64.self)
      let isInfinite = value == .max || value == -.max
      guard isInfinite || value % step == 0 else {
        throw refusal(lane, row, lane.limit == .midnight ? "a time of day" : "a finer fraction of a second")
      }
      if lane.limit == .midnight {
        let day = isInfinite ? (value > 0 ? Int32.max : -Int32.max) : Int32(truncatingIfNeeded: value / step)
        memory.storeBytes(of: day, toByteOffset: row * 4, as: Int32.self)
      }
    }
    return lane.limit == .midnight
  }

  private func check(_ text: UnsafeRawBufferPointer, _ row: Int, _ lane: Lane) throws(ValueRefusal) {
    switch lane.limit {
    case .characters(let most):
      guard text.count > most else { return }
      // Bytes that go on a character begin with the bits 10.
      let count = text.reduce(0) { $1 & 0xc0 == 0x80 ? $0 : $0 + 1 }
      if count > most {
        throw ValueRefusal(
          column: lane.column, row: row,
          reason:
            "holds a text of \(count) characters (\"\(String(decoding: text, as: UTF8.self).prefix(40))\"), too long for \(lane.target)"
        )
      }
    case .decimal(let precision, let scale):
      let written = String(decoding: text, as: UTF8.self)
      let parts = written.drop { $0 == "-" || $0 == "+" }.split(
        separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      let places = parts.count > 1 ? parts[1].reversed().drop { $0 == "0" }.count : 0
      let whole = parts.isEmpty ? 0 : parts[0].drop { $0 == "0" }.count
      guard whole <= precision - scale, places <= scale else { throw refusal(lane, row, written) }
    default: break
    }
  }

  private func refusal(_ lane: Lane, _ row: Int, _ value: String) -> ValueRefusal {
    ValueRefusal(column: lane.column, row: row, reason: "holds \(value), which doesn't fit into \(lane.target)")
  }

  private static func power(_ exponent: Int) -> Int128 {
    (0..<max(0, min(exponent, 38))).reduce(1) { power, _ in power * 10 }
  }

  private static func text(_ value: some FixedWidthInteger, _ scale: Int) -> String {
    var digits = String(value.magnitude)
    if digits.count <= scale { digits = String(repeating: "0", count: scale - digits.count + 1) + digits }
    let text = scale == 0 ? digits : "\(digits.dropLast(scale)).\(digits.suffix(scale))"
    return value < 0 ? "-" + text : text
  }
}
