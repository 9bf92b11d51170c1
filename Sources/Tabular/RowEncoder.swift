/// Writes rows in canonical form: per value its length (32 bits, -1 for null) and its bytes.
/// That is also the inside of a tuple of PostgreSQL's binary COPY. Not for use from several threads at once.
package final class RowEncoder {
  /// What the row loop needs of a column, without anything that is counted.
  struct Lane {
    var code: Canonical.Code
    var scale: Int
    var data: UnsafeRawPointer
    var validity: UnsafePointer<UInt64>?
    var column: Int
  }

  private let forms: [Canonical]
  private let columns: [Int]
  private let scratch = UnsafeMutablePointer<Int16>.allocate(capacity: 32)

  /// An encoder of the columns of `types` that have a canonical form; `leftOut` names the indices of the others.
  package init(_ types: [DataType], leftOut: inout [Int]) {
    var forms: [Canonical] = []
    var columns: [Int] = []
    for (index, type) in types.enumerated() {
      guard let form = Canonical(type) else {
        leftOut.append(index)
        continue
      }
      forms.append(form)
      columns.append(index)
    }
    self.forms = forms
    self.columns = columns
  }

  deinit { scratch.deallocate() }

  /// Appends all rows as tuples of binary COPY: the number of fields, then the fields.
  package func encodeTuples(_ batch: Batch, into sink: ByteSink) throws(ValueRefusal) {
    try withLanes(of: batch) { lanes throws(ValueRefusal) in
      let fields = Int16(lanes.count)
      for row in 0..<batch.rowCount {
        sink.append(fields)
        try encode(row, lanes, batch, into: sink)
      }
    }
  }

  /// Calls `body` with the prepared columns of a batch; they are valid only inside.
  func withLanes(
    of batch: Batch, _ body: (UnsafeBufferPointer<Lane>) throws(ValueRefusal) -> Void
  ) throws(ValueRefusal) {
    let lanes = UnsafeMutableBufferPointer<Lane>.allocate(capacity: forms.count)
    defer { lanes.deallocate() }
    for (index, form) in forms.enumerated() {
      let vector = batch.columns[columns[index]]
      lanes.initializeElement(
        at: index,
        to: Lane(
          code: form.code, scale: form.scale, data: vector.data, validity: vector.validity, column: columns[index]))
    }
    try body(UnsafeBufferPointer(lanes))
  }

  /// Appends one row's values.
  @inline(__always)
  func encode(
    _ row: Int, _ lanes: UnsafeBufferPointer<Lane>, _ batch: Batch, into sink: ByteSink
  ) throws(ValueRefusal) {
    for index in 0..<lanes.count {
      let lane = lanes[index]
      if let validity = lane.validity, validity[row &>> 6] & (1 &<< UInt64(row & 63)) == 0 {
        sink.append(-1 as Int32)
        continue
      }
      if lane.code.rawValue >= Canonical.Code.enum8.rawValue {
        try encodeNested(forms[index], batch.columns[lane.column], row, at: lane.column, of: row, into: sink)
      } else if let reason = encodeScalar(lane.code, lane.scale, lane.data, row, into: sink) {
        throw ValueRefusal(column: lane.column, row: row, reason: reason)
      }
    }
  }

  /// Appends length and bytes of a present value; returns why it can't be.
  @inline(__always)
  private func encodeScalar(
    _ code: Canonical.Code, _ scale: Int, _ data: UnsafeRawPointer, _ row: Int, into sink: ByteSink
  ) -> String? {
    @inline(__always) func load<N: BitwiseCopyable>(_ type: N.Type) -> N {
      data.load(fromByteOffset: row &* MemoryLayout<N>.stride, as: type)
    }
    @inline(__always) func put<N: FixedWidthInteger & BitwiseCopyable>(_ number: N) {
      sink.append(Int32(MemoryLayout<N>.size))
      sink.append(number)
    }
    switch code {
    case .boolean: put(load(UInt8.self) == 0 ? 0 as UInt8 : 1)
    case .int8: put(Int16(load(Int8.self)))
    case .uint8: put(Int16(load(UInt8.self)))
    case .int16: put(load(Int16.self))
    case .uint16: put(Int32(load(UInt16.self)))
    case .int32: put(load(Int32.self))
    case .uint32: put(Int64(load(UInt32.self)))
    case .int64: put(load(Int64.self))
    case .uint64: sink.appendNumeric(load(UInt64.self), isNegative: false, scale: 0, scratch: scratch)
    case .int128:
      let value = load(Int128.self)
      sink.appendNumeric(value.magnitude, isNegative: value < 0, scale: 0, scratch: scratch)
    case .uint128: sink.appendNumeric(load(UInt128.self), isNegative: false, scale: 0, scratch: scratch)
    case .decimal16:
      let value = Int64(load(Int16.self))
      sink.appendNumeric(value.magnitude, isNegative: value < 0, scale: scale, scratch: scratch)
    case .decimal32:
      let value = Int64(load(Int32.self))
      sink.appendNumeric(value.magnitude, isNegative: value < 0, scale: scale, scratch: scratch)
    case .decimal64:
      let value = load(Int64.self)
      sink.appendNumeric(value.magnitude, isNegative: value < 0, scale: scale, scratch: scratch)
    case .decimal128:
      let value = load(Int128.self)
      sink.appendNumeric(value.magnitude, isNegative: value < 0, scale: scale, scratch: scratch)
    case .numeric:
      let bytes = RowEncoder.bytes(data, row)
      guard sink.appendNumeric(text: bytes) else {
        return "is not a number: \"\(String(decoding: bytes, as: UTF8.self))\""
      }
    case .float32: put(load(UInt32.self))
    case .float64: put(load(UInt64.self))
    case .bytes:
      let bytes = RowEncoder.bytes(data, row)
      sink.append(Int32(truncatingIfNeeded: bytes.count))
      sink.append(bytes)
    case .uuid: put(load(UInt128.self) ^ (1 << 127))
    case .bit: sink.appendBits(RowEncoder.bytes(data, row))
    case .date:
      let days = load(Int32.self)
      let (shifted, overflow) = days.subtractingReportingOverflow(Canonical.epochDays)
      put(days == .max ? .max : days == -.max || overflow ? .min : shifted)
    case .time: put(load(Int64.self))
    case .timeTZ:
      let bits = load(UInt64.self)
      sink.append(12 as Int32)
      sink.append(Int64(bits >> 24))
      sink.append(Int32(truncatingIfNeeded: bits & 0xff_ffff) - 57599)
    case .seconds, .milliseconds, .microseconds, .nanoseconds:
      guard let micros = Canonical.micros(load(Int64.self), code) else {
        return code == .nanoseconds
          ? "has a fraction finer than a microsecond" : "lies outside the years that can be kept in microseconds"
      }
      put(micros == .max ? .max : micros == .min ? .min : micros &- Canonical.epochMicros)
    case .interval:
      let start = data + row &* 16
      sink.append(16 as Int32)
      sink.append(start.load(fromByteOffset: 8, as: Int64.self))
      sink.append(start.load(fromByteOffset: 4, as: Int32.self))
      sink.append(start.load(as: Int32.self))
    case .enum8, .enum16, .enum32, .list, .array, .null: return "has no canonical form"
    }
    return nil
  }

  @inline(__always)
  private static func bytes(_ data: UnsafeRawPointer, _ row: Int) -> UnsafeRawBufferPointer {
    let slot = data + row &* 16
    let length = Int(slot.load(as: UInt32.self))
    return UnsafeRawBufferPointer(
      start: length <= 12 ? slot + 4 : slot.load(fromByteOffset: 8, as: UnsafeRawPointer.self), count: length)
  }

  private func encodeNested(
    _ form: Canonical, _ vector: Vector, _ index: Int, at column: Int, of row: Int, into sink: ByteSink
  ) throws(ValueRefusal) {
    func refuse(_ reason: String) -> ValueRefusal { ValueRefusal(column: column, row: row, reason: reason) }
    switch form.code {
    case .null: sink.append(-1 as Int32)
    case .enum8, .enum16, .enum32:
      let label =
        switch form.code {
        case .enum8: Int(vector.load(index, as: UInt8.self))
        case .enum16: Int(vector.load(index, as: UInt16.self))
        default: Int(vector.load(index, as: UInt32.self))
        }
      guard label < form.labels.count else { throw refuse("holds an unknown label") }
      sink.append(Int32(form.labels[label].count))
      form.labels[label].withUnsafeBytes { sink.append($0) }
    case .list, .array:
      let lengthAt = sink.count
      sink.append(0 as Int32)
      var shape: [Int] = []
      guard RowEncoder.measure(form, vector, index, depth: 0, into: &shape) else {
        throw refuse("holds lists of different lengths inside one list, which an array can't")
      }
      let count = shape.reduce(1, *)
      sink.append(count == 0 ? 0 : Int32(shape.count))
      let flagAt = sink.count
      sink.append(0 as Int32)
      sink.append(form.oid)
      if count > 0 {
        for size in shape {
          sink.append(Int32(size))
          sink.append(1 as Int32)
        }
        if try encodeElements(form, vector, index, at: column, of: row, into: sink) {
          sink.patch(1 as Int32, at: flagAt)
        }
      }
      sink.patch(Int32(sink.count - lengthAt - 4), at: lengthAt)
    default:
      if let reason = encodeScalar(form.code, form.scale, vector.data, index, into: sink) { throw refuse(reason) }
    }
  }

  /// The first element and the number of them.
  private static func range(_ form: Canonical, _ vector: Vector, _ index: Int) -> Range<Int> {
    if form.code == .array { return index * form.scale..<(index + 1) * form.scale }
    let entry = vector.data + index * 16
    let start = Int(entry.load(as: UInt64.self))
    return start..<start + Int(entry.load(fromByteOffset: 8, as: UInt64.self))
  }

  /// Collects the sizes of an array's dimensions; false if it isn't rectangular.
  private static func measure(
    _ form: Canonical, _ vector: Vector, _ index: Int, depth: Int, into shape: inout [Int]
  ) -> Bool {
    let range = range(form, vector, index)
    if shape.count == depth { shape.append(range.count) } else if shape[depth] != range.count { return false }
    guard let inner = form.element.first, inner.code == .list || inner.code == .array else { return true }
    return range.allSatisfy {
      !vector.children[0].isNull($0) && measure(inner, vector.children[0], $0, depth: depth + 1, into: &shape)
    }
  }

  /// Appends the innermost elements; returns whether one was null.
  private func encodeElements(
    _ form: Canonical, _ vector: Vector, _ index: Int, at column: Int, of row: Int, into sink: ByteSink
  ) throws(ValueRefusal) -> Bool {
    guard let inner = form.element.first else { return false }
    let child = vector.children[0]
    var sawNull = false
    for position in RowEncoder.range(form, vector, index) {
      if inner.code == .list || inner.code == .array {
        if try encodeElements(inner, child, position, at: column, of: row, into: sink) { sawNull = true }
      } else if child.isNull(position) || inner.code == .null {
        sink.append(-1 as Int32)
        sawNull = true
      } else {
        try encodeNested(inner, child, position, at: column, of: row, into: sink)
      }
    }
    return sawNull
  }
}

