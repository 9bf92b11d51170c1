/// One setting: where its value goes, its name and its words. Type, default, choices and secrecy come from the property.
package struct Field<Settings: Sendable>: Sendable {
  package let name: String
  package let summary: String
  package let kind: SettingKind
  package private(set) var isRequired = false
  package private(set) var isAdvanced = false
  package private(set) var example: String?
  package private(set) var otherNames: [String] = []
  /// The choices beside which it means something; empty = all.
  private var choices: Set<String> = []
  let defaultText: @Sendable (Settings) -> String?
  let read: @Sendable (Setting, inout Settings) -> Problem?

  package init<Value: SettingValue>(
    _ path: any WritableKeyPath<Settings, Value> & Sendable, _ name: String, _ summary: String
  ) {
    self.name = name
    self.summary = summary
    kind = Value.kind
    defaultText = { $0[keyPath: path].display }
    read = { setting, settings in
      do throws(Problem) {
        settings[keyPath: path] = try Value(setting: setting)
        return nil
      } catch {
        return Problem(
          error.code, "\"\(name)\" \(error.message)", hint: error.hint, at: error.location ?? setting.location)
      }
    }
  }

  package func required() -> Self { with { $0.isRequired = true } }
  /// Folded away in forms.
  package func advanced() -> Self { with { $0.isAdvanced = true } }
  package func example(_ text: String) -> Self { with { $0.example = text } }
  /// Other spellings that mean the same (the documents' names).
  package func also(_ names: String...) -> Self { with { $0.otherNames = names } }

  /// Means something only beside these choices of the setting that says what is done.
  package func only(for choices: String...) -> Self { with { $0.choices = Set(choices) } }
  func applies(with choice: String) -> Bool { choices.isEmpty || choices.contains(choice) }

  private func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }
}

/// All settings of something: drives validation, forms, documentation and JSON Schema.
package struct SettingsSchema<Settings: Sendable>: Sendable {
  package let fields: [Field<Settings>]
  package let defaults: Settings

  package init(_ defaults: Settings, @FieldsBuilder<Settings> _ fields: () -> [Field<Settings>]) {
    self.defaults = defaults
    self.fields = fields()
  }

  private init(defaults: Settings, fields: [Field<Settings>]) {
    self.defaults = defaults
    self.fields = fields
  }

  /// The same settings over other defaults: a step's options over its connection's settings.
  package func over(_ defaults: Settings) -> Self { Self(defaults: defaults, fields: fields) }

  /// Only the settings that `isKept` holds for.
  func keeping(_ isKept: (Field<Settings>) -> Bool) -> Self { Self(defaults: defaults, fields: fields.filter(isKept)) }

  /// Reads a map, reporting every problem with its place. Keys in `ignoring` belong to somebody else.
  package func read(_ map: Setting, ignoring: Set<String> = []) throws(Problems) -> Settings {
    var settings = defaults
    var problems: [Problem] = []
    if case .map = map.content {
    } else if case .null = map.content {
    } else {
      throw Problems([Problem("wrong-type", "Expected a map of settings.", at: map.location)])
    }
    var seen: Set<String> = []
    for entry in map.entries where !ignoring.contains(entry.key) {
      guard let field = fields.first(where: { $0.name == entry.key || $0.otherNames.contains(entry.key) }) else {
        problems.append(
          Problem(
            "unknown-setting", "There is no setting \"\(entry.key)\" here.",
            hint: Nearest.hint(entry.key, among: fields.map(\.name)), at: entry.keyLocation))
        continue
      }
      seen.insert(field.name)
      if let problem = field.read(entry.value, &settings) { problems.append(problem) }
    }
    for field in fields where field.isRequired && !seen.contains(field.name) {
      problems.append(Problem("missing-setting", "\"\(field.name)\" is required. \(field.summary)", at: map.location))
    }
    guard problems.isEmpty else { throw Problems(problems) }
    return settings
  }

  /// What forms, documentation and JSON Schema show of the fields.
  package var descriptions: [SettingDescription] {
    fields.map {
      SettingDescription(
        name: $0.name, summary: $0.summary, kind: $0.kind, isRequired: $0.isRequired, isAdvanced: $0.isAdvanced,
        example: $0.example, defaultText: $0.defaultText(defaults), otherNames: $0.otherNames)
    }
  }
}

/// A `Field` without its Swift types.
package struct SettingDescription: Sendable {
  package let name: String
  package var summary: String
  package let kind: SettingKind
  package let isRequired: Bool
  package let isAdvanced: Bool
  package let example: String?
  package let defaultText: String?
  package let otherNames: [String]
}

@resultBuilder
package enum FieldsBuilder<Settings: Sendable> {
  package static func buildExpression(_ field: Field<Settings>) -> [Field<Settings>] { [field] }
  package static func buildBlock(_ fields: [Field<Settings>]...) -> [Field<Settings>] { fields.flatMap { $0 } }
}
