/// The reference of operations and rules, written from what they say of themselves.
package enum OperationsReference {
  /// The text of `docs/reference/operations.md`.
  /// - Throws: `Problems` if an example can't be read.
  package static func markdown() throws(Problems) -> String {
    let operations = Operations.groups.map { Chapter(title: $0.title, entries: $0.types.map(Entry.init)) }
    let rules = Rules.groups.map { Chapter(title: $0.title, entries: $0.types.map(Entry.init)) }
    return """
      # Operations and rules

      What can be done to rows on their way, and what can be demanded of them. Written from the code
      (`UPDATE_GOLDEN=1 swift test --filter OperationsReference`), every example is run by a test; not edited by hand.

      **Operations** change rows. They stand in the list of a `transform` step and are applied one after the other:

      ```yaml
      steps:
        - id: orders
          read: orders.csv
        - id: tidy
          transform:
            - trim: customer
            - filter: amount > 0
            - { type: rename, mapping: { amount: total } }
      ```

      **Rules** don't change rows, they say what must hold of them. They stand in a `check` step:

      ```yaml
        - id: sane
          check:
            on: tidy
            rules:
              - not_null: [customer]
              - { range: { column: total, min: 0 }, on_fail: skip }
      ```

      Some things hold for all of them:

      - They may be written `- name: settings`, `- { type: name, … }`, or with the settings under `parameters`. Case, `_`, `-` and spaces in
        names don't matter, and every other name listed under *Also* means the same.
      - Columns keep their places: a changed column stays where it is, a column computed from others stands behind the last of
        them, any other new one goes last.
      - `address.city` is the field `city` inside the nested record `address`.
      - A mistake in the settings, an unknown column or a type that doesn't fit is reported with its line before any row is moved.
      - *Empty* means null. What becomes of empty and of bad values stands at the end of each entry.

      ## Contents

      \(contents(operations, heading: "Operation"))

      \(contents(rules, heading: "Rule"))

      # Operations

      \(try chapters(operations))
      # Rules

      `on_fail`, beside the rule, says what happens when it is broken:

      | `on_fail` | What happens |
      |---|---|
      | `stop` | The run fails and the target keeps its old rows. This is the default. |
      | `warn` | All rows go on; the run ends with a warning that counts them. |
      | `flag` | The rows go on with the names of the rules they break in a column `_weir_flags`, and are kept as dead letters with the reason too. |
      | `null` | The rows go on with the values concerned emptied (inside a nested record only the field); as they were they are kept as dead letters, and the values are counted. |
      | `skip` | The rows don't go on; they are kept as dead letters and can be replayed. |
      | `alert` | As `warn`, marked as an alert. |
      | `ask` | Nothing is visible yet: the run pauses until `weir answer` says whether the rows pass, go, or are read again. |

      \(try chapters(rules))
      """
  }

  private static func contents(_ chapters: [Chapter], heading: String) -> String {
    var lines = ["| \(heading) | What it does |", "|---|---|"]
    for chapter in chapters {
      lines.append("| **\(chapter.title)** | |")
      for entry in chapter.entries { lines.append("| [\(entry.name)](#\(entry.anchor)) | \(cell(entry.sentence)) |") }
    }
    return lines.joined(separator: "\n")
  }

  private static func chapters(_ chapters: [Chapter]) throws(Problems) -> String {
    var lines: [String] = []
    for chapter in chapters {
      lines += ["## \(chapter.title)", ""]
      for entry in chapter.entries { lines += try section(entry) }
    }
    return lines.joined(separator: "\n")
  }

  private static func section(_ entry: Entry) throws(Problems) -> [String] {
    let forms = OperationManifest<Never>.entries(of: entry.example)
    var lines = ["<a id=\"\(entry.anchor)\"></a>", "", "### \(entry.name)", "", entry.summary, ""]
    if let first = forms.first { lines += ["```yaml", first, "```", ""] }
    if let shown = entry.shown { lines += try ExampleTables(example: shown).markdown() }
    if forms.count > 1 {
      lines += ["It can also be written, or used:", "", "```yaml"] + forms.dropFirst() + ["```", ""]
    }
    lines += ["| Setting | Kind | Default | Meaning |", "|---|---|---|---|"]
    for setting in entry.settings {
      let fallback = setting.isRequired ? "required" : setting.defaultText.map { "`\(cell($0))`" } ?? ""
      let example = setting.example.map { " Example: `\(cell($0))`" } ?? ""
      let others = setting.otherNames.isEmpty ? "" : " Also \(codes(setting.otherNames))."
      lines.append(
        "| `\(setting.name)` | \(cell(words(setting.kind))) | \(fallback) | \(cell(setting.summary))\(example)\(others) |"
      )
    }
    lines.append("")
    if let shorthand = entry.shorthand {
      let kind = entry.settings.first { $0.name == shorthand }?.kind
      lines += ["\(written(kind)) in place of the settings is `\(shorthand)`.", ""]
    }
    if let mapShorthand = entry.mapShorthand {
      lines += ["A map without any of these names is `\(mapShorthand)`.", ""]
    }
    if !entry.badValues.isEmpty { lines += ["**Empty and bad values.** \(entry.badValues)", ""] }
    if !entry.aliases.isEmpty { lines += ["*Also:* \(codes(entry.aliases)).", ""] }
    return lines
  }

  /// How a setting of that kind may be written, as the beginning of a sentence.
  private static func written(_ kind: SettingKind?) -> String {
    switch kind {
    case .list, .any: "A single value or a list"
    case .map: "A list"
    default: "A single value"
    }
  }

  private static func codes(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }

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

/// Entries under one heading.
private struct Chapter {
  let title: String
  let entries: [Entry]
}

/// An operation or a rule, as the reference needs it.
private struct Entry {
  let name: String
  let aliases: [String]
  let summary: String
  let settings: [SettingDescription]
  let example: String
  let shown: Example?
  let badValues: String
  let shorthand: String?
  let mapShorthand: String?
  let anchor: String

  init(_ type: OperationType) {
    (name, aliases, summary, settings) = (type.name, type.aliases, type.summary, type.settings)
    (example, shown, badValues) = (type.example, type.shown, type.badValues)
    (shorthand, mapShorthand, anchor) = (type.shorthand, type.mapShorthand, "operation-\(type.name)")
  }

  init(_ type: RuleType) {
    (name, aliases, summary, settings) = (type.name, type.aliases, type.summary, type.settings)
    (example, shown, badValues) = (type.example, type.shown, type.badValues)
    (shorthand, mapShorthand, anchor) = (type.shorthand, type.mapShorthand, "rule-\(type.name)")
  }

  /// The first sentence of the summary.
  var sentence: String { summary.firstRange(of: ". ").map { String(summary[..<$0.lowerBound]) + "." } ?? summary }
}
