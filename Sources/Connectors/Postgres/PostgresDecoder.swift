import Pipelines
import Tabular

/// Turns tuples of a binary COPY into the engine's columns.
struct PostgresDecoder {
  let columns: [PostgresReadColumn]

  /// Writes one tuple into row `row`; returns the bytes after it, nil at the stream's trailer.
  /// - Parameter writers: as many as there are columns; a pointer, because handing writers around costs more than the values.
  @inline(__always)
  func decode(
    _ bytes: UnsafeRawBufferPointer, into writers: UnsafePointer<any VectorWriter>,
    data: UnsafePointer<UnsafeMutableRawPointer>, row: Int
  ) throws -> UnsafeRawBufferPointer? {
    guard let base = bytes.baseAddress, bytes.count >= 2 else { throw PostgresDecoder.broken }
    let count = Int(Int16(bigEndian: base.loadUnaligned(as: Int16.self)))
    if count < 0 { return nil }
    guard count == columns.count else { throw PostgresDecoder.broken }
    var offset = 2
    for index in 0..<count {
      guard offset + 4 <= bytes.count else { throw PostgresDecoder.broken }
      let length = Int(Int32(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
      offset += 4
      if length < 0 {
        writers[index].setNull(row)
        continue
      }
      guard offset + length <= bytes.count else { throw PostgresDecoder.broken }
      let value = UnsafeRawBufferPointer(start: base + offset, count: length)
      if let reason = PostgresDecoder.store(
        value, columns[index].decoding, into: writers + index, data: data[index], row: row)
      {
        throw Problem(
          "value-not-exact", "Column \"\(columns[index].name)\" \(reason).",
          hint: "Read it with a query that casts it, for example \"\(columns[index].name)\"::text, or NULLIF.")
      }
      offset += length
    }
    return UnsafeRawBufferPointer(rebasing: bytes[offset...])
  }

  static let broken = Problem(
    "connection-lost", "PostgreSQL sent rows in a form that does not follow its binary format.", isTransient: true)

  /// Writes a value; returns why the engine can't hold it, to follow the column's name.
  @inline(__always)
  private static func store(
    _ value: UnsafeRawBufferPointer, _ decoding: PostgresReadColumn.Decoding,
    into writer: UnsafePointer<any VectorWriter>,
    data: UnsafeMutableRawPointer, row: Int
  ) -> String? {
    guard let base = value.baseAddress else { return "holds a broken value" }
    @inline(__always) func load<N: FixedWidthInteger & BitwiseCopyable>(_ type: N.Type, _ offset: Int = 0) -> N {
      N(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: type))
    }
    @inline(__always) func put<N: BitwiseCopyable>(_ number: N) {
      data.storeBytes(of: number, toByteOffset: row &* MemoryLayout<N>.stride, as: N.self)
    }
    switch decoding {
    case .boolean: put(load(UInt8.self))
    case .int16: put(load(Int16.self))
    case .int32, .float32: put(load(UInt32.self))
    case .int64, .float64, .time: put(load(UInt64.self))
    case .text, .bytes: writer.pointee.assign(row, value)
    case .jsonb: writer.pointee.assign(row, UnsafeRawBufferPointer(rebasing: value.dropFirst()))
    case .uuid: put(load(UInt128.self) ^ (1 << 127))
    case .date:
      let days = load(Int32.self)
      if days == .max || days == .min {
        put(days == .max ? .max : -Int32.max)
      } else {
        put(days &+ Canonical.epochDays)
      }
    case .timestamp:
      let micros = load(Int64.self)
      if micros == .max || micros == .min {
        put(micros == .max ? .max : -Int64.max)
      } else {
        let (shifted, overflow) = micros.addingReportingOverflow(Canonical.epochMicros)
        if overflow { return "holds a time after the year 294246" }
        put(shifted)
      }
    case .timeTZ: put(load(UInt64.self) << 24 | UInt64(truncatingIfNeeded: 57599 + load(Int32.self, 8)) & 0xff_ffff)
    case .interval:
      let start = data + row &* 16
      start.storeBytes(of: load(Int32.self, 12), as: Int32.self)
      start.storeBytes(of: load(Int32.self, 8), toByteOffset: 4, as: Int32.self)
      start.storeBytes(of: load(Int64.self), toByteOffset: 8, as: Int64.self)
    case .bit: return storeBits(value, into: writer.pointee, row: row)
    case .decimal(let precision, let scale):
      guard let number = NumericReader.integer(value, scale: scale) else {
        return "holds \(NumericReader.text(value)), which is not a number of \(precision) digits"
      }
      switch precision {
      case ...4: put(Int16(truncatingIfNeeded: number))
      case ...9: put(Int32(truncatingIfNeeded: number))
      case ...18: put(Int64(truncatingIfNeeded: number))
      default: put(number)
      }
    case .numericText:
      var text = NumericReader.text(value)
      text.withUTF8 { writer.pointee.assign(row, UnsafeRawBufferPointer($0)) }
    case .list(let element): return storeArray(value, element, into: writer.pointee, row: row)
    }
    return nil
  }

  /// The engine counts the unused bits first and pads with ones at the front; PostgreSQL pads at the end.
  private static func storeBits(_ value: UnsafeRawBufferPointer, into writer: any VectorWriter, row: Int) -> String? {
    let count = Int(value.loadUnaligned(as: UInt32.self).bigEndian)
    let bytes = value.dropFirst(4)
    guard count > 0 else { return "holds an empty bit string" }
    let padding = bytes.count * 8 - count
    var result = [UInt8(padding)]
    var carry: UInt8 = padding == 0 ? 0 : 0xff << UInt8(8 - padding)
    for byte in bytes {
      result.append(padding == 0 ? byte : carry | byte >> UInt8(padding))
      carry = padding == 0 ? 0 : byte << UInt8(8 - padding)
    }
    result.withUnsafeBytes { writer.assign(row, $0) }
    return nil
  }

  private static func storeArray(
    _ value: UnsafeRawBufferPointer, _ element: PostgresReadColumn.Decoding, into writer: any VectorWriter, row: Int
  ) -> String? {
    guard value.count >= 12, let base = value.baseAddress else { return "holds a broken array" }
    func number(_ offset: Int) -> Int {
      Int(Int32(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
    }
    let dimensions = number(0)
    var wanted = 1
    var inner = element
    while case .list(let next) = inner { (wanted, inner) = (wanted + 1, next) }
    guard dimensions == 0 || dimensions == wanted else {
      return "holds an array of \(dimensions) dimensions where others have \(wanted)"
    }
    let sizes = (0..<dimensions).map { number(12 + $0 * 8) }
    var offset = 12 + dimensions * 8
    return storeList(value, &offset, sizes[...], element, into: writer, row: row)
  }

  private static func storeList(
    _ value: UnsafeRawBufferPointer, _ offset: inout Int, _ sizes: ArraySlice<Int>,
    _ element: PostgresReadColumn.Decoding,
    into writer: any VectorWriter, row: Int
  ) -> String? {
    let count = sizes.first ?? 0
    let start = writer.childCount
    writer.growChild(to: start + count)
    let entry = writer.data + row * 16
    entry.storeBytes(of: UInt64(start), as: UInt64.self)
    entry.storeBytes(of: UInt64(count), toByteOffset: 8, as: UInt64.self)
    let child = writer.child(0)
    for position in start..<start + count {
      if case .list(let inner) = element {
        if let reason = storeList(value, &offset, sizes.dropFirst(), inner, into: child, row: position) {
          return reason
        }
        continue
      }
      guard offset + 4 <= value.count else { return "holds a broken array" }
      let length = Int(Int32(bigEndian: value.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
      offset += 4
      guard length >= 0 else {
        child.setNull(position)
        continue
      }
      guard offset + length <= value.count else { return "holds a broken array" }
      let bytes = UnsafeRawBufferPointer(rebasing: value[offset..<offset + length])
      let reason = withUnsafePointer(to: child) { store(bytes, element, into: $0, data: child.data, row: position) }
      if let reason { return reason }
      offset += length
    }
    return nil
  }
}

/// Numbers in `numeric_send`'s form.
enum NumericReader {
  private static let powers: [Int128] = [1, 10, 100, 1000, 10000]

  /// The number times `10^scale`; nil if it is not finite or has more digits after the point.
  @inline(__always)
  static func integer(_ value: UnsafeRawBufferPointer, scale: Int) -> Int128? {
    guard value.count >= 8, let base = value.baseAddress else { return nil }
    let count = Int(Int16(bigEndian: base.loadUnaligned(as: Int16.self)))
    let weight = Int(Int16(bigEndian: base.loadUnaligned(fromByteOffset: 2, as: Int16.self)))
    let sign = UInt16(bigEndian: base.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
    guard sign == 0 || sign == 0x4000, value.count == 8 + count * 2 else { return nil }
    guard count > 0 else { return 0 }
    @inline(__always) func group(_ index: Int) -> Int16 {
      Int16(bigEndian: base.loadUnaligned(fromByteOffset: 8 &+ index &* 2, as: Int16.self))
    }
    // Digits of the last group that lie behind the scale must be zeros.
    var exponent = 4 * (weight - count + 1) + scale
    guard exponent > -4 else { return nil }
    if count <= 4, exponent <= 0 {
      var small: Int64 = 0
      for index in 0..<count - 1 { small = small &* 10000 &+ Int64(group(index)) }
      let drop = Int64(powers[-exponent])
      let last = Int64(group(count - 1))
      guard last % drop == 0 else { return nil }
      small = small &* (10000 / drop) &+ last / drop
      return Int128(sign == 0 ? small : -small)
    }
    var number: Int128 = 0
    for index in 0..<count {
      var (digits, factor) = (Int128(group(index)), 10000 as Int128)
      if index == count - 1, exponent < 0 {
        let drop = powers[-exponent]
        guard digits % drop == 0 else { return nil }
        (digits, factor) = (digits / drop, 10000 / drop)
      }
      let (product, tooLarge) = number.multipliedReportingOverflow(by: factor)
      let (sum, overflow) = product.addingReportingOverflow(digits)
      guard !tooLarge, !overflow else { return nil }
      number = sum
    }
    while exponent > 0 {
      let step = min(exponent, 4)
      let (product, overflow) = number.multipliedReportingOverflow(by: powers[step])
      guard !overflow else { return nil }
      number = product
      exponent -= step
    }
    return sign == 0 ? number : -number
  }

  /// The number in plain digits with all digits after the point it was written with.
  static func text(_ value: UnsafeRawBufferPointer) -> String {
    guard value.count >= 8 else { return "NaN" }
    func field(_ offset: Int) -> Int {
      Int(Int16(bigEndian: value.loadUnaligned(fromByteOffset: offset, as: Int16.self)))
    }
    let (count, weight) = (field(0), field(2))
    let sign = UInt16(bigEndian: value.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
    let scale = Int(UInt16(bigEndian: value.loadUnaligned(fromByteOffset: 6, as: UInt16.self)))
    switch sign {
    case 0xc000: return "NaN"
    case 0xd000: return "Infinity"
    case 0xf000: return "-Infinity"
    default: break
    }
    func group(_ position: Int) -> String {
      let index = weight - position
      let digits = String(index >= 0 && index < count ? field(8 + index * 2) : 0)
      return String(repeating: "0", count: 4 - digits.count) + digits
    }
    var whole = ""
    for position in stride(from: max(weight, 0), through: 0, by: -1) { whole += group(position) }
    whole = String(whole.drop { $0 == "0" })
    var text = (sign == 0x4000 ? "-" : "") + (whole.isEmpty ? "0" : whole)
    if scale > 0 {
      var fraction = ""
      for position in 1...(scale + 3) / 4 { fraction += group(-position) }
      text += "." + fraction.prefix(scale)
    }
    return text
  }
}
