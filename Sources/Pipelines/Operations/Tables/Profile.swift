import Tabular

/// Describes the rows instead of passing them on.
package struct Profile: Operation {
  package struct Settings: Sendable {
    var fields: [FieldName] = []
    var top = 5
  }

  package static let manifest = OperationManifest(
    name: "profile", aliases: ["data_profile", "describe"],
    summary: """
      Yields one row for each column instead of the rows: nulls, distinct values, smallest, largest, mean, quartiles, lengths, the most \
      frequent values and shapes (`Aa 9`: a capital, small letters, a digit). One pass; quartiles and more than 100 distinct values are \
      estimates. To keep the rows and their profile, write `profile: true` on a step.
      """,
    shorthand: "fields", example: "- profile: [country]",
    shown: Example(
      """
      - { id: 1, country: Norway }
      - { id: 2, country: Norway }
      - { id: 3, country: Chile }
      """,
      gives: """
        - { column: country, type: VARCHAR, rows: 3, nulls: 0, distinct: 2, min: Chile, max: Norway, mean: null, q25: null, \
        median: null, q75: null, shortest: 5, longest: 6, top: [Norway, Chile], patterns: [Aa] }
        """),
    badValues: "Empty values are counted and left out of every other figure.",
    settings: SettingsSchema(Settings()) {
      Field(\.fields, "fields", "Only these columns; otherwise all.").also("columns", "field", "column", "field_names")
      Field(\.top, "top", "How many of the most frequent values and shapes.")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    guard (1...100).contains(settings.top) else {
      throw Problem("wrong-type", "\"top\" must be from 1 to 100.", at: location)
    }
  }

  package var effect: String {
    settings.fields.isEmpty
      ? "Describes every column." : "Describes \(settings.fields.map(\.name).joined(separator: ", "))."
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var columns = input.schema.columns
    if !settings.fields.isEmpty {
      columns = []
      for field in settings.fields { columns.append(try input.column(field.name, at: field.location)) }
    }
    return ColumnFacts.select(of: columns, from: input.sql, top: settings.top)
  }
}
