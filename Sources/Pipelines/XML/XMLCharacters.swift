import Foundation

/// A document's characters as UTF-8 bytes, whatever its encoding, with the place reached.
final class XMLCharacters {
  let path: String
  /// Whether the bytes are UTF-8 whatever the prolog says: a text that has been read already.
  private let isDecoded: Bool
  private(set) var line = 1
  private(set) var column = 0
  private let bytes: () throws(Problem) -> UInt8?
  private var pending: [UInt8] = []
  private var position = 0
  private var last: UInt8?
  private var decoding = Decoding.utf8

  private enum Decoding {
    case utf8
    case utf16(isBig: Bool)
    case table([[UInt8]])
  }

  init(_ path: String, isDecoded: Bool, _ bytes: @escaping () throws(Problem) -> UInt8?) throws(Problem) {
    self.path = path
    self.isDecoded = isDecoded
    self.bytes = bytes
    if isDecoded { return }
    var start: [UInt8] = []
    while start.count < 4, let byte = try bytes() { start.append(byte) }
    if start.starts(with: [0xEF, 0xBB, 0xBF]) {
      start.removeFirst(3)
    } else if start.starts(with: [0xFF, 0xFE]) || (start.count > 1 && start[0] == 60 && start[1] == 0) {
      decoding = .utf16(isBig: false)
    } else if start.starts(with: [0xFE, 0xFF]) || (start.count > 1 && start[0] == 0 && start[1] == 60) {
      decoding = .utf16(isBig: true)
    }
    if case .utf16(let isBig) = decoding {
      if start[0] >= 0xFE { start.removeFirst(2) }
      var units = start[...]
      while units.count >= 2 { pending += try character(first: pair(units.removeFirst(), units.removeFirst(), isBig)) }
    } else {
      pending = start
    }
  }

  /// What the prolog says; bytes before it have been plain ASCII.
  /// - Throws: `unknown-encoding`.
  func declare(_ name: String) throws(Problem) {
    if case .utf16 = decoding { return }
    if isDecoded { return }
    switch name.lowercased() {
    case "utf-8", "utf8", "us-ascii", "ascii": return
    case "utf-16", "utf-16le", "utf-16be": return
    default: break
    }
    let known: [String: String.Encoding] = [
      "windows-1251": .windowsCP1251, "cp1251": .windowsCP1251, "windows-1252": .windowsCP1252,
      "cp1252": .windowsCP1252,
      "windows-1250": .windowsCP1250, "cp1250": .windowsCP1250, "iso-8859-1": .isoLatin1, "latin1": .isoLatin1,
      "iso-8859-2": .isoLatin2,
    ]
    guard let encoding = known[name.lowercased()] else {
      throw problem("unknown-encoding", "is declared in the encoding \"\(name)\", which can't be read")
    }
    decoding = .table(
      (0...255).map { byte in
        Array((String(data: Data([UInt8(byte)]), encoding: encoding) ?? "\u{FFFD}").utf8)
      })
  }

  /// The next byte; nil at the end. CR LF and CR come as LF (XML 1.0, section 2.11).
  func next() throws(Problem) -> UInt8? {
    guard var byte = try raw() else { return nil }
    if byte == 10, last == 13 {
      last = 10
      guard let other = try raw() else { return nil }
      byte = other
    }
    last = byte
    if byte == 13 { byte = 10 }
    if byte == 10 {
      line += 1
      column = 0
    } else if byte & 0xC0 != 0x80 {
      column += 1
    }
    return byte
  }

  private func raw() throws(Problem) -> UInt8? {
    if position < pending.count {
      defer { position += 1 }
      return pending[position]
    }
    guard let byte = try bytes() else { return nil }
    switch decoding {
    case .utf8: return byte
    case .table(let table): pending = table[Int(byte)]
    case .utf16(let isBig):
      guard let second = try bytes() else { throw problem("invalid-file", "ends inside a character") }
      pending = try character(first: pair(byte, second, isBig))
    }
    position = 1
    return pending[0]
  }

  private func pair(_ first: UInt8, _ second: UInt8, _ isBig: Bool) -> UInt16 {
    isBig ? UInt16(first) << 8 | UInt16(second) : UInt16(second) << 8 | UInt16(first)
  }

  private func character(first: UInt16) throws(Problem) -> [UInt8] {
    guard case .utf16(let isBig) = decoding else { return [] }
    var units = [first]
    if UTF16.isLeadSurrogate(first), let one = try bytes(), let two = try bytes() {
      units.append(pair(one, two, isBig))
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }

  func problem(_ code: Problem.Code, _ words: String, hint: String? = nil) -> Problem {
    Problem(
      code, "\"\(path)\" \(words) (line \(line), column \(max(column, 1))).", hint: hint,
      at: Location(file: path, line: line, column: max(column, 1)))
  }
}
