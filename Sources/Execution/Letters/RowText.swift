import Foundation

/// A row kept as a JSON object, taken apart without touching its values: numbers keep every digit.
enum RowText {
  /// By column: the text of a string, the JSON of any other value; nil for null.
  /// - Returns: nil for a text that isn't one JSON object.
  static func fields(_ json: String) -> [String: String?]? {
    let bytes = Array(json.utf8)
    var place = 0
    func skipSpace() { while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 } }
    func take(_ character: Character) -> Bool {
      skipSpace()
      guard place < bytes.count, bytes[place] == character.asciiValue else { return false }
      place += 1
      return true
    }
    /// The bytes of a string with its quotation marks; `place` stands at the first.
    func string() -> ArraySlice<UInt8> {
      let start = place
      place += 1
      while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
        place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
      }
      place = min(place + 1, bytes.count)
      return bytes[start..<place]
    }
    func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
      bytes.contains(UInt8(ascii: "\\"))
        ? try? JSONDecoder().decode(String.self, from: Data(bytes))
        : String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
    }
    func value() -> ArraySlice<UInt8> {
      let start = place
      var depth = 0
      while place < bytes.count {
        switch Character(UnicodeScalar(bytes[place])) {
        case "\"":
          _ = string()
          continue
        case "{", "[": depth += 1
        case "}", "]":
          if depth == 0 { return bytes[start..<place] }
          depth -= 1
        case "," where depth == 0: return bytes[start..<place]
        default: break
        }
        place += 1
      }
      return bytes[start..<place]
    }
    var fields: [String: String?] = [:]
    guard take("{") else { return nil }
    if take("}") { return fields }
    repeat {
      skipSpace()
      guard place < bytes.count, bytes[place] == UInt8(ascii: "\""), let name = decoded(string()), take(":") else {
        return nil
      }
      skipSpace()
      let isString = place < bytes.count && bytes[place] == UInt8(ascii: "\"")
      let raw = isString ? string() : value()
      let text = isString ? decoded(raw) : String(decoding: raw, as: UTF8.self).trimmingCharacters(in: .whitespaces)
      guard let text else { return nil }
      fields.updateValue(!isString && text == "null" ? nil : text, forKey: name)
    } while take(",")
    return take("}") ? fields : nil
  }
}
