/// Tells numbers a double stands for from those it would change.
enum ExactDouble {
  /// Whether the double nearest to the text, written as shortly as it can be told from its neighbours, is the same number.
  /// Texts for "not a number" and the infinities are held; other texts are not.
  static func holds(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if let plain = plainDigits(bytes), plain <= 15 { return true }
    var text = String(decoding: bytes, as: UTF8.self)
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    if text.first == "+" { text.removeFirst() }
    let unsigned = text.first == "-" ? text.dropFirst() : text[...]
    guard let first = unsigned.utf8.first else { return false }
    guard (0x30...0x39).contains(first) || first == 0x2E else {
      return ["nan", "inf", "infinity"].contains(unsigned.lowercased())
    }
    guard let value = Double(text), value.isFinite, let asked = Scientific(text) else { return false }
    return asked == Scientific("\(value)")
  }

  /// How many digits a text of digits and at most one point has; nil for any other text.
  private static func plainDigits(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var (count, points) = (0, 0)
    for (index, byte) in bytes.enumerated() {
      if byte &- 0x30 <= 9 {
        count += 1
      } else if byte == 0x2E, points == 0 {
        points = 1
      } else if index > 0 || byte != 0x2D {
        return nil
      }
    }
    return count > 0 ? count : nil
  }

  /// A number as its digits and a power of ten; equal numbers are equal.
  private struct Scientific: Equatable {
    var isNegative: Bool
    var digits: ArraySlice<UInt8>
    var power: Int

    init?(_ text: String) {
      let parts = text.lowercased().split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
      guard let mantissa = parts.first else { return nil }
      var exponent = 0
      if parts.count == 2 {
        guard let value = Int(parts[1]) else { return nil }
        exponent = value
      }
      var all: [UInt8] = []
      var fraction = 0
      var seenPoint = false
      isNegative = mantissa.first == "-"
      for byte in isNegative ? mantissa.dropFirst().utf8 : mantissa.utf8 {
        if byte == 0x2E {
          guard !seenPoint else { return nil }
          seenPoint = true
        } else {
          guard (0x30...0x39).contains(byte) else { return nil }
          all.append(byte)
          if seenPoint { fraction += 1 }
        }
      }
      digits = all.drop { $0 == 0x30 }
      power = exponent - fraction
      while digits.last == 0x30 {
        digits.removeLast()
        power += 1
      }
      if digits.isEmpty { (power, isNegative) = (0, false) }
    }
  }
}
