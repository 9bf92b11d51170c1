import Tabular

/// Keeps rows chosen by chance, the same ones in every run.
package struct Sample: Operation {
  package struct Settings: Sendable {
    var rows: Int?
    var percent: Double?
    var seed = 1
  }

  package static let manifest = OperationManifest(
    name: "sample", aliases: ["random_sample"], summary: "Keeps rows chosen by chance, the same ones in every run.",
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
        - { id: 3 }
        """),
    badValues: "Values don't matter.",
    settings: SettingsSchema(Settings()) {
      Field(\.rows, "rows", "How many.").also("n", "count", "size")
      Field(\.percent, "percent", "Or which share of all, in percent.").also("percentage")
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
    let size: SQL =
      if let rows = settings.rows { "\(rows) ROWS" } else { "\(SQL(raw: (settings.percent ?? 0).description)) PERCENT" }
    let method: SQL = settings.rows == nil ? "bernoulli" : "reservoir"
    return "SELECT * FROM (SELECT * FROM \(input.sql)) USING SAMPLE \(size) (\(method), \(settings.seed))"
  }
}
