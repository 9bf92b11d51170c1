/// Looks at JSON texts byte by byte, where the engine's own reading would turn numbers into doubles.
enum ExactJSON {
  /// What a text holds that the engine's numbers don't: `inexact` = a fraction or exponent no double stands for, `long` = a whole number
  /// beyond 64 bits.
  struct Traits: OptionSet {
    let rawValue: Int64
    static let inexact = Traits(rawValue: 1)
    static let long = Traits(rawValue: 2)
  }

  /// Which numbers become texts, so that all their digits stay.
  enum Quoting {
    /// Those with a fraction or an exponent, and whole ones beyond 64 bits.
    case fractions
    /// Only those a double would change.
    case inexact
  }

  static func traits(_ bytes: UnsafeRawBufferPointer) -> Traits {
    var result: Traits = []
    numbers(bytes) { range, isWhole in
      let number = UnsafeRawBufferPointer(rebasing: bytes[range])
      if isWhole {
        if number.count > 18, Int64(String(decoding: number, as: UTF8.self)) == nil { result.insert(.long) }
      } else if !ExactDouble.holds(number) {
        result.insert(.inexact)
      }
    }
    return result
  }

  static func quoted(_ bytes: UnsafeRawBufferPointer, _ quoting: Quoting, into result: inout [UInt8]) {
    var copied = 0
    numbers(bytes) { range, isWhole in
      let number = UnsafeRawBufferPointer(rebasing: bytes[range])
      if isWhole {
        guard number.count > 18, Int64(String(decoding: number, as: UTF8.self)) == nil else { return }
      } else if quoting == .inexact, ExactDouble.holds(number) {
        return
      }
      result.append(contentsOf: bytes[copied..<range.lowerBound])
      result.append(UInt8(ascii: "\""))
      result.append(contentsOf: number)
      result.append(UInt8(ascii: "\""))
      copied = range.upperBound
    }
    result.append(contentsOf: bytes[copied...])
  }

  /// The same value on one line: without the space between its parts, all else as it stands.
  static func compact(_ bytes: UnsafeRawBufferPointer, into result: inout [UInt8]) {
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\"") {
        let end = endOfString(bytes, from: index)
        result.append(contentsOf: bytes[index..<end])
        index = end
      } else {
        if ![0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { result.append(bytes[index]) }
        index += 1
      }
    }
  }

  /// The text of one member: `bytes` is the member's name as a JSON string, followed by the object. Nil if it isn't there or null.
  static func member(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard bytes.first == UInt8(ascii: "\"") else { return nil }
    let nameEnd = endOfString(bytes, from: 0)
    let name = bytes[..<nameEnd]
    var (index, depth) = (nameEnd, 0)
    var start: Int?
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "\""):
        let end = endOfString(bytes, from: index)
        if depth == 1, start == nil, bytes[index..<end].elementsEqual(name), end < bytes.count,
          bytes[end] == UInt8(ascii: ":")
        {
          start = end + 1
        }
        index = end
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","):
        if let start, depth == 1 {
          let value = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
          return value.elementsEqual("null".utf8) ? nil : value
        }
        if byte != UInt8(ascii: ",") { depth -= 1 }
      default: break
      }
      index += 1
    }
    return nil
  }

  private static func endOfString(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start + 1
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\\") {
        index += 2
      } else if bytes[index] == UInt8(ascii: "\"") {
        return index + 1
      } else {
        index += 1
      }
    }
    return bytes.count
  }

  private static func numbers(_ bytes: UnsafeRawBufferPointer, _ body: (Range<Int>, _ isWhole: Bool) -> Void) {
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""): index = endOfString(bytes, from: index)
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        let start = index
        var isWhole = true
        scan: while index < bytes.count {
          switch bytes[index] {
          case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"): break
          case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): isWhole = false
          default: break scan
          }
          index += 1
        }
        body(start..<index, isWhole)
      default: index += 1
      }
    }
  }
}
