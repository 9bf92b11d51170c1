import Tabular

/// Writes a `Setting` as YAML that reads back as the same value, in the style of files people write.
package enum YAMLText {
  static let widestLine = 110

  /// The value as lines of block style, each indented by `indent` spaces; for a map or list on lines of its own.
  package static func block(_ setting: Setting, indent: Int) -> String {
    let space = String(repeating: " ", count: indent)
    switch setting.content {
    case .map(let entries) where !entries.isEmpty:
      return entries.map { space + key($0.key) + ":" + value($0.value, indent: indent) }.joined()
    case .list(let elements) where !elements.isEmpty:
      return elements.map { space + "-" + element($0, indent: indent) }.joined()
    default:
      return space + flow(setting) + "\n"
    }
  }

  /// What stands after `key:`, with its line break: on the same line if it is short, else indented below.
  package static func value(_ setting: Setting, indent: Int) -> String {
    if case .text(let text) = setting.content, let literal = literal(text, indent: indent + 2) { return literal }
    let flat = " " + flow(setting) + "\n"
    if fits(setting, flat, indent: indent) { return flat }
    return "\n" + block(setting, indent: indent + 2)
  }

  private static func element(_ setting: Setting, indent: Int) -> String {
    if case .text(let text) = setting.content, let literal = literal(text, indent: indent + 2) { return literal }
    let flat = " " + flow(setting) + "\n"
    if setting.entries.count != 1, fits(setting, flat, indent: indent) { return flat }
    return " " + block(setting, indent: indent + 2).dropFirst(indent + 2)
  }

  /// Whether a value may stand on one line: scalars always; collections if short and of one level, or a list of such.
  private static func fits(_ setting: Setting, _ flat: String, indent: Int) -> Bool {
    switch setting.content {
    case .map(let entries) where !entries.isEmpty:
      guard !hasLines(setting) else { return false }
      return flat.count + indent < widestLine && entries.allSatisfy { depth($0.value) <= 1 }
    case .list(let elements) where !elements.isEmpty:
      return !hasLines(setting) && flat.count + indent < 80 && elements.allSatisfy { depth($0) == 0 }
    default: return true
    }
  }

  private static func depth(_ setting: Setting) -> Int {
    switch setting.content {
    case .map(let entries): 1 + (entries.map { depth($0.value) }.max() ?? 0)
    case .list(let elements): 1 + (elements.map(depth).max() ?? 0)
    default: 0
    }
  }

  private static func hasLines(_ setting: Setting) -> Bool {
    switch setting.content {
    case .map(let entries): entries.contains { hasLines($0.value) }
    case .list(let elements): elements.contains(where: hasLines)
    case .text(let text): literal(text, indent: 0) != nil
    default: false
    }
  }

  /// The value on one line.
  package static func flow(_ setting: Setting) -> String {
    switch setting.content {
    case .null: "null"
    case .toggle(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .number(let text): text
    case .text(let text): scalar(text)
    case .list(let elements): "[" + elements.map(flow).joined(separator: ", ") + "]"
    case .map(let entries):
      entries.isEmpty ? "{}" : "{ " + entries.map { key($0.key) + ": " + flow($0.value) }.joined(separator: ", ") + " }"
    }
  }

  /// The value on one line as JSON.
  static func json(_ setting: Setting) -> String {
    switch setting.content {
    case .text(let text): JSONText.quote(text)
    case .list(let elements): "[" + elements.map(json).joined(separator: ", ") + "]"
    case .map(let entries):
      "{" + entries.map { JSONText.quote($0.key) + ": " + json($0.value) }.joined(separator: ", ") + "}"
    default: flow(setting)
    }
  }

  static func key(_ text: String) -> String { text == "on" ? text : scalar(text) }

  /// A text of several lines as a literal block; nil if it has only one, or a block can't hold it.
  private static func literal(_ text: String, indent: Int) -> String? {
    guard text.contains("\n"), let first = text.first, !first.isWhitespace, !text.hasSuffix("\n\n"),
      text.unicodeScalars.allSatisfy({ $0 == "\n" || isPrintable($0) })
    else { return nil }
    let body = text.hasSuffix("\n") ? String(text.dropLast()) : text
    let lines = body.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.last?.allSatisfy({ $0 == " " }) == false else { return nil }
    let space = String(repeating: " ", count: indent)
    return (text.hasSuffix("\n") ? " |\n" : " |-\n") + lines.map { ($0.isEmpty ? "" : space + $0) + "\n" }.joined()
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x20 && scalar.value != 0x7F && !(0x80...0x9F).contains(scalar.value)
      && ![0x2028, 0x2029, 0xFEFF].contains(scalar.value) && scalar.value < 0xFFFE
  }

  /// A text without quotation marks where every YAML reader would take it as this text, else with.
  static func scalar(_ text: String) -> String {
    isPlain(text) ? text : quoted(text)
  }

  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
      text.unicodeScalars.allSatisfy({ isPrintable($0) && !",[]{}".unicodeScalars.contains($0) }),
      !"-?:,[]{}#&*!|>'\"%@`=<~.+ 0123456789".unicodeScalars.contains(first) || isUnmistakable(text), last != " ",
      last != ":",
      !text.contains(": "), !text.contains(" #")
    else { return false }
    guard case .text = SettingReader.plainContent(text) else { return false }
    return !["y", "n", "yes", "no", "on", "off"].contains(text.lowercased())
  }

  /// `./orders.csv`, `5m`: nothing but text in spite of how it begins.
  private static func isUnmistakable(_ text: String) -> Bool {
    text.hasPrefix("./") || text.hasPrefix("../")
      || (text.last?.isLetter == true && TimeSpan.seconds(text) != nil && !text.contains(" "))
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where isPrintable(scalar): result.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let width = scalar.value > 0xFFFF ? 8 : 4
        result += (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
      }
    }
    return result + "\""
  }
}
