/// An `Operation` type without its Swift type: what the registry holds.
package struct OperationType: Sendable {
  package let name: String
  package let aliases: [String]
  package let summary: String
  package let settings: [SettingDescription]
  package let shorthand: String?
  package let mapShorthand: String?
  package let example: String
  /// What the first entry of `example` does to rows.
  package let shown: Example?
  /// What becomes of empty values and of those it can't use.
  package let badValues: String
  /// Reads the settings, in any of the accepted forms, and makes the operation.
  /// - Throws: `Problems` with places, or a `Problem`.
  package let make: @Sendable (Setting, Location) throws -> any Operation

  package init<Kind: Operation>(_ type: Kind.Type) {
    self.init(type, form: SettingsForm(of: Kind.manifest))
  }

  /// A short name for `type` with one of its settings fixed: `title_case` is `field_operation` with that operation.
  /// - Parameter badValues: what holds of this name alone; that of the type if nil.
  /// - Parameter words: setting → what it means under this name.
  package init<Kind: Operation>(
    _ type: Kind.Type, named name: String, aliases: [String] = [], fixing setting: String, to value: String,
    summary: String, example: String, shown: Example, shorthand: String? = nil, badValues: String? = nil,
    describing words: [String: String] = [:]
  ) {
    var form = SettingsForm(of: Kind.manifest)
    form.names = [name] + aliases
    form.fix(setting, to: value)
    form.summary = summary
    form.example = example
    form.shown = shown
    form.shorthand = shorthand ?? form.shorthand
    form.badValues = badValues ?? form.badValues
    form.words = words
    self.init(type, form: form)
  }

  private init<Kind: Operation>(_ type: Kind.Type, form: SettingsForm<Kind.Settings>) {
    name = form.names[0]
    aliases = Array(form.names.dropFirst())
    summary = form.summary
    settings = form.descriptions
    shorthand = form.shorthand
    mapShorthand = form.mapShorthand
    example = form.example
    shown = form.shown
    badValues = form.badValues
    make = { setting, location in try Kind(form.read(setting, at: location), at: location) }
  }
}

/// The forms in which the settings of one operation or rule may be written, all read into the same settings:
/// a map of settings, a map with some of them under `parameters` (the documents' form), a single value, or a map that is the value
/// of one setting.
struct SettingsForm<Settings: Sendable>: Sendable {
  var names: [String]
  var summary: String
  var example: String
  var shown: Example?
  var badValues: String
  /// What settings mean under this name, where it isn't what the schema says.
  var words: [String: String] = [:]
  private var fixed: (name: String, value: String)?
  var shorthand: String?
  let mapShorthand: String?
  private var schema: SettingsSchema<Settings>
  private var known: Set<String>

  init(of manifest: OperationManifest<Settings>) {
    names = [manifest.name] + manifest.aliases
    summary = manifest.summary
    example = manifest.example
    shown = manifest.shown
    badValues = manifest.badValues
    shorthand = manifest.shorthand
    mapShorthand = manifest.mapShorthand
    schema = manifest.settings
    known = Self.names(in: schema)
  }

  private static func names(in schema: SettingsSchema<Settings>) -> Set<String> {
    Set(schema.fields.flatMap { [$0.name] + $0.otherNames })
  }

  /// Settles a setting; those that mean nothing beside that value are unknown from then on.
  mutating func fix(_ name: String, to value: String) {
    fixed = (name, value)
    schema = schema.keeping { $0.applies(with: value) }
    known = Self.names(in: schema)
  }

  var descriptions: [SettingDescription] {
    schema.descriptions.filter { $0.name != fixed?.name }.map { description in
      var description = description
      description.summary = words[description.name] ?? description.summary
      return description
    }
  }

  /// - Parameter ignoring: Keys that belong to whoever holds the map (`on_fail`).
  func read(_ setting: Setting, at location: Location, ignoring: Set<String> = []) throws -> Settings {
    var entries = flattened(try entries(of: setting), ignoring: ignoring)
    let own = entries.filter { known.contains($0.key) }
    if let mapShorthand, own.isEmpty, !entries.isEmpty {
      let first = entries[0].keyLocation
      entries = [Setting.Entry(key: mapShorthand, keyLocation: first, value: Setting(.map(entries), at: first))]
    }
    if let fixed {
      let value = Setting(.text(fixed.value), at: location)
      entries.append(Setting.Entry(key: fixed.name, keyLocation: location, value: value))
    }
    return try schema.read(Setting(.map(entries), at: setting.location))
  }

  private func entries(of setting: Setting) throws -> [Setting.Entry] {
    switch setting.content {
    case .map(let entries): return entries
    case .null: return []
    default:
      guard let shorthand else {
        throw Problem(
          "wrong-type", "\"\(names[0])\" needs a map of settings.",
          hint: example.isEmpty ? nil : "For example:\n\(example)",
          at: setting.location)
      }
      return [Setting.Entry(key: shorthand, keyLocation: setting.location, value: setting)]
    }
  }

  /// Without the keys that only name the operation, and with `parameters` spread out.
  private func flattened(_ entries: [Setting.Entry], ignoring: Set<String>) -> [Setting.Entry] {
    entries.flatMap { entry -> [Setting.Entry] in
      if ignoring.contains(entry.key) || entry.key == "description" && !known.contains("description") { return [] }
      if entry.key == "type", let text = entry.value.text,
        names.contains(where: { Operations.fold($0) == Operations.fold(text) })
      {
        return []
      }
      if entry.key == "parameters", !known.contains("parameters"), case .map(let inner) = entry.value.content {
        return inner
      }
      return [entry]
    }
  }
}
