import Tabular

/// Puts the rules of templates in the places where they are used.
struct TemplateExpansion {
  static let key = "use"
  /// More rules than any check needs: templates that use others several times each multiply.
  private static let most = 500
  let templates: any RuleTemplateLookup

  /// - Throws: `unknown-template` with the near name; the problems of a template; `template-circle`; `too-many-rules`.
  func expand(_ rules: [RuleSpec], inside chain: [String] = []) throws(Problems) -> [RuleSpec] {
    var result: [RuleSpec] = []
    for rule in rules {
      guard rule.name == Self.key else {
        result.append(rule)
        continue
      }
      let (name, given) = try Self.wish(rule)
      guard !chain.contains(name) else {
        throw Problems([
          Problem(
            "template-circle", "The rule template \"\(name)\" uses itself.",
            hint: (chain + [name]).joined(separator: " → "), at: rule.location)
        ])
      }
      guard let template = try templates.template(named: name) else {
        throw Problems([
          Problem(
            "unknown-template", "There is no rule template \"\(name)\".",
            hint: Nearest.hint(name, among: templates.templateNames)
              ?? "Templates are files: rules/NAME.yaml in the workspace. weir rules lists them.", at: rule.location)
        ])
      }
      for var made in try expand(try template.rules(with: given, at: rule.location), inside: chain + [name]) {
        if rule.isOnFailGiven, !made.isOnFailGiven { (made.onFail, made.isOnFailGiven) = (rule.onFail, true) }
        result.append(made)
      }
      guard result.count <= Self.most else {
        throw Problems([
          Problem(
            "too-many-rules", "The rule template \"\(name)\" makes more than \(Self.most) rules.",
            hint: "Templates that use each other several times multiply; write the rules once.", at: rule.location)
        ])
      }
    }
    return result
  }

  private static func wish(_ rule: RuleSpec) throws(Problems) -> (name: String, given: [Setting.Entry]) {
    if let name = rule.settings.text { return (name, []) }
    guard let name = rule.settings["template"]?.text else {
      throw Problems([
        Problem(
          "wrong-type", "\"use\" must be the name of a rule template.",
          hint: "Write - { use: NAME, with: { column: email } }.", at: rule.location)
      ])
    }
    return (name, rule.settings["with"]?.entries ?? [])
  }
}
