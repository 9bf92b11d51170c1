/// A `Rule` type without its Swift type: what the registry holds.
package struct RuleType: Sendable {
  package let name: String
  package let aliases: [String]
  package let summary: String
  package let settings: [SettingDescription]
  package let shorthand: String?
  package let mapShorthand: String?
  package let example: String
  /// What the first entry of `example` finds in rows.
  package let shown: Example?
  /// What becomes of empty values and of those it can't use.
  package let badValues: String
  /// Reads the settings, in any of the accepted forms, and makes the rule. The key `on_fail` is left to the caller.
  /// - Throws: `Problems` with places, or a `Problem`.
  package let make: @Sendable (Setting, OnFail, Location) throws -> any Rule

  package init<Kind: Rule>(_ type: Kind.Type) {
    let form = SettingsForm(of: Kind.manifest)
    name = form.names[0]
    aliases = Array(form.names.dropFirst())
    summary = form.summary
    settings = form.descriptions
    shorthand = form.shorthand
    mapShorthand = form.mapShorthand
    example = form.example
    shown = form.shown
    badValues = form.badValues
    make = { setting, onFail, location in
      try Kind(form.read(setting, at: location, ignoring: RuleType.outerKeys), onFail: onFail, at: location)
    }
  }

  /// Keys in a rule's map that are about the rule as such, not its settings.
  package static let outerKeys: Set<String> = ["on_fail", "name"]
}
