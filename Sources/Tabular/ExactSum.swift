/// A sum of 128-bit numbers that never overflows (up to 2⁶³ of them).
struct ExactSum {
  /// The sum is `high × 2⁶⁴ + low`.
  private var high: Int128 = 0
  private var low: UInt128 = 0

  @inline(__always)
  mutating func add(_ value: Int128) {
    low &+= UInt128(truncatingIfNeeded: value) & 0xffff_ffff_ffff_ffff
    high &+= value >> 64
  }

  @inline(__always)
  mutating func add(_ value: UInt128) {
    low &+= value & 0xffff_ffff_ffff_ffff
    high &+= Int128(truncatingIfNeeded: value >> 64)
  }

  mutating func add(_ other: ExactSum) {
    low &+= other.low
    high &+= other.high
  }

  /// The digits of the sum divided by `10^scale`, without trailing zeros after the point.
  func text(scale: Int) -> String {
    let top = high + Int128(low >> 64)
    let isNegative = top < 0
    var limbs: [UInt32] = []
    var rest = UInt128(bitPattern: top)
    var bottom = UInt64(truncatingIfNeeded: low)
    if isNegative {
      bottom = ~bottom &+ 1
      rest = ~rest &+ (bottom == 0 ? 1 : 0)
    }
    for shift in [96, 64, 32, 0] { limbs.append(UInt32(truncatingIfNeeded: rest >> UInt128(shift))) }
    limbs.append(UInt32(truncatingIfNeeded: bottom >> 32))
    limbs.append(UInt32(truncatingIfNeeded: bottom))
    var digits: [UInt8] = []
    while limbs.contains(where: { $0 != 0 }) {
      var remainder: UInt64 = 0
      for index in limbs.indices {
        let value = remainder << 32 | UInt64(limbs[index])
        limbs[index] = UInt32(value / 10)
        remainder = value % 10
      }
      digits.append(UInt8(48 + remainder))
    }
    while digits.count <= scale { digits.append(48) }
    var text = String(decoding: digits.reversed(), as: UTF8.self)
    if scale > 0 { text.insert(".", at: text.index(text.endIndex, offsetBy: -scale)) }
    return CanonicalText.number((isNegative ? "-" : "") + text)
  }
}
