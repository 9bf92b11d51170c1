/// The reference of operations and rules, written from what they say of themselves.
package enum OperationsReference {
  /// The text of `docs/reference/operations.md`.
  package static func markdown() -> String {
    let operations = Operations.all.map {
      section(
        $0.name, $0.aliases, $0.summary, $0.settings, $0.example, shorthand: $0.shorthand, mapShorthand: $0.mapShorthand
      )
    }
    let rules = Rules.all.map {
      section(
        $0.name, $0.aliases, $0.summary, $0.settings, $0.example, shorthand: $0.shorthand, mapShorthand: $0.mapShorthand
      )
    }
    return """
      # Operations and rules

      Written from the code (`UPDATE_GOLDEN=1 swift test --filter OperationsReference`); not edited by hand.

      An operation stands in a `transform:` list, as `- name: settings` or `- { type: name, … }`; settings may also stand under
      `parameters`. Case, `_`, `-` and spaces in names don't matter. Columns keep their places: a changed column stays where it
      is, a column computed from others stands behind the last of them, any other new one goes last.

      A rule stands under `check: { rules: [ … ] }`. `on_fail` says what happens to rows that break it: `stop` (default), `warn`,
      `flag`, `null`, `skip` or `alert`.

      ## Operations

      \(operations.joined(separator: "\n"))
      ## Rules

      \(rules.joined(separator: "\n"))
      """
  }

  private static func section(
    _ name: String, _ aliases: [String], _ summary: String, _ settings: [SettingDescription], _ example: String,
    shorthand: String?,
    mapShorthand: String?
  ) -> String {
    var lines = ["### \(name)", "", summary, ""]
    if !aliases.isEmpty { lines += ["Also: \(aliases.map { "`\($0)`" }.joined(separator: ", ")).", ""] }
    lines += ["```yaml", example, "```", ""]
    lines += ["| Setting | Kind | Default | Meaning |", "|---|---|---|---|"]
    for setting in settings {
      let names = ([setting.name] + setting.otherNames).map { "`\($0)`" }.joined(separator: ", ")
      let fallback = setting.isRequired ? "required" : setting.defaultText.map { "`\(cell($0))`" } ?? ""
      let example = setting.example.map { " Example: `\(cell($0))`" } ?? ""
      lines.append("| \(names) | \(cell(words(setting.kind))) | \(fallback) | \(cell(setting.summary))\(example) |")
    }
    lines.append("")
    if let shorthand { lines += ["A single value or a list is `\(shorthand)`.", ""] }
    if let mapShorthand { lines += ["A map without any of these names is `\(mapShorthand)`.", ""] }
    return lines.joined(separator: "\n")
  }

  private static func words(_ kind: SettingKind) -> String {
    switch kind {
    case .text: "text"
    case .secret: "secret"
    case .integer: "whole number"
    case .number: "number"
    case .toggle: "true or false"
    case .choice(let choices): choices.joined(separator: ", ")
    case .list(let element): "list of \(words(element))"
    case .map: "map"
    case .any: "any"
    }
  }

  private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|").replacing("\n", with: " ") }
}