extension Canonical {
  /// A timestamp of any unit in microseconds since 1970, `.max` and `.min` for the infinities; nil if that isn't exact.
  @inline(__always)
  static func micros(_ value: Int64, _ code: Code) -> Int64? {
    if value == .max { return .max }
    if value == -.max { return .min }
    switch code {
    case .seconds:
      let (product, overflow) = value.multipliedReportingOverflow(by: 1_000_000)
      return overflow ? nil : product
    case .milliseconds:
      let (product, overflow) = value.multipliedReportingOverflow(by: 1000)
      return overflow ? nil : product
    case .nanoseconds: return value % 1000 == 0 ? value / 1000 : nil
    default: return value
    }
  }
}

extension ByteSink {
  /// Appends length and value of the engine's bits: a byte that counts the unused leading bits, then the bits.
  func appendBits(_ bytes: UnsafeRawBufferPointer) {
    guard let padding = bytes.first else {
      append(4 as Int32)
      append(0 as Int32)
      return
    }
    let source = bytes.dropFirst()
    let count = source.count * 8 - Int(padding)
    append(Int32(4 + (count + 7) / 8))
    append(Int32(count))
    var carry: UInt16 = 0
    var produced = 0
    for (index, byte) in source.enumerated() {
      carry = carry << 8 | UInt16(byte)
      guard index > 0 else { continue }
      append(UInt8(truncatingIfNeeded: carry >> UInt16(8 - Int(padding))))
      produced += 1
    }
    if produced < (count + 7) / 8 { append(UInt8(truncatingIfNeeded: carry << UInt16(padding))) }
  }
}
