/// A value as the user wrote it in YAML or JSON, with its place.
package struct Setting: Sendable, Hashable {
  package enum Content: Sendable, Hashable {
    case null
    case toggle(Bool)
    case integer(Int)
    /// A number with a fraction or exponent, as written, so that no digit is lost.
    case number(String)
    case text(String)
    case list([Setting])
    case map([Entry])
  }

  package struct Entry: Sendable, Hashable {
    package var key: String
    package var keyLocation: Location
    package var value: Setting

    package init(key: String, keyLocation: Location, value: Setting) {
      self.key = key
      self.keyLocation = keyLocation
      self.value = value
    }
  }

  package var content: Content
  package var location: Location
  /// The parts of a text, as offsets into its UTF-8, that a parameter filled in.
  package var parameters: [Range<Int>] = []

  package init(_ content: Content, at location: Location) {
    self.content = content
    self.location = location
  }

  /// The value under `key`, if this is a map that has it.
  package subscript(key: String) -> Setting? { entries.last { $0.key == key }?.value }

  /// The entries of a map; empty for anything else.
  package var entries: [Entry] {
    if case .map(let entries) = content { entries } else { [] }
  }

  /// The elements of a list; a single value counts as a list of one, null as none.
  package var elements: [Setting] {
    switch content {
    case .list(let elements): elements
    case .null: []
    default: [self]
    }
  }

  /// The text of a scalar; nil for null, lists and maps.
  package var text: String? {
    switch content {
    case .text(let text), .number(let text): text
    case .integer(let number): String(number)
    case .toggle(let flag): flag ? "true" : "false"
    case .null, .list, .map: nil
    }
  }
}
