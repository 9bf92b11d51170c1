import Foundation
import Glibc

/// Standard output and standard error. A reader that went away is no failure of ours. Texts that come from data, files or programs can't
/// command the terminal.
enum Terminal {
  static func write(_ text: String) { write(text, to: 1) }
  static func writeError(_ text: String) { write(text, to: 2) }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(harmless(text).utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// The text with control characters made visible (ESC as ␛), but for line ends, tabs, and what `Ink` and `Progress` write themselves.
  static func harmless(_ text: String) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool {
      scalar.value < 0x20 && scalar != "\n" && scalar != "\t" || (0x7F...0x9F).contains(scalar.value)
    }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.first {
      if scalar == "\u{1B}" || scalar == "\r",
        let own = String(String.UnicodeScalarView(rest.prefix(12))).prefixMatch(of: /\r?\u{1B}\[(?:[0-9;]{0,7}m|K)/)
      {
        result.append(contentsOf: own.output.unicodeScalars)
        rest = rest.dropFirst(own.output.unicodeScalars.count)
        continue
      }
      rest.removeFirst()
      let shown =
        scalar.value < 0x20 ? Unicode.Scalar(0x2400 + scalar.value) : scalar == "\u{7F}" ? "\u{2421}" : "\u{FFFD}"
      result.append(isControl(scalar) ? shown ?? "\u{FFFD}" : scalar)
    }
    return String(result)
  }

  static func isTerminal(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
  }

  /// Columns of the terminal; nil if output goes elsewhere.
  static var width: Int? {
    var size = winsize()
    guard isatty(1) == 1, ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  static func isColored(_ arguments: [String] = CommandLine.arguments, descriptor: Int32 = 1) -> Bool {
    let none = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    return isTerminal(descriptor) && !none && !arguments.contains("--no-color")
  }

  /// How many cells of the terminal a text takes: wide East Asian characters and emoji take two, combining marks none.
  static func cells(_ text: some StringProtocol) -> Int {
    text.reduce(0) { sum, character in
      guard let scalar = character.unicodeScalars.first else { return sum }
      if scalar.properties.generalCategory == .nonspacingMark || scalar.value == 0x200B { return sum }
      let value = scalar.value
      let isWide =
        (0x1100...0x115F).contains(value) || (0x2E80...0xA4CF).contains(value) || (0xAC00...0xD7A3).contains(value)
        || (0xF900...0xFAFF).contains(value) || (0xFE30...0xFE6F).contains(value) || (0xFF00...0xFF60).contains(value)
        || (0x1F300...0x1FAFF).contains(value) || (0x20000...0x3FFFD).contains(value)
        || character.unicodeScalars.contains { $0.value == 0xFE0F }
      return sum + (isWide ? 2 : 1)
    }
  }
}

/// Colours that say something: red failed, yellow careful, green good, dim beside the point.
enum Ink: String {
  case red = "31", yellow = "33", green = "32", blue = "34", dim = "2", bold = "1"

  func callAsFunction(_ text: String, if isColored: Bool) -> String {
    isColored ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
  }
}
