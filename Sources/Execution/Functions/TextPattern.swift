/// The shape of a text: a run of capitals is `A`, a run of small letters `a`, each digit `9`, anything else stands for itself. At most
/// 40 characters. `John Doe` and `Éva Ng` are `Aa Aa`, `2025-01-16` is `9999-99-99`. Reuses its memory from one text to the next.
struct TextPattern {
  private static let longest = 40
  private var shape: [UInt8] = []

  mutating func write(_ bytes: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Void) {
    shape.removeAll(keepingCapacity: true)
    var count = 0
    if bytes.allSatisfy({ $0 < 128 }) {
      for byte in bytes where count < Self.longest { add(Self.ascii(byte), &count) }
    } else {
      for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars where count < Self.longest {
        if scalar.isASCII {
          add(Self.ascii(UInt8(scalar.value)), &count)
        } else if scalar.properties.isAlphabetic {
          add(scalar.properties.isUppercase ? Self.capital : Self.small, &count)
        } else {
          shape.append(contentsOf: String(scalar).utf8)
          count += 1
        }
      }
    }
    shape.withUnsafeBytes { take($0) }
  }

  private static let capital = UInt8(ascii: "A")
  private static let small = UInt8(ascii: "a")

  private static func ascii(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): small
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): capital
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(ascii: "9")
    default: byte
    }
  }

  private mutating func add(_ byte: UInt8, _ count: inout Int) {
    if byte == shape.last, byte == Self.capital || byte == Self.small { return }
    shape.append(byte)
    count += 1
  }
}
