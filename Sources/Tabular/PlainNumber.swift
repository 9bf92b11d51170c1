/// A number as its decimal digits, however it was written (`1e3`, `+07.50`); equal numbers are equal.
package struct PlainNumber: Hashable, Sendable {
  package private(set) var isNegative = false
  /// Without zeros at either end; empty for 0.
  private var digits: [UInt8] = []
  /// How many of the digits stand before the point; negative for zeros behind it.
  private var point = 0

  /// Exponents beyond this are refused, so that no short text makes a long number.
  private static let greatestExponent = 400

  /// Nil if the text isn't a number in decimal digits. Blanks around it don't count.
  package init?(_ text: some StringProtocol) { self.init(bytes: Array(text.utf8)[...]) }

  package init?(_ bytes: UnsafeRawBufferPointer) { self.init(bytes: Array(bytes)[...]) }

  private init?(bytes: ArraySlice<UInt8>) {
    var rest = bytes.drop(while: Self.isBlank)
    while let last = rest.last, Self.isBlank(last) { rest.removeLast() }
    guard let sign = rest.first else { return nil }
    isNegative = sign == UInt8(ascii: "-")
    if isNegative || sign == UInt8(ascii: "+") { rest.removeFirst() }
    var (seen, before) = (0, -1)
    digits.reserveCapacity(rest.count)
    while let byte = rest.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
      rest.removeFirst()
      if byte == UInt8(ascii: "."), before < 0 {
        before = seen
        continue
      }
      guard (48...57).contains(byte) else { return nil }
      digits.append(byte)
      seen += 1
    }
    guard seen > 0 else { return nil }
    point = before < 0 ? seen : before
    if !rest.isEmpty {
      guard let exponent = Int(String(decoding: rest.dropFirst(), as: UTF8.self)),
        exponent.magnitude <= Self.greatestExponent
      else { return nil }
      point += exponent
    }
    let leading = digits.prefix { $0 == 48 }.count
    digits.removeFirst(leading)
    point -= leading
    while digits.last == 48 { digits.removeLast() }
    if digits.isEmpty { (point, isNegative) = (0, false) }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  /// How many digits stand before the point, without leading zeros.
  package var wholeDigits: Int { max(0, point) }
  /// How many digits stand behind the point, without trailing zeros.
  package var fractionDigits: Int { max(0, digits.count - point) }

  /// Its digits, without exponent and needless zeros: `-0.05`, `1000`.
  package var bytes: [UInt8] {
    var text: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    let zero = UInt8(ascii: "0")
    text += point > 0 ? digits.prefix(point) : [zero]
    text += Array(repeating: zero, count: max(0, point - digits.count))
    guard fractionDigits > 0 else { return text }
    text.append(UInt8(ascii: "."))
    text += Array(repeating: zero, count: max(0, -point))
    return text + digits.dropFirst(wholeDigits)
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether a value of the type is this number; for a DOUBLE or FLOAT, whether its shortest text is.
  package func fits(_ type: DataType) -> Bool {
    switch type {
    case .integer(let bits, let signed):
      guard fractionDigits == 0 else { return false }
      guard signed || !isNegative else { return false }
      guard wholeDigits <= 38, let value = Int128(text) else { return false }
      let room = signed ? bits - 1 : bits
      return room >= 127 || (value >= 0 ? value : -(value + 1)) >> room == 0
    case .decimal(let precision, let scale): return fractionDigits <= scale && wholeDigits <= precision - scale
    case .float64: return Double(text).map { PlainNumber("\($0)") == self } ?? false
    case .float32: return Float(text).map { PlainNumber("\($0)") == self } ?? false
    default: return type == .numeric
    }
  }
}
