/// Numbers in `numeric_send`'s form: count of base-10000 digits, weight of the first, sign, digits after the point, the digits.
extension ByteSink {
  /// Appends length and value of `magnitude / 10^scale`.
  @inline(__always)
  func appendNumeric(_ magnitude: UInt64, isNegative: Bool, scale: Int, scratch: UnsafeMutablePointer<Int16>) {
    var rest = magnitude
    var count = 0
    let odd = scale & 3
    if odd > 0 {
      let unit = CanonicalNumber.powers[odd]
      let (quotient, low) = rest.quotientAndRemainder(dividingBy: unit)
      scratch[0] = Int16(truncatingIfNeeded: low &* CanonicalNumber.powers[4 &- odd])
      count = 1
      rest = quotient
    }
    while rest != 0 {
      let (quotient, low) = rest.quotientAndRemainder(dividingBy: 10000)
      scratch[count] = Int16(truncatingIfNeeded: low)
      count &+= 1
      rest = quotient
    }
    appendNumeric(groups: scratch, count: count, scale: scale, isNegative: isNegative)
  }

  func appendNumeric(_ magnitude: UInt128, isNegative: Bool, scale: Int, scratch: UnsafeMutablePointer<Int16>) {
    if magnitude <= UInt128(UInt64.max) {
      return appendNumeric(
        UInt64(truncatingIfNeeded: magnitude), isNegative: isNegative, scale: scale, scratch: scratch)
    }
    var rest = magnitude
    var count = 0
    let odd = scale & 3
    if odd > 0 {
      let (quotient, low) = rest.quotientAndRemainder(dividingBy: UInt128(CanonicalNumber.powers[odd]))
      scratch[0] = Int16(truncatingIfNeeded: UInt64(low) &* CanonicalNumber.powers[4 &- odd])
      count = 1
      rest = quotient
    }
    while rest != 0 {
      // Sixteen digits at a time, so that only few divisions are 128 bits wide.
      let (quotient, low) = rest.quotientAndRemainder(dividingBy: 10_000_000_000_000_000)
      var part = UInt64(low)
      for _ in 0..<4 {
        scratch[count] = Int16(truncatingIfNeeded: part % 10000)
        count &+= 1
        part /= 10000
      }
      rest = quotient
    }
    appendNumeric(groups: scratch, count: count, scale: scale, isNegative: isNegative)
  }

  /// `groups` are base-10000 digits, least significant first, the first `(scale + 3) / 4` of them after the point.
  @inline(__always)
  func appendNumeric(groups: UnsafeMutablePointer<Int16>, count: Int, scale: Int, isNegative: Bool) {
    var top = count
    while top > 0, groups[top &- 1] == 0 { top &-= 1 }
    var bottom = 0
    while bottom < top, groups[bottom] == 0 { bottom &+= 1 }
    let digits = top &- bottom
    reserve(12 &+ digits &* 2)
    append(Int32(truncatingIfNeeded: 8 &+ digits &* 2))
    append(Int16(truncatingIfNeeded: digits))
    append(digits == 0 ? 0 : Int16(truncatingIfNeeded: top &- 1 &- (scale &+ 3) / 4))
    append(isNegative && digits > 0 ? 0x4000 as UInt16 : 0)
    append(UInt16(truncatingIfNeeded: scale))
    var index = top
    while index > bottom {
      index &-= 1
      append(groups[index])
    }
  }

  /// Appends length and value of a number written in digits (`-12.50`, `NaN`, `Infinity`); false if it is none.
  func appendNumeric(text: UnsafeRawBufferPointer) -> Bool {
    var digits = text[...]
    var isNegative = false
    if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      digits = digits.dropFirst()
    }
    if let special = CanonicalNumber.special(digits, isNegative: isNegative) {
      append(8 as Int32)
      append(0 as UInt32)
      append(special)
      append(0 as UInt16)
      return true
    }
    let point = digits.firstIndex(of: UInt8(ascii: ".")) ?? digits.endIndex
    let whole = digits[digits.startIndex..<point]
    let fraction = point < digits.endIndex ? digits[(point + 1)...] : digits[digits.endIndex...]
    guard !whole.isEmpty || !fraction.isEmpty, fraction.count <= 0x3fff else { return false }
    var groups: [Int16] = []
    groups.reserveCapacity((whole.count + fraction.count) / 4 + 2)
    let lead = whole.count % 4
    var group: Int16 = 0
    var filled = lead == 0 ? 0 : 4 - lead
    for byte in whole {
      guard byte >= 48, byte <= 57 else { return false }
      group = group * 10 + Int16(byte - 48)
      filled += 1
      if filled == 4 {
        groups.append(group)
        (group, filled) = (0, 0)
      }
    }
    for byte in fraction {
      guard byte >= 48, byte <= 57 else { return false }
      group = group * 10 + Int16(byte - 48)
      filled += 1
      if filled == 4 {
        groups.append(group)
        (group, filled) = (0, 0)
      }
    }
    if filled > 0 {
      for _ in filled..<4 { group *= 10 }
      groups.append(group)
    }
    groups.reverse()
    let count = groups.count
    groups.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      appendNumeric(groups: base, count: count, scale: fraction.count, isNegative: isNegative)
    }
    return true
  }
}

enum CanonicalNumber {
  static let powers: [UInt64] = [1, 10, 100, 1000, 10000]

  /// The sign field of numbers that aren't finite.
  static func special(_ text: Slice<UnsafeRawBufferPointer>, isNegative: Bool) -> UInt16? {
    guard let first = text.first, first > 57 else { return nil }
    switch String(decoding: text, as: UTF8.self).lowercased() {
    case "nan": return isNegative ? nil : 0xc000
    case "infinity", "inf": return isNegative ? 0xf000 : 0xd000
    default: return nil
    }
  }
}
