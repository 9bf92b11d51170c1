/// A rule as it stands in the text of a pipeline: in a check, or as a validation among the operations of a transform.
package struct WrittenRule: Sendable {
  package var step: String
  /// Its place among the rules of its check or the operations of its transform, from 0; a template is one.
  package var place: Int
  /// How many stand there, this one among them.
  package var siblings: Int
  /// What is written there.
  package var setting: Setting
  /// The way to it; to the whole check or transform if it isn't in a list.
  package var path: [String]
  /// The step whose rows it is about, if the text says it.
  package var on: String?
  /// Whether the place is an element of a list.
  package var isElement: Bool
  /// nil = it is an operation.
  package var spec: RuleSpec?

  /// The rules in a pipeline's text, in order; empty for the forms without steps.
  /// - Throws: the problems of text that isn't YAML.
  package static func all(in text: String, file: String) throws(Problems) -> [WrittenRule] {
    let root = try SettingReader.read(text, file: file)
    return (root["steps"]?.elements ?? []).flatMap(rules)
  }

  /// A rule as it is typed: `not_null: email`, with or without the dash of a list.
  /// - Throws: `unknown-rule` with the near name; the problems of its settings.
  package static func read(_ text: String) throws(Problems) -> Setting {
    let file = "rule"
    let root = try SettingReader.read(text, file: file)
    let setting = root.elements.count == 1 ? root.elements[0] : root
    let problems = ProblemCollector()
    let spec = PipelineReading(problems: problems, parameters: [:]).rule(setting)
    guard problems.all.isEmpty, let spec else { throw Problems(problems.all) }
    guard spec.name != TemplateExpansion.key else { return setting }
    guard let type = Rules.named(spec.name) else {
      throw Problems([
        Problem(
          "unknown-rule", "There is no rule \"\(spec.name)\".",
          hint: Nearest.hint(spec.name, among: Rules.all.map(\.name)) ?? "weir rules lists them.", at: spec.location)
      ])
    }
    do { _ = try type.make(spec.settings, spec.onFail, spec.location) } catch { throw Problems(Problems.of(error)) }
    return setting
  }

  private static func rules(of step: Setting) -> [WrittenRule] {
    guard let id = (step["id"] ?? step["name"])?.text else { return [] }
    if let check = step["check"] {
      let (list, path) = list(of: check, at: ["steps", id, "check"], keys: ["rules", "checks"])
      let isElement = list.map { if case .list = $0.content { true } else { false } } ?? false
      let elements = list?.elements ?? [without(placeOf: check)]
      return elements.enumerated().compactMap { place, element in
        guard let spec = PipelineReading(problems: ProblemCollector(), parameters: [:]).rule(element) else {
          return nil
        }
        return WrittenRule(
          step: id, place: place, siblings: elements.count, setting: element,
          path: isElement ? path + [String(place)] : path, on: on(check), isElement: isElement, spec: spec)
      }
    }
    guard let transform = step["transform"] else { return [] }
    let (list, path) = list(of: transform, at: ["steps", id, "transform"], keys: ["operations", "transformations"])
    let isElement = list.map { if case .list = $0.content { true } else { false } } ?? false
    let elements = list?.elements ?? [without(placeOf: transform)]
    return elements.enumerated().compactMap { place, element in
      guard Operations.named(Operations.name(in: element))?.name == FieldValidation.manifest.name else { return nil }
      return WrittenRule(
        step: id, place: place, siblings: elements.count, setting: element,
        path: isElement ? path + [String(place)] : path, on: on(transform), isElement: isElement)
    }
  }

  /// What holds the rules, and the way to it; nil for a map that is itself the only one.
  private static func list(of work: Setting, at path: [String], keys: [String]) -> (Setting?, [String]) {
    if case .list = work.content { return (work, path) }
    guard let key = keys.first(where: { work[$0] != nil }) else { return (nil, path) }
    return (work[key], path + [key])
  }

  private static let placeKeys = ["on", "from", "input"]

  private static func on(_ work: Setting) -> String? { placeKeys.lazy.compactMap { work[$0]?.text }.first }

  private static func without(placeOf work: Setting) -> Setting {
    Setting(.map(work.entries.filter { !placeKeys.contains($0.key) }), at: work.location)
  }
}

extension WrittenRule {
  /// The rule without what happens if it is broken, on one line: `range: { column: total, min: 0 }`.
  package var text: String {
    guard let spec else { return Self.line(setting) }
    if spec.name == TemplateExpansion.key, let name = spec.settings["template"]?.text {
      let given = spec.settings["with"].map { ", with: \(YAMLText.flow($0))" } ?? ""
      return "{ use: \(name)\(given) }"
    }
    return spec.settings.content == .null ? spec.name : "\(spec.name): \(YAMLText.flow(spec.settings))"
  }

  private static func line(_ setting: Setting) -> String {
    setting.entries.count == 1
      ? "\(setting.entries[0].key): \(YAMLText.flow(setting.entries[0].value))" : YAMLText.flow(setting)
  }

  /// The kind of rule, of validation, or the template.
  package var kind: String {
    guard let spec else { return Operations.named(Operations.name(in: setting))?.name ?? "" }
    return Rules.named(spec.name)?.name ?? spec.name
  }

  /// What happens if it is broken; nil = the rules of the template decide.
  package var onFail: OnFail? {
    if let spec { return spec.name == TemplateExpansion.key && !spec.isOnFailGiven ? nil : spec.onFail }
    return (try? Operations.make(setting))?.rule?.onFail
  }

  /// What it says in words; nil for a template.
  package var words: String? {
    guard let spec else { return (try? Operations.make(setting))?.rule?.words }
    return (try? Rules.named(spec.name)?.make(spec.settings, spec.onFail, spec.location))?.words
  }

  /// How many rules it stands for.
  /// - Parameter templates: where templates are found; one that can't be read counts as one rule.
  package func count(_ templates: any RuleTemplateLookup) -> Int {
    guard let spec else { return 1 }
    return (try? TemplateExpansion(templates: templates).expand([spec]).count) ?? 1
  }
}

extension PipelineEdit {
  /// Adds a rule behind the last one of a check.
  /// - Throws: `cannot-edit`.
  package mutating func add(_ rule: Setting, behind last: WrittenRule) throws(Problems) {
    if last.isElement { return try append(rule.content, to: Array(last.path.dropLast())) }
    try set(last.path, to: wrapped([last.setting, rule], last))
  }

  /// Puts another rule in the place of one.
  /// - Throws: `cannot-edit`.
  package mutating func replace(_ rule: WrittenRule, by new: Setting) throws(Problems) {
    let isInKey =
      !rule.isElement && ["rules", "checks", "operations", "transformations"].contains(rule.path.last ?? "")
    try set(rule.path, to: rule.isElement || isInKey ? new.content : wrapped([new], rule))
  }

  /// Rules that stood alone, as what stands there from now on.
  private func wrapped(_ rules: [Setting], _ rule: WrittenRule) -> Setting.Content {
    let list = Setting(.list(rules), at: rule.setting.location)
    guard let key = rule.path.last, ["check", "transform"].contains(key), let on = rule.on else { return list.content }
    let place = rule.setting.location
    return .map([
      Setting.Entry(key: "on", keyLocation: place, value: Setting(.text(on), at: place)),
      Setting.Entry(key: key == "check" ? "rules" : "operations", keyLocation: place, value: list),
    ])
  }
}
