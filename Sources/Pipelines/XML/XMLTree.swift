/// An element with all that stands in it, as small documents inside a column need it.
package final class XMLTree {
  enum Child {
    case element(XMLTree)
    case text(String)
  }

  let name: String
  let attributes: [(name: String, value: String)]
  /// Its place among all elements of the document.
  let order: Int
  private(set) var children: [Child]

  init(name: String, attributes: [(name: String, value: String)] = [], order: Int, children: [Child] = []) {
    self.name = name
    self.attributes = attributes
    self.order = order
    self.children = children
  }

  /// Reads a document whose characters are known already, whatever encoding its prolog names.
  /// - Returns: its root.
  /// - Throws: `invalid-file`, `unsafe-xml`.
  package static func read(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> XMLTree {
    var position = 0
    let events = try XMLEvents("the text", isDecoded: true) {
      guard position < bytes.count else { return nil }
      defer { position += 1 }
      return bytes[position]
    }
    var open: [XMLTree] = []
    var root: XMLTree?
    var count = 0
    while let event = try events.next() {
      switch event {
      case .start(let name, let attributes):
        let element = XMLTree(name: name, attributes: attributes, order: count)
        count += 1
        open.last?.children.append(.element(element))
        if root == nil { root = element }
        open.append(element)
      case .text(let text): open.last?.append(String(decoding: text, as: UTF8.self))
      case .end: open.removeLast()
      }
    }
    guard let root else { throw Problem("invalid-file", "The text has no element.") }
    return root
  }

  /// Text that stands next to text is one text.
  private func append(_ text: String) {
    if case .text(let before)? = children.last {
      children[children.count - 1] = .text(before + text)
    } else {
      children.append(.text(text))
    }
  }

  var elements: [XMLTree] { children.compactMap { if case .element(let element) = $0 { element } else { nil } } }

  /// The texts directly inside it.
  var ownTexts: [String] { children.compactMap { if case .text(let text) = $0 { text } else { nil } } }

  /// All text inside it, in order.
  var text: String {
    children.map { child in
      switch child {
      case .element(let element): element.text
      case .text(let text): text
      }
    }.joined()
  }

  /// The element and all below it, in order.
  var withDescendants: [XMLTree] { [self] + elements.flatMap(\.withDescendants) }
}
