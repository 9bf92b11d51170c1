import Tabular

/// Keeps rows chosen by chance, the same ones in every run.
package struct Sample: Operation {
  package struct Settings: Sendable {
    var rows: Int?
    var percent: Double?
    var seed = 1
  }

  package static let manifest = OperationManifest(
    name: "sample", aliases: ["random_sample"],
    summary:
      "Keeps rows chosen by chance, the same ones in every run over the same rows, in whatever order they are read. "
      + "Whether a row is chosen depends on its values and the seed; of equal rows each is drawn by itself.",
    shorthand: "rows",
    example: """
      - sample: { rows: 2, seed: 7 }
      - sample: { percent: 10 }
      """,
    shown: Example(
      """
      - { id: 1 }
      - { id: 2 }
      - { id: 3 }
      - { id: 4 }
      """,
      gives: """
        - { id: 1 }
        - { id: 4 }
        """),
    badValues:
      "Empty values are values like others. Afterwards rows stand in no particular order unless they are sorted.",
    settings: SettingsSchema(Settings()) {
      Field(\.rows, "rows", "How many.").also("n", "count", "size")
      Field(\.percent, "percent", "Or the chance of each row, in percent; about so many stay.").also("percentage")
      Field(\.seed, "seed", "Another number chooses other rows.")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    guard (settings.rows == nil) != (settings.percent == nil) else {
      throw Problem("missing-setting", "\"sample\" needs either \"rows\" or \"percent\".", at: location)
    }
    guard (settings.rows ?? 0) >= 0, (0...100).contains(settings.percent ?? 0) else {
      throw Problem("wrong-type", "A sample is between nothing and everything.", at: location)
    }
  }

  package var reach: OperationReach { .rows }
  package var effect: String {
    "Keeps \(settings.rows.map { "\($0) rows" } ?? "\(settings.percent ?? 0) % of the rows") chosen by chance."
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    func unused(_ name: String) -> String { input.schema[name: name] == nil ? name : unused(name + "_") }
    let (values, chance) = (unused("__values"), unused("__chance"))
    let columns: SQL = "\(names: input.schema.names)"
    // Equal rows are numbered, so that they don't share one fate; which of them has which number is all the same.
    let number: SQL = "row_number() OVER (PARTITION BY \(name: values))"
    let hashed: SQL = "SELECT *, hash(\(columns)) AS \(name: values) FROM \(input.sql)"
    let drawn: SQL =
      "SELECT *, hash(xor(\(name: values), hash(\(number), \(settings.seed)))) AS \(name: chance) FROM (\(hashed))"
    if let rows = settings.rows {
      return "SELECT \(columns) FROM (\(drawn)) ORDER BY \(name: chance) LIMIT \(rows)"
    }
    let share = (settings.percent ?? 0) / 100
    guard share < 1 else { return "SELECT * FROM \(input.sql)" }
    let bound = UInt64(share * 0x1p64)
    return "SELECT \(columns) FROM (\(drawn)) WHERE \(name: chance) < CAST(\(text: String(bound)) AS UBIGINT)"
  }
}
