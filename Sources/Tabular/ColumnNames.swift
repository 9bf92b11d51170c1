/// Names as the engine compares them: byte by byte, only ASCII letters without regard to case. Swift's own equality takes "é" in one character
/// and "é" in two for the same text.
package enum ColumnNames {
  /// Whether the engine takes both for the same column.
  package static func areSame(_ one: String, _ other: String) -> Bool {
    one.utf8.elementsEqual(other.utf8) { lower($0) == lower($1) }
  }

  /// Whether both are spelled alike, byte by byte.
  package static func areIdentical(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }

  /// Two names that look the same and aren't; nil if there are none.
  package static func twins(in names: some Sequence<String>) -> (String, String)? {
    var seen: [String: String] = [:]
    for name in names {
      if let other = seen[name], !areIdentical(name, other) { return (other, name) }
      seen[name] = name
    }
    return nil
  }

  /// A name with its characters: `"é" (U+0065 U+0301)`.
  package static func spelled(_ name: String) -> String {
    let codes = name.unicodeScalars.map { scalar in
      let digits = String(scalar.value, radix: 16, uppercase: true)
      return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
    return "\"\(name)\" (\(codes.joined(separator: " ")))"
  }

  private static func lower(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte | 32 : byte }
}
