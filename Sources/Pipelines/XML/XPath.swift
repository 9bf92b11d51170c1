/// A path into an XML document, in the part of XPath 1.0 (W3C, 1999) that pipelines need: `/a/b`, `//b`, `*`, `.`, `@attr`, `text()`,
/// and behind a name `[2]`, `[last()]`, `[@a='x']`, `[b='x']`, `[@a]`, `[.='x']`. A name without a prefix also fits elements that have one.
package struct XPath: Sendable {
  enum Test: Sendable, Equatable {
    case element(String)
    case anyElement
    case attribute(String)
    case text
    case itself
  }
  /// What a predicate compares.
  indirect enum Predicate: Sendable {
    case position(Int)
    case last
    case has(Test)
    case compares(Test, isEqual: Bool, String)
  }
  struct Step: Sendable {
    /// Whether it looks at any depth below.
    var isDeep: Bool
    var test: Test
    var predicates: [Predicate] = []
  }

  let steps: [Step]

  /// - Throws: `invalid-path`, without a place.
  package init(_ text: String) throws(Problem) {
    var reading = Reading(rest: Array(text.unicodeScalars)[...], text: text)
    steps = try reading.path()
  }

  /// The texts of what the path leads to in a document, in its order; an element's text is all text inside it.
  package func texts(in root: XMLTree) -> [String] {
    var nodes = [XMLTree(name: "", order: -1, children: [.element(root)])]
    for (index, step) in steps.enumerated() {
      if index == steps.count - 1 || step.test == .text || step.test.isAttribute {
        if let texts = step.texts(of: nodes) { return texts }
      }
      nodes = step.elements(of: nodes)
    }
    return nodes.map(\.text)
  }
}

extension XPath.Test {
  var isAttribute: Bool { if case .attribute = self { true } else { false } }

  /// `found` fits `name`; a prefix matters only where the path has one.
  static func fits(_ found: String, _ name: String) -> Bool {
    found == name || !name.contains(":") && found.split(separator: ":").last.map(String.init) == name
  }
}

extension XPath.Step {
  /// The contexts themselves, or with all elements below them.
  private func contexts(_ nodes: [XMLTree]) -> [XMLTree] { isDeep ? unique(nodes.flatMap(\.withDescendants)) : nodes }

  private func unique(_ nodes: [XMLTree]) -> [XMLTree] {
    var seen: Set<Int> = []
    return nodes.filter { seen.insert($0.order).inserted }.sorted { $0.order < $1.order }
  }

  func elements(of nodes: [XMLTree]) -> [XMLTree] {
    unique(
      contexts(nodes).flatMap { node -> [XMLTree] in
        let found: [XMLTree]
        switch test {
        case .itself: found = [node]
        case .anyElement: found = node.elements
        case .element(let name): found = node.elements.filter { XPath.Test.fits($0.name, name) }
        case .attribute, .text: found = []
        }
        return predicates.reduce(found) { nodes, predicate in
          nodes.enumerated().filter { predicate.holds(for: $0.element, at: $0.offset, of: nodes.count) }.map(\.element)
        }
      })
  }

  /// What an attribute or `text()` step leads to; nil for steps to elements.
  func texts(of nodes: [XMLTree]) -> [String]? {
    switch test {
    case .attribute(let name):
      return contexts(nodes).flatMap { node in
        node.attributes.filter { name == "*" ? !$0.name.hasPrefix("xmlns") : XPath.Test.fits($0.name, name) }.map(
          \.value)
      }
    case .text: return contexts(nodes).flatMap(\.ownTexts)
    default: return nil
    }
  }
}

extension XPath.Predicate {
  func holds(for node: XMLTree, at index: Int, of count: Int) -> Bool {
    switch self {
    case .position(let position): return index + 1 == position
    case .last: return index + 1 == count
    case .has(let test): return !Self.values(test, of: node).isEmpty
    case .compares(let test, let isEqual, let value):
      return Self.values(test, of: node).contains { ($0 == value) == isEqual }
    }
  }

  private static func values(_ test: XPath.Test, of node: XMLTree) -> [String] {
    let step = XPath.Step(isDeep: false, test: test)
    return step.texts(of: [node]) ?? step.elements(of: [node]).map(\.text)
  }
}

