import Pipelines

/// Reads decimals without rounding: a text is exactly a DECIMAL(p,s), or it is refused.
enum ExactDecimal {
  /// The unscaled digits, or nil if the text isn't a plain number or needs more digits than the shape has.
  static func parse(_ bytes: UnsafeRawBufferPointer, _ shape: DecimalShape) -> Int128? {
    var index = 0
    var end = bytes.count
    while index < end, bytes[index] == 0x20 { index += 1 }
    while end > index, bytes[end - 1] == 0x20 { end -= 1 }
    guard index < end else { return nil }
    let isNegative = bytes[index] == UInt8(ascii: "-")
    if isNegative || bytes[index] == UInt8(ascii: "+") { index += 1 }
    var digits: Int128 = 0
    var (count, fraction, seen) = (0, -1, false)
    while index < end {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: ".") {
        guard fraction < 0 else { return nil }
        fraction = 0
        continue
      }
      let digit = byte &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      seen = true
      if fraction >= shape.scale {
        guard digit == 0 else { return nil }
        continue
      }
      if count > 0 || digit > 0 { count += 1 }
      guard count <= shape.precision else { return nil }
      digits = digits &* 10 &+ Int128(digit)
      if fraction >= 0 { fraction += 1 }
    }
    guard seen else { return nil }
    for _ in max(fraction, 0)..<shape.scale where digits != 0 {
      count += 1
      guard count <= shape.precision else { return nil }
      digits = digits &* 10
    }
    return isNegative ? -digits : digits
  }

  static func store(_ digits: Int128, at row: Int, _ shape: DecimalShape, in data: UnsafeMutableRawPointer) {
    switch shape.precision {
    case ...4: data.storeBytes(of: Int16(digits), toByteOffset: row * 2, as: Int16.self)
    case ...9: data.storeBytes(of: Int32(digits), toByteOffset: row * 4, as: Int32.self)
    case ...18: data.storeBytes(of: Int64(digits), toByteOffset: row * 8, as: Int64.self)
    default:
      data.storeBytes(of: UInt64(truncatingIfNeeded: digits), toByteOffset: row * 16, as: UInt64.self)
      data.storeBytes(of: Int64(truncatingIfNeeded: digits >> 64), toByteOffset: row * 16 + 8, as: Int64.self)
    }
  }
}
