import Foundation

/// The elements and texts of a document in order; memory is bounded by its largest tag or text.
/// Documents that define entities are refused, so none can grow or reach for other files.
package final class XMLEvents {
  package enum Event {
    case start(name: String, attributes: [(name: String, value: String)])
    case end(name: String)
    case text([UInt8])
  }

  private let characters: XMLCharacters
  private var open: [String] = []
  private var ahead: UInt8?
  private var queued: Event?
  private var hasRoot = false
  static let deepest = 200
  static let longest = 64 << 20

  /// - Parameter name: what the document is called in messages: a file's path.
  /// - Parameter isDecoded: Whether the bytes are UTF-8 whatever the prolog says.
  /// - Parameter bytes: the next byte; nil at the end.
  package init(_ name: String, isDecoded: Bool = false, bytes: @escaping () throws(Problem) -> UInt8?) throws(Problem) {
    characters = try XMLCharacters(name, isDecoded: isDecoded, bytes)
  }

  /// The names of the elements that are open, from the outside in.
  package var path: [String] { open }

  /// The next event; nil at the end.
  /// - Throws: `invalid-file` with the place, `unsafe-xml`.
  package func next() throws(Problem) -> Event? {
    if let event = queued {
      queued = nil
      if case .end = event { open.removeLast() }
      return event
    }
    while true {
      guard let byte = try take() else {
        guard open.isEmpty, hasRoot else { throw wrong(open.last.map { "ends before </\($0)>" } ?? "has no element") }
        return nil
      }
      if byte != 60 {
        let text = try text(from: byte)
        if !open.isEmpty { return .text(text) }
        guard text.allSatisfy({ $0 <= 32 }) else { throw wrong("has text outside of its root element") }
        continue
      }
      guard let kind = try take() else { throw wrong("ends inside a tag") }
      switch kind {
      case 33:
        if let text = try declaration() { return .text(text) }
      case 63: try instruction()
      case 47: return try closing()
      default: return try opening(kind)
      }
    }
  }

  private func opening(_ first: UInt8) throws(Problem) -> Event {
    guard open.count < XMLEvents.deepest else {
      throw wrong("has more than \(XMLEvents.deepest) elements inside each other")
    }
    guard !open.isEmpty || !hasRoot else { throw wrong("has a second root element") }
    hasRoot = true
    ahead = first
    let name = try name()
    var attributes: [(name: String, value: String)] = []
    while true {
      let byte = try skipSpace()
      if byte == 62 { break }
      if byte == 47 {
        guard try take() == 62 else { throw wrong("has a tag <\(name)> that is not closed") }
        open.append(name)
        queued = .end(name: name)
        return .start(name: name, attributes: attributes)
      }
      ahead = byte
      let attribute = try self.name()
      guard try skipSpace() == 61 else { throw wrong("has an attribute \"\(attribute)\" without a value") }
      let quote = try skipSpace()
      guard quote == 34 || quote == 39 else { throw wrong("has an attribute \"\(attribute)\" without quotation marks") }
      var value: [UInt8] = []
      while true {
        guard let byte = try take(), byte != 60 else {
          throw wrong("has an attribute \"\(attribute)\" that does not end")
        }
        if byte == quote { break }
        if byte == 38 { value += try entity() } else { value.append(byte == 10 || byte == 9 ? 32 : byte) }
        try limit(value)
      }
      guard !attributes.contains(where: { $0.name == attribute }) else {
        throw wrong("has the attribute \"\(attribute)\" twice in one tag")
      }
      attributes.append((attribute, String(decoding: value, as: UTF8.self)))
    }
    open.append(name)
    return .start(name: name, attributes: attributes)
  }

  private func closing() throws(Problem) -> Event {
    let name = try name()
    guard try skipSpace() == 62, open.last == name else {
      throw wrong(open.last.map { "closes <\($0)> with </\(name)>" } ?? "closes <\(name)>, which is not open")
    }
    open.removeLast()
    return .end(name: name)
  }

  /// After `<!`: a comment, a CDATA section (its text is returned) or a document type.
  private func declaration() throws(Problem) -> [UInt8]? {
    guard let first = try take() else { throw wrong("ends inside a tag") }
    if first == 45 {
      guard try take() == 45 else { throw wrong("has a tag that is no comment") }
      _ = try upTo("-->")
      return nil
    }
    if first == 91 {
      for expected in "CDATA[".utf8 where try take() != expected { throw wrong("has a section that is not CDATA") }
      guard !open.isEmpty else { throw wrong("has text outside of its root element") }
      return try upTo("]]>")
    }
    while let byte = try take(), byte != 62 {
      if byte == 91 {
        throw characters.problem(
          "unsafe-xml", "defines entities of its own, which is not allowed",
          hint: "Remove what stands in [ ] after <!DOCTYPE.")
      }
    }
    return nil
  }

  private func instruction() throws(Problem) {
    let text = String(decoding: try upTo("?>"), as: UTF8.self)
    guard text.hasPrefix("xml "), !hasRoot, let place = text.range(of: "encoding") else { return }
    let rest = text[place.upperBound...].drop { $0 == " " || $0 == "=" }
    guard let quote = rest.first else { return }
    try characters.declare(String(rest.dropFirst().prefix { $0 != quote }))
  }

  private func text(from first: UInt8) throws(Problem) -> [UInt8] {
    var text: [UInt8] = []
    var byte: UInt8? = first
    while let current = byte {
      if current == 60 {
        ahead = 60
        break
      }
      if current == 38 { text += try entity() } else { text.append(current) }
      try limit(text)
      byte = try take()
    }
    return text
  }

  private func entity() throws(Problem) -> [UInt8] {
    var name = ""
    while let byte = try take(), byte != 59 {
      name.unicodeScalars.append(Unicode.Scalar(byte))
      guard name.utf8.count < 12, byte != 60 else {
        throw wrong("has an & that begins no entity; it must be written &amp;")
      }
    }
    switch name {
    case "lt": return [60]
    case "gt": return [62]
    case "amp": return [38]
    case "quot": return [34]
    case "apos": return [39]
    default:
      let number =
        name.hasPrefix("#x")
        ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
      guard let number, number != 0, let scalar = Unicode.Scalar(number) else {
        throw wrong("has an unknown entity &\(name);")
      }
      return Array(String(Character(scalar)).utf8)
    }
  }

  private func upTo(_ end: String) throws(Problem) -> [UInt8] {
    let end = Array(end.utf8)
    var text: [UInt8] = []
    while let byte = try take() {
      text.append(byte)
      if byte == end.last, text.suffix(end.count).elementsEqual(end) { return Array(text.dropLast(end.count)) }
      try limit(text)
    }
    throw wrong("ends before \(String(decoding: end, as: UTF8.self))")
  }

  private func name() throws(Problem) -> String {
    var name: [UInt8] = []
    while let byte = try take() {
      if byte <= 32 || byte == 62 || byte == 47 || byte == 61 {
        ahead = byte
        break
      }
      guard byte != 60, byte != 34, byte != 39, byte != 38, name.count < 1000 else {
        throw wrong("has a name that is not allowed")
      }
      name.append(byte)
    }
    guard let first = name.first, !(48...57).contains(first), first != 45, first != 46 else {
      throw wrong("has a tag without a name")
    }
    return String(decoding: name, as: UTF8.self)
  }

  private func skipSpace() throws(Problem) -> UInt8 {
    while let byte = try take() { if byte > 32 { return byte } }
    throw wrong("ends inside a tag")
  }

  private func take() throws(Problem) -> UInt8? {
    if let byte = ahead {
      ahead = nil
      return byte
    }
    return try characters.next()
  }

  private func limit(_ bytes: [UInt8]) throws(Problem) {
    guard bytes.count < XMLEvents.longest else { throw wrong("has a text of more than 64 MB") }
  }

  private func wrong(_ words: String) -> Problem { characters.problem("invalid-file", words) }
}
