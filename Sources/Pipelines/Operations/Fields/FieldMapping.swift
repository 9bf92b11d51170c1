import Tabular

/// The documents' `field_mapping`: an operation on a field, or a map of old names to new ones.
package struct FieldMapping: Operation {
  package struct Settings: Sendable {
    var text = TextOperation.Settings()
    var operation: TextOperation.Function?
    var target: FieldName?
    var mapping: NamePairs?
  }

  package static let manifest = OperationManifest(
    name: "field_mapping", aliases: ["map", "schema_mapping", "mapping", "map_fields"],
    summary: "Changes a field by an operation, or renames fields.", shorthand: "mapping", mapShorthand: "mapping",
    example: """
      - field_mapping: { field_name: product_name, operation: title_case }
      - field_mapping: { price: unit_price }
      """,
    shown: Example(
      """
      - { id: 1, product_name: usb cable }
      - { id: 2, product_name: null }
      """,
      gives: """
        - { id: 1, product_name: Usb Cable }
        - { id: 2, product_name: null }
        """),
    badValues: "Empty values stay empty. A column that isn't text is refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.text.fields, "fields", "Columns to change, or dotted paths.").also(
        "field", "field_name", "field_names", "source_field")
      Field(\.operation, "operation", "What to do with the text.").also("function")
      Field(\.target, "target_field", "New name of the field.").also("target", "new_name", "output_field")
      Field(\.mapping, "mapping", "Old name → new name.").also("mappings")
      Field(\.text.regex, "regex", "For `format`: a regular expression with groups.")
      Field(\.text.pattern, "pattern", "For `format`: what a match becomes; `$1` is the first group.")
      Field(\.text.width, "width", "For padding: characters in all.")
      Field(\.text.fill, "fill", "For padding: the character to fill up with.")
    })

  private enum Work: Sendable {
    case text(TextOperation)
    case rename(Rename)
  }
  private let work: Work
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.location = location
    if let mapping = settings.mapping {
      work = .rename(Rename(mapping.pairs, at: location))
    } else if let operation = settings.operation {
      var text = settings.text
      text.operation = operation
      guard !text.fields.isEmpty else {
        throw Problem("missing-setting", "\"field_name\" is required with \"operation\".", at: location)
      }
      work = .text(try TextOperation(text, at: location))
    } else if let target = settings.target, settings.text.fields.count == 1 {
      work = .rename(Rename([NamePairs.Pair(old: settings.text.fields[0], new: target)], at: location))
    } else {
      throw Problem(
        "missing-setting", "\"field_mapping\" needs an \"operation\" for a field, or a map of old names to new ones.",
        hint: "For example:\n\(Self.manifest.example)", at: location)
    }
  }

  package var reach: OperationReach { .values }
  package var patterns: [String] { if case .text(let operation) = work { operation.patterns } else { [] } }
  package var effect: String {
    switch work {
    case .text(let operation): operation.effect
    case .rename(let operation): operation.effect
    }
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    switch work {
    case .text(let operation): try operation.select(from: input, in: context)
    case .rename(let operation): try operation.select(from: input, in: context)
    }
  }
}