/// Reads the text of a path.
private struct Reading {
  var rest: ArraySlice<Unicode.Scalar>
  let text: String

  mutating func path() throws(Problem) -> [XPath.Step] {
    var steps: [XPath.Step] = []
    var isDeep = false
    if take("//") { isDeep = true } else { _ = take("/") }
    while true {
      if let last = steps.last, last.test == .text || last.test.isAttribute {
        throw wrong("goes on behind an attribute or text()")
      }
      var step = XPath.Step(isDeep: isDeep, test: try test())
      while take("[") { step.predicates.append(try predicate()) }
      if !step.predicates.isEmpty, step.test == .text || step.test.isAttribute {
        throw wrong("has a [ ] behind an attribute or text()")
      }
      steps.append(step)
      if rest.isEmpty { return steps }
      isDeep = take("//")
      guard isDeep || take("/") else {
        throw wrong("has \"\(String(rest.first.map(Character.init) ?? " "))\" where / should be")
      }
    }
  }

  private mutating func test() throws(Problem) -> XPath.Test {
    if take("text()") { return .text }
    if take("@*") { return .attribute("*") }
    if take("@") { return .attribute(try name()) }
    if take("*") { return .anyElement }
    if take("..") { throw wrong("has .., which isn't known here") }
    if take(".") { return .itself }
    let found = try name()
    guard rest.first != "(", !(rest.starts(with: "::".unicodeScalars)) else {
      throw wrong("uses \(found), which isn't known here")
    }
    return .element(found)
  }

  private mutating func predicate() throws(Problem) -> XPath.Predicate {
    skipSpaces()
    let digits = String(String.UnicodeScalarView(rest.prefix { ("0"..."9").contains($0) }))
    let found: XPath.Predicate
    if let position = Int(digits) {
      rest = rest.dropFirst(digits.count)
      guard position > 0 else { throw wrong("counts from 1") }
      found = .position(position)
    } else if take("last()") {
      found = .last
    } else {
      let test = try test()
      skipSpaces()
      let isEqual = take("=")
      if isEqual || take("!=") { found = .compares(test, isEqual: isEqual, try literal()) } else { found = .has(test) }
    }
    skipSpaces()
    guard take("]") else { throw wrong("has a [ ] that isn't a place, a name or a comparison with =") }
    return found
  }

  private mutating func literal() throws(Problem) -> String {
    skipSpaces()
    if let mark = rest.first, mark == "'" || mark == "\"" {
      let value = rest.dropFirst().prefix { $0 != mark }
      guard rest.count > value.count + 1 else { throw wrong("has a text without its closing quotation mark") }
      rest = rest.dropFirst(value.count + 2)
      return String(String.UnicodeScalarView(value))
    }
    let number = rest.prefix { ("0"..."9").contains($0) || $0 == "." || $0 == "-" }
    guard !number.isEmpty else { throw wrong("compares with something that is no text in quotation marks") }
    rest = rest.dropFirst(number.count)
    return String(String.UnicodeScalarView(number))
  }

  private mutating func name() throws(Problem) -> String {
    let name = rest.prefix { scalar in
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_-.:".unicodeScalars.contains(scalar)
    }
    guard let first = name.first, first == "_" || first.properties.isAlphabetic else { throw wrong("lacks a name") }
    // `a::b` is an axis, `a.` at an end no name.
    let text = String(String.UnicodeScalarView(name))
    guard !text.contains("::") else { throw wrong("uses \(text), which isn't known here") }
    rest = rest.dropFirst(name.count)
    return text
  }

  private mutating func take(_ word: String) -> Bool {
    guard rest.starts(with: word.unicodeScalars) else { return false }
    rest = rest.dropFirst(word.unicodeScalars.count)
    return true
  }

  private mutating func skipSpaces() { rest = rest.drop { $0 == " " } }

  private func wrong(_ words: String) -> Problem {
    Problem(
      "invalid-path", "The XPath \"\(text)\" \(words).",
      hint: "Known are /a/b, //b, *, @attr, text(), [2], [last()], [@a='x'] and [b='x'].")
  }
}
