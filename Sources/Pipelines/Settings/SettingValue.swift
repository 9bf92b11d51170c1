/// A Swift type that can be read from a `Setting`; it knows the shape of its input field.
package protocol SettingValue: Sendable {
  static var kind: SettingKind { get }
  /// Reads the value. Problems carry no location of their own: the caller places them.
  init(setting: Setting) throws(Problem)
  /// How a default is shown; nil = nothing to show.
  var display: String? { get }
}

/// The shape of a setting, for validation, forms and JSON Schema.
package indirect enum SettingKind: Sendable, Hashable {
  case text, secret, integer, number, toggle
  case choice([String])
  case list(SettingKind)
  case map
  case any
}

extension String: SettingValue {
  package static var kind: SettingKind { .text }
  package init(setting: Setting) throws(Problem) {
    guard let text = setting.text else { throw Problem("wrong-type", "must be text.") }
    self = text
  }
  package var display: String? { isEmpty ? nil : self }
}

extension Int: SettingValue {
  package static var kind: SettingKind { .integer }
  package init(setting: Setting) throws(Problem) {
    guard let number = setting.text.flatMap({ Int($0) }) else { throw Problem("wrong-type", "must be a whole number.") }
    self = number
  }
  package var display: String? { String(self) }
}

extension Double: SettingValue {
  package static var kind: SettingKind { .number }
  package init(setting: Setting) throws(Problem) {
    guard let number = setting.text.flatMap({ Double($0) }) else { throw Problem("wrong-type", "must be a number.") }
    self = number
  }
  package var display: String? { String(self) }
}

extension Bool: SettingValue {
  package static var kind: SettingKind { .toggle }
  package init(setting: Setting) throws(Problem) {
    switch setting.text?.lowercased() {
    case "true", "yes", "on", "1": self = true
    case "false", "no", "off", "0": self = false
    default: throw Problem("wrong-type", "must be true or false.")
    }
  }
  package var display: String? { String(self) }
}

/// Text that never appears in output, logs or files.
package struct Secret: SettingValue, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
  /// The text itself; for the one place that hands it to the other system.
  package let revealed: String
  package init(_ text: String = "") { revealed = text }
  package static var kind: SettingKind { .secret }
  package init(setting: Setting) throws(Problem) { revealed = try String(setting: setting) }
  package var display: String? { nil }
  package var description: String { "•••" }
  package var debugDescription: String { "•••" }
}

extension Optional: SettingValue where Wrapped: SettingValue {
  package static var kind: SettingKind { Wrapped.kind }
  package init(setting: Setting) throws(Problem) {
    if case .null = setting.content { self = nil } else { self = try Wrapped(setting: setting) }
  }
  package var display: String? { flatMap(\.display) }
}

extension Array: SettingValue where Element: SettingValue {
  package static var kind: SettingKind { .list(Element.kind) }
  package init(setting: Setting) throws(Problem) {
    var result: [Element] = []
    for element in setting.elements { result.append(try Element(setting: element)) }
    self = result
  }
  package var display: String? { isEmpty ? nil : compactMap(\.display).joined(separator: ", ") }
}

/// Any value, kept as written, for settings with a shape of their own.
extension Setting: SettingValue {
  package static var kind: SettingKind { .any }
  package init(setting: Setting) throws(Problem) { self = setting }
  package var display: String? { nil }
}

/// Enumerations of choices: declare `enum Mode: String, CaseIterable, SettingChoice`.
package protocol SettingChoice: SettingValue, CaseIterable, RawRepresentable where RawValue == String {}

extension SettingChoice {
  package static var kind: SettingKind { .choice(allCases.map(\.rawValue)) }
  package init(setting: Setting) throws(Problem) {
    let choices = Self.allCases.map(\.rawValue)
    guard let text = setting.choiceText else {
      throw Problem("wrong-type", "must be one of \(choices.joined(separator: ", ")).")
    }
    guard
      let choice = Self(rawValue: text) ?? Self.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() })
    else {
      throw Problem(
        "unknown-choice", "can't be \"\(text)\"; it must be one of \(choices.joined(separator: ", ")).",
        hint: Nearest.hint(text, among: choices))
    }
    self = choice
  }
  package var display: String? { rawValue }
}

extension Setting {
  /// The text of a choice; YAML reads a bare `null` as no value, but it may be a choice's name.
  var choiceText: String? { content == .null ? "null" : text }
}
