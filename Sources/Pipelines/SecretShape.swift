import Tabular

/// Recognises secrets by how they are written: behind names such as `password`, and as credentials in addresses.
package enum SecretShape {
  package static let mark = "•••"

  private static let words = [
    "password", "passwd", "passphrase", "passwort", "pwd", "pgpass", "secret", "token", "apikey", "accesskey",
    "accountkey",
    "privatekey", "sharedkey", "credential", "connectionstring", "authorization", "signature", "bearer",
  ]
  private static let shortWords: Set<String> = ["key", "sig", "auth", "pass", "jwt", "sas", "dsn"]

  /// Whether a setting, variable or parameter of this name holds a secret. A slip in "password" or "secret" doesn't matter.
  package static func isName(_ name: String) -> Bool {
    let folded = folded(name)
    if words.contains(where: folded.contains) { return true }
    return [("password", 2), ("secret", 1), ("apikey", 1)].contains { word, slips in
      folded.count > 4 && Nearest.distance(Array(folded.unicodeScalars), Array(word.unicodeScalars)) <= slips
    }
  }

  /// Names that mean a secret in an address, though not in a file.
  private static func isQueryName(_ name: Substring) -> Bool {
    shortWords.contains(folded(String(name))) || isName(String(name))
  }

  private static func folded(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

  /// The credentials in the addresses of `text`, as they stand there.
  package static func pieces(of text: String) -> [String] { ranges(in: text).map { String(text[$0]) } }

  /// `text` with the credentials in its addresses and the values in `password=…` hidden.
  package static func scrub(_ text: String) -> String { hiding(ranges(in: text) + assignments(in: text), in: text) }

  /// Other forms in which a value may come back: inside JSON, SQL, an address, base64.
  static func spellings(of value: String) -> [String] {
    let bytes = Array(value.utf8)
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~".utf8)
    func percent(_ digits: [Character]) -> String {
      bytes.map { plain.contains($0) ? String(UnicodeScalar($0)) : "%\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }
        .joined()
    }
    var forms = [
      value, String(JSONText.quote(value).dropFirst().dropLast()), SQL.doubling("'", in: value),
      percent(Array("0123456789ABCDEF")), percent(Array("0123456789abcdef")),
    ]
    // The letters that don't depend on what stands before or after, for each of the three ways a value may lie in base64.
    for offset in 0..<3 {
      let skipped = [0, 2, 3][offset]
      let text = Base64.text([UInt8](repeating: 0, count: offset) + bytes)
      let sure = text.dropFirst(skipped).prefix((offset + bytes.count) * 8 / 6 - skipped)
      if sure.count >= 6 { forms += [String(sure), String(sure).replacing("+", with: "-").replacing("/", with: "_")] }
    }
    return forms.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private static func hiding(_ ranges: [Range<String.Index>], in text: String) -> String {
    guard !ranges.isEmpty else { return text }
    var result = ""
    var place = text.startIndex
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.upperBound > place {
      if range.lowerBound >= place { result += text[place..<range.lowerBound] + mark }
      place = range.upperBound
    }
    return result + text[place...]
  }

  // MARK: Addresses

  private static func ranges(in text: String) -> [Range<String.Index>] {
    var found: [Range<String.Index>] = []
    var rest = text[...]
    while let slashes = rest.firstRange(of: "://") {
      let scheme = rest[..<slashes.lowerBound].reversed().prefix { $0.isLetter || $0.isNumber || "+.-".contains($0) }
      let end = rest[slashes.upperBound...].firstIndex { $0.isWhitespace || "\"'<>`\\".contains($0) } ?? rest.endIndex
      let token = text[slashes.upperBound..<end]
      if !scheme.isEmpty {
        found += credentials(
          in: token, isWeb: ["http", "https", "ftp", "sftp"].contains(String(scheme.reversed()).lowercased()))
      }
      rest = text[end...]
    }
    return found.filter { !$0.isEmpty && !text[$0].hasPrefix("${") && !text[$0].hasPrefix("{{") && text[$0] != mark }
  }

  /// - Parameter token: what follows `://`.
  private static func credentials(in token: Substring, isWeb: Bool) -> [Range<String.Index>] {
    var found: [Range<String.Index>] = []
    let query = token.firstIndex(of: "?") ?? token.endIndex
    let authority = token[..<query].prefix { $0 != "/" && $0 != "#" }
    var rest = authority.endIndex
    // A colon that no port follows: the password holds a slash or question mark.
    let colon = authority.hasPrefix("[") ? nil : authority.firstIndex(of: ":")
    let isCut = !authority.contains("@") && colon.map { authority[$0...].dropFirst().contains { !$0.isNumber } } == true
    if let at = isCut ? token.lastIndex(of: "@") : authority.lastIndex(of: "@") {
      if let colon, colon < at {
        found.append(token.index(after: colon)..<at)
      } else if isWeb {
        found.append(token.startIndex..<at)
      }
      rest = max(rest, at)
    } else if isCut, let colon {
      return [token.index(after: colon)..<token.endIndex]
    }
    for pair in token[rest...].split(whereSeparator: { "?&#;".contains($0) }) {
      guard let equals = pair.firstIndex(of: "="), isQueryName(pair[..<equals]) else { continue }
      found.append(pair.index(after: equals)..<pair.endIndex)
    }
    return found
  }

  // MARK: Names and values

  /// The values of `password=…` outside addresses, as connection strings have them.
  private static func assignments(in text: String) -> [Range<String.Index>] {
    guard text.contains("=") else { return [] }
    return text.matches(of: /([A-Za-z_][A-Za-z0-9_.-]*)=("[^"]*"|'[^']*'|[^\s"'&;,)}]+)/).compactMap { match in
      isName(String(match.1)) && !match.2.hasPrefix("${") && !match.2.hasPrefix("{{") && !match.2.hasPrefix(mark)
        ? match.2.startIndex..<match.2.endIndex : nil
    }
  }

  /// A line of a file as it may be shown: values behind names that mean secrets are hidden, also those that began on a line above.
  /// - Parameter number: counted from 1.
  package static func shown(line number: Int, of lines: [some StringProtocol]) -> String {
    let line = String(lines[number - 1])
    var indent = line.prefix { $0 == " " }.count
    for above in lines[..<(number - 1)].reversed() where above.contains(where: { !$0.isWhitespace }) {
      let depth = above.prefix { $0 == " " }.count
      guard depth < indent else { continue }
      indent = depth
      if names(in: String(above)).contains(where: { isName($0.name) }) { return line.prefix { $0 == " " } + mark }
      if depth == 0 { break }
    }
    let values = names(in: line).compactMap { isName($0.name) ? value(from: $0.end, in: line) : nil }
    return scrub(hiding(values, in: line))
  }

  /// `name:` and `name=` wherever they stand in a line.
  private static func names(in line: String) -> [(name: String, end: String.Index)] {
    line.matches(of: /["']?([A-Za-z_][A-Za-z0-9_.-]*)["']?[ \t]*[:=](?!\/)[ \t]*/).map {
      (String($0.1), $0.range.upperBound)
    }
  }

  private static func value(from start: String.Index, in line: String) -> Range<String.Index>? {
    let text = line[start...]
    guard let first = text.first, text.wholeMatch(of: /\$\{\w+\}\s*|["']?\{\{[^}]*\}\}["']?\s*|[|>][+-]?\d?\s*/) == nil
    else { return nil }
    if first == "\"" || first == "'" {
      var end = text.dropFirst().startIndex
      while end < text.endIndex, text[end] != first {
        end = text.index(end, offsetBy: text[end] == "\\" ? 2 : 1, limitedBy: text.endIndex) ?? text.endIndex
      }
      return text.index(after: start)..<end
    }
    let before = line[..<start]
    let isInFlow = before.count { $0 == "{" } > before.count { $0 == "}" } && first != "{" && first != "["
    return start..<(isInFlow ? text.firstIndex { $0 == "," || $0 == "}" } ?? text.endIndex : text.endIndex)
  }
}

/// Base64, for comparing only.
private enum Base64 {
  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

  /// Without padding; the last letter may stand for fewer than six bits.
  static func text(_ bytes: [UInt8]) -> String {
    var result = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
      for index in 0...group.count { result.append(letters[Int(bits >> (18 - 6 * UInt32(index))) & 63]) }
    }
    return result
  }
}
