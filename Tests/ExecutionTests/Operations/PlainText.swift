/// What operations on text mean, without an engine.
enum PlainText {
  static let changes: [(String, @Sendable (String) -> String)] = [
    ("lowercase", lower), ("uppercase", upper), ("trim", trim), ("squeeze", squeeze), ("title_case", title),
    ("capitalize", capitalize),
  ]

  /// Letter by letter: the lengths stay, so `ß` stays `ß` in capitals.
  static func upper(_ text: String) -> String { each(text) { $0.properties.uppercaseMapping } }
  static func lower(_ text: String) -> String { each(text) { $0.properties.lowercaseMapping } }

  private static func each(_ text: String, _ change: (Unicode.Scalar) -> String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let changed = change(scalar)
      result.unicodeScalars.append(
        contentsOf: changed.unicodeScalars.count == 1 ? changed.unicodeScalars : String(scalar).unicodeScalars)
    }
    return result
  }

  static func capitalize(_ text: String) -> String { upper(String(text.prefix(1))) + lower(String(text.dropFirst())) }

  static func trim(_ text: String) -> String { strip(text) { " \t\n\r\u{A0}".unicodeScalars.contains($0) } }

  static func squeeze(_ text: String) -> String {
    var result = ""
    var isSpace = false
    for scalar in text.unicodeScalars {
      let isWhite = "\t\n\u{0C}\r ".unicodeScalars.contains(scalar)
      if !isWhite { result.unicodeScalars.append(scalar) } else if !isSpace { result += " " }
      isSpace = isWhite
    }
    return strip(result, isBlank)
  }

  /// What the engine's `trim` takes off: every separator of words Unicode knows.
  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .spaceSeparator }

  /// Words are runs of letters, marks, digits and apostrophes.
  static func title(_ text: String) -> String {
    var words: [(text: String, isWord: Bool)] = []
    for scalar in text.unicodeScalars {
      let isWord = isWordPart(scalar)
      if words.last?.isWord != isWord { words.append(("", isWord)) }
      words[words.count - 1].text.unicodeScalars.append(scalar)
    }
    return words.map { capitalize($0.text) }.joined()
  }

  private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "'" || scalar == "’" { return true }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
      .spacingMark,
      .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
      true
    default: false
    }
  }

  private static func strip(_ text: String, _ isSpace: (Unicode.Scalar) -> Bool) -> String {
    var scalars = Array(text.unicodeScalars)
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    var result = ""
    result.unicodeScalars.append(contentsOf: scalars.drop(while: isSpace))
    return result
  }

  /// Without what the engine takes for space at both ends.
  static func stripped(_ text: String) -> String { strip(text, isBlank) }

  /// A number in plain digits.
  static func number(_ text: String) -> PlainDecimal? {
    let digits = stripped(text)
    let isPlain = digits.unicodeScalars.allSatisfy { ("0"..."9").contains($0) || "+-.".unicodeScalars.contains($0) }
    return isPlain && digits.contains { $0.isNumber } ? PlainDecimal(digits) : nil
  }

  /// A whole number of 64 bits, with spaces around and zeros after a point allowed.
  static func whole(_ text: String) -> Int128? {
    let parts = strip(text, isBlank).split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.count == 1 || parts[1].allSatisfy({ $0 == "0" }) else { return nil }
    return Int64(parts[0]).map { Int128($0) }
  }

  static func replace(_ find: String, in text: String, with: String) -> String {
    split(text, at: find).joined(separator: with)
  }

  /// By bytes: what looks the same but is written otherwise is no match.
  static func split(_ text: String, at separator: String) -> [String] {
    var rest = Array(text.utf8)[...]
    let mark = Array(separator.utf8)
    var parts: [String] = []
    while let range = rest.firstRange(of: mark) {
      parts.append(String(decoding: rest[..<range.lowerBound], as: UTF8.self))
      rest = rest[range.upperBound...]
    }
    return parts + [String(decoding: rest, as: UTF8.self)]
  }
}
