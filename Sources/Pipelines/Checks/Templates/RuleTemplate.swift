import Tabular

/// Rules under a name, for use in many checks: `- use: NAME`, `- { use: NAME, with: { column: email } }`.
///
/// Text of a file: `description`, `parameters` (name → value if none is given; without one the setting it stands for is left out) and
/// `rules`, where `{{ name }}` stands for a parameter.
package struct RuleTemplate: Sendable {
  package var name: String
  package var summary: String?
  package var parameters: [Setting.Entry]
  private let rules: Setting

  /// - Throws: `Problems` with places in the template's own text.
  package init(_ text: String, name: String, file: String) throws(Problems) {
    let written = try SettingReader.read(text, file: file)
    let problems = ProblemCollector()
    var map = MapReader(written, problems)
    self.name = name
    summary = map.text("description", "summary")
    parameters = map.value("parameters")?.entries ?? []
    _ = map.text("name")
    let list = map.value("rules", "checks")
    map.refuseRest(of: "A rule template", suggesting: ["description", "parameters", "rules"])
    if list == nil {
      problems.add(
        Problem("missing-setting", "The template has no rules.", hint: "Add rules: with a list.", at: written.location))
    }
    rules = list ?? written
    guard problems.all.isEmpty else { throw Problems(problems.all) }
  }

  /// The rules with values in place of parameters.
  /// - Parameter location: where the template is used.
  /// - Throws: `Problems`: an unknown or missing parameter, rules that can't be read.
  package func rules(with given: [Setting.Entry], at location: Location) throws(Problems) -> [RuleSpec] {
    let names = parameters.map(\.key)
    let problems = ProblemCollector()
    for entry in given where !names.contains(entry.key) {
      problems.add(
        Problem(
          "unknown-setting", "The rule template \"\(name)\" has no parameter \"\(entry.key)\".",
          hint: Nearest.hint(entry.key, among: names)
            ?? (names.isEmpty ? "It has none." : "It has \(names.joined(separator: ", "))."),
          at: entry.keyLocation))
    }
    var values: [String: Setting] = [:]
    for entry in parameters + given where entry.value.content != .null { values[entry.key] = entry.value }
    let filling = ParameterFilling(values: values, declared: names, problems: problems)
    for rule in rules.elements {
      for entry in rule.entries {
        guard let needed = ParameterFilling.alone(in: entry.value), names.contains(needed), values[needed] == nil else {
          continue
        }
        problems.add(
          Problem(
            "missing-parameter", "The rule template \"\(name)\" needs \"\(needed)\".",
            hint: "Write - { use: \(name), with: { \(needed): … } }.", at: location))
      }
    }
    let filled = Setting(.list(rules.elements.compactMap { filling.fill($0) }), at: rules.location)
    guard problems.all.isEmpty else { throw Problems(problems.all) }
    let made = PipelineReading(problems: problems, parameters: [:]).rules(filled)
    guard problems.all.isEmpty else { throw Problems(problems.all) }
    return made
  }
}

/// Puts values in the places of `{{ name }}`.
private struct ParameterFilling {
  let values: [String: Setting]
  let declared: [String]
  let problems: ProblemCollector

  /// - Returns: nil where a parameter without a value stands alone.
  func fill(_ setting: Setting) -> Setting? {
    switch setting.content {
    case .list(let elements): return Setting(.list(elements.compactMap { fill($0) }), at: setting.location)
    case .map(let entries):
      return Setting(
        .map(
          entries.compactMap { entry in
            fill(entry.value).map { Setting.Entry(key: entry.key, keyLocation: entry.keyLocation, value: $0) }
          }), at: setting.location)
    case .text(let text):
      if let alone = Self.alone(in: setting) { return value(alone, at: setting.location) }
      var isWhole = true
      let filled = text.replacing(/\{\{\s*(\w+)\s*\}\}/) { match in
        guard let value = value(String(match.1), at: setting.location)?.text else {
          isWhole = false
          return ""
        }
        return value
      }
      if !isWhole {
        problems.add(
          Problem(
            "missing-parameter", "\"\(text)\" needs a value for its parameters.", hint: "Give it under with.",
            at: setting.location))
      }
      return Setting(.text(filled), at: setting.location)
    default: return setting
    }
  }

  /// The parameter a text consists of.
  static func alone(in setting: Setting) -> String? {
    guard case .text(let text) = setting.content else { return nil }
    return text.wholeMatch(of: /\s*\{\{\s*(\w+)\s*\}\}\s*/).map { String($0.1) }
  }

  private func value(_ name: String, at location: Location) -> Setting? {
    if !declared.contains(name) {
      problems.add(
        Problem(
          "unknown-parameter", "The template has no parameter \"\(name)\".",
          hint: Nearest.hint(name, among: declared) ?? "Declare it under parameters.", at: location))
    }
    return values[name]
  }
}

/// Where templates are found by name.
package protocol RuleTemplateLookup: Sendable {
  var templateNames: [String] { get }
  /// - Throws: `Problems` of the template's own text.
  func template(named name: String) throws(Problems) -> RuleTemplate?
}

/// The templates that come with Weir.
package struct BuiltInTemplates: RuleTemplateLookup {
  package init() {}

  package static let texts: [(name: String, text: String)] = [
    (
      "duplicate_detection",
      """
      description: No row occurs twice, going by some columns.
      parameters: { columns: }
      rules:
        - unique: "{{ columns }}"
      """
    ),
    (
      "format_validation",
      """
      description: A column is filled and has one format, given as a regular expression.
      parameters: { column: , regex: }
      rules:
        - not_null: "{{ column }}"
        - pattern: { column: "{{ column }}", regex: "{{ regex }}" }
      """
    ),
    (
      "range_checks",
      """
      description: A number is filled and lies between two bounds; either may be left out.
      parameters: { column: , min: , max: }
      rules:
        - not_null: "{{ column }}"
        - range: { column: "{{ column }}", min: "{{ min }}", max: "{{ max }}" }
      """
    ),
    (
      "contact",
      """
      description: E-mail addresses and phone numbers are what they say.
      parameters: { email: email, phone: phone }
      rules:
        - { email: "{{ email }}", on_fail: flag }
        - { phone: "{{ phone }}", on_fail: flag }
      """
    ),
    (
      "usual_volume",
      """
      description: There are rows, and about as many as usual.
      parameters: { min: 1, threshold: 3.5 }
      rules:
        - row_count: { min: "{{ min }}" }
        - { anomaly: { measure: row_count, threshold: "{{ threshold }}" }, on_fail: alert }
      """
    ),
  ]

  package var templateNames: [String] { Self.texts.map(\.name) }

  package func template(named name: String) throws(Problems) -> RuleTemplate? {
    guard let found = Self.texts.first(where: { $0.name == name }) else { return nil }
    return try RuleTemplate(found.text, name: name, file: "\(name) (built in)")
  }
}
