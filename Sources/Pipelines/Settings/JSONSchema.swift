import Tabular

/// JSON Schema (draft 2020-12) of settings, for editors and for structured answers of language models.
package enum JSONSchema {
  /// Text that is filled in when the file is read, and so fits everywhere.
  static let template = #"\$\{|\{\{"#

  /// The schema of one value.
  package static func value(_ kind: SettingKind) -> Value {
    switch kind {
    case .text, .secret: object(["type": .list([.text("string"), .text("number"), .text("boolean")])])
    case .integer: orText("integer", #"^-?[0-9]+$|"#)
    case .number: orText("number", #"^-?[0-9.eE+-]+$|"#)
    case .toggle: orText("boolean", #"^(true|false|yes|no|on|off)$|"#)
    case .choice(let choices):
      object(["anyOf": .list([object(["enum": .list(choices.map { .text($0) })]), templateText])])
    case .list(let element):
      object(["anyOf": .list([object(["type": .text("array"), "items": value(element)]), value(element)])])
    case .map: object(["type": .text("object")])
    case .any: .boolean(true)
    }
  }

  /// The properties of a map of settings, under all their names.
  package static func properties(_ settings: [SettingDescription]) -> [(String, Value)] {
    settings.flatMap { setting in
      ([setting.name] + setting.otherNames).map { ($0, property(setting)) }
    }
  }

  /// A map with these settings and nothing else.
  package static func map(
    _ settings: [SettingDescription], and more: [(String, Value)] = [], isOpen: Openness = .closed
  ) -> Value {
    var fields: KeyValuePairs<String, Value> = [
      "type": .text("object"), "properties": unique(properties(settings) + more),
    ]
    if isOpen == .closed {
      fields = [
        "type": .text("object"), "properties": unique(properties(settings) + more),
        "additionalProperties": .boolean(false),
      ]
    }
    return object(fields)
  }

  /// Whether a map may have keys nobody lists.
  package enum Openness: Sendable { case open, closed }

  private static func property(_ setting: SettingDescription) -> Value {
    var fields: [(String, Value)] = [("description", .text(setting.summary))]
    if let text = setting.defaultText { fields.append(("default", literal(text, setting.kind))) }
    if let example = setting.example { fields.append(("examples", .list([literal(example, setting.kind)]))) }
    if case .structure(let shape) = value(setting.kind) { fields += shape.map { ($0.name, $0.value) } }
    return unique(fields)
  }

  private static func literal(_ text: String, _ kind: SettingKind) -> Value {
    switch kind {
    case .integer: Int128(text).map { .integer($0) } ?? .text(text)
    case .number: Double(text).map { .float($0) } ?? .text(text)
    case .toggle: .boolean(text == "true")
    default: .text(text)
    }
  }

  private static func orText(_ type: String, _ pattern: String) -> Value {
    object([
      "anyOf": .list([
        object(["type": .text(type)]), object(["type": .text("string"), "pattern": .text(pattern + template)]),
      ])
    ])
  }

  static var templateText: Value { object(["type": .text("string"), "pattern": .text(template)]) }

  static func object(_ fields: KeyValuePairs<String, Value>) -> Value {
    .structure(fields.map { (name: $0.key, value: $0.value) })
  }

  /// An object in which each name stands once; the first wins.
  static func unique(_ fields: [(String, Value)]) -> Value {
    var seen: Set<String> = []
    return .structure(fields.filter { seen.insert($0.0).inserted }.map { (name: $0.0, value: $0.1) })
  }
}
