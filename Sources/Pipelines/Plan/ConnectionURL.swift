/// `scheme://user:password@host:port/database?option=value`, taken apart and percent-decoded.
package struct ConnectionURL: Sendable, Hashable {
  package var scheme: String
  package var user: String?
  package var password: String?
  package var host: String?
  package var port: Int?
  /// What follows the host, without its leading slash.
  package var path: String
  /// All that stands between `://` and `?`, decoded: the path of a connector that is a file.
  package var rest: String
  package var options: [(name: String, value: String)]

  package static func == (left: ConnectionURL, right: ConnectionURL) -> Bool { left.facts == right.facts }
  package func hash(into hasher: inout Hasher) { hasher.combine(facts) }

  private var facts: [String?] {
    [scheme, user, password, host, port.map(String.init), path, rest] + options.flatMap { [$0.name, $0.value] }
  }

  /// Whether an @ stands where a database or option does: then a / or ? in a password was not encoded, and its rest would be taken
  /// for a name, which messages show.
  package private(set) var hasLateMark = false

  /// Names of the schemes whose addresses say by their file ending what they are.
  static let fileSchemes: Set<String> = [
    "http", "https", "file", "s3", "s3a", "gs", "gcs", "az", "azure", "abfss", "hf", "r2",
  ]

  /// nil for a text without `://`.
  package static func scheme(of text: String) -> String? {
    guard let colon = text.firstRange(of: "://"), colon.lowerBound > text.startIndex else { return nil }
    return text[..<colon.lowerBound].lowercased()
  }

  /// - Throws: `wrong-url`; the message never shows the user or password.
  package init(_ text: String) throws(Problem) {
    guard let scheme = Self.scheme(of: text), let colon = text.firstRange(of: "://") else {
      throw Problem("wrong-url", "A URL starts with a scheme: postgres://….")
    }
    self.scheme = scheme
    var rest = text[colon.upperBound...]
    var query: Substring = ""
    if let mark = rest.firstIndex(of: "?") {
      query = rest[rest.index(after: mark)...]
      rest = rest[..<mark]
    }
    self.rest = try Self.decoded(rest)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var authority = rest[..<slash]
    path = try Self.decoded(rest[slash...].dropFirst())
    if let at = authority.lastIndex(of: "@") {
      let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      user = try Self.decoded(parts[0])
      if parts.count == 2 { password = try Self.decoded(parts[1]) }
      authority = authority[authority.index(after: at)...]
    }
    hasLateMark = path.contains("@") || user == nil && query.contains("@")
    try (host, port) = Self.address(authority)
    options = []
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      options.append((try Self.decoded(parts[0]), parts.count == 2 ? try Self.decoded(parts[1]) : "true"))
    }
  }

  private static func address(_ text: Substring) throws(Problem) -> (String?, Int?) {
    var host = text
    var port: Substring?
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
      port = host[host.index(after: end)...].isEmpty ? nil : host[host.index(after: end)...].dropFirst()
      host = host[host.index(after: host.startIndex)..<end]
    } else if let colon = host.lastIndex(of: ":") {
      port = host[host.index(after: colon)...]
      host = host[..<colon]
    }
    guard let port, !port.isEmpty else { return (try nonEmpty(host), nil) }
    guard let number = Int(port), (1...65535).contains(number) else {
      throw Problem("wrong-url", "The URL's port is not a number from 1 to 65535.", hint: encodingHint)
    }
    return (try nonEmpty(host), number)
  }

  private static func nonEmpty(_ text: Substring) throws(Problem) -> String? { text.isEmpty ? nil : try decoded(text) }

  static let encodingHint =
    "In a user name or password, write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25."

  /// - Throws: `wrong-url` where a % isn't followed by two hexadecimal digits, or the bytes are not UTF-8.
  static func decoded(_ text: Substring) throws(Problem) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else { throw Problem("wrong-url", "The URL has a % that no two hexadecimal digits follow.", hint: encodingHint) }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else {
      throw Problem("wrong-url", "The URL's percent-encoded bytes are not UTF-8 text.", hint: encodingHint)
    }
    return decoded
  }
}
