import Tabular

/// An exact number: `digits` of them stand behind the point `scale` times; a DOUBLE is the number its shortest text says.
struct PlainDecimal {
  var digits: Int128
  var scale: Int

  init(_ digits: Int128, scale: Int = 0) { (self.digits, self.scale) = (digits, scale) }

  /// Nil for what is no number.
  init?(_ value: Value) {
    switch value {
    case .integer(let number): self.init(number)
    case .decimal(let text): self.init(text)
    case .float(let number): self.init("\(number)")
    default: return nil
    }
  }

  /// A number in plain digits, or with `e` and an exponent.
  init?(_ text: String) {
    let halves = text.split(separator: "e")
    let parts = halves[0].split(separator: ".", omittingEmptySubsequences: false)
    guard let exponent = halves.count > 1 ? Int(halves[1]) : 0, parts.count <= 2 else { return nil }
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    guard parts[0] != "-", let digits = Int128(parts[0] + fraction) else { return nil }
    self.init(digits, scale: fraction.count - exponent)
    self = scale < 0 ? PlainDecimal(digits * Self.power(-scale)) : trimmed
  }

  static func power(_ exponent: Int) -> Int128 { (0..<exponent).reduce(1) { power, _ in power * 10 } }

  /// Without zeros at the end of the fraction.
  var trimmed: PlainDecimal {
    var result = self
    while result.scale > 0, result.digits % 10 == 0 {
      result.digits /= 10
      result.scale -= 1
    }
    return result
  }

  /// The digits with so many behind the point; nil if some would be lost.
  func digits(at scale: Int) -> Int128? {
    let number = trimmed
    return number.scale > scale ? nil : number.digits * Self.power(scale - number.scale)
  }

  static func + (left: PlainDecimal, right: PlainDecimal) -> PlainDecimal {
    let scale = max(left.scale, right.scale)
    return PlainDecimal(
      left.digits * power(scale - left.scale) + right.digits * power(scale - right.scale), scale: scale)
  }

  static prefix func - (number: PlainDecimal) -> PlainDecimal { PlainDecimal(-number.digits, scale: number.scale) }

  static func * (left: PlainDecimal, right: PlainDecimal) -> PlainDecimal? {
    let (digits, overflow) = left.digits.multipliedReportingOverflow(by: right.digits)
    return overflow ? nil : PlainDecimal(digits, scale: left.scale + right.scale)
  }

  /// The DOUBLE nearest to it.
  var nearestDouble: Double { Double(DecimalText.text(digits, scale: scale)) ?? .nan }

  /// The DOUBLE nearest to the quotient: its first eighty digits and a last one if there are more, so that it isn't taken for the middle
  /// between two DOUBLEs.
  func nearestDouble(over divisor: PlainDecimal) -> Double {
    let scale = max(self.scale, divisor.scale)
    let above = (digits * Self.power(scale - self.scale)).magnitude
    let below = (divisor.digits * Self.power(scale - divisor.scale)).magnitude
    var text = (digits < 0) != (divisor.digits < 0) ? "-" : ""
    text += "\(above / below)."
    var rest = above % below
    for _ in 0..<80 {
      text += "\(rest * 10 / below)"
      rest = rest * 10 % below
    }
    return Double(text + (rest == 0 ? "" : "1")) ?? .nan
  }

  /// The quotient with so many digits behind the point, a half away from zero; nil if it has no room in 128 bits.
  func quotient(_ divisor: PlainDecimal, scale: Int) -> Int128? {
    let shift = scale + divisor.scale - self.scale
    let (above, overflow) = digits.magnitude.multipliedReportingOverflow(by: Self.power(max(shift, 0)).magnitude)
    guard !overflow, above <= Int128.max.magnitude, shift >= 0 else { return nil }
    let below = divisor.digits.magnitude
    let whole = Int128(above / below) + (above % below * 2 >= below ? 1 : 0)
    return (digits < 0) != (divisor.digits < 0) ? -whole : whole
  }
}

extension Value {
  /// A decimal in plain digits.
  static func decimal(_ digits: Int128, scale: Int) -> Value { .decimal(DecimalText.text(digits, scale: scale)) }
}
