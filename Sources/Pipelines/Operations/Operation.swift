import Tabular

/// One kind of transformation: one file, one type. It turns settings into SQL over a relation; nothing is computed here.
package protocol Operation: Sendable {
  associatedtype Settings: Sendable
  static var manifest: OperationManifest<Settings> { get }
  init(_ settings: Settings, at location: Location) throws(Problem)
  /// Other steps this operation reads, by id (a join's right side).
  var otherInputs: [String] { get }
  /// Where the operation stands in the user's text.
  var location: Location { get }
  /// What it does to the rows, in words: `Keeps rows where status = 'completed'`.
  var effect: String { get }
  /// What it may change, so that its effect can be counted.
  var reach: OperationReach { get }
  /// The rule a validating operation carries; the runner applies it to the rows as they are at this place.
  var rule: (any Rule)? { get }
  /// Its regular expressions, to be tried before anything runs.
  var patterns: [String] { get }
  /// Its formats of dates and times (`%d.%m.%Y`), to be tried before anything runs.
  var formats: [String] { get }
  /// The user's own code that makes the rows outside the engine; such an operation has no SQL.
  var program: PythonProgram? { get }
  /// The user's own SELECT, whose tables are other steps, beside the rows that come in.
  var query: UserQuery? { get }
  /// A SELECT over `input`.
  /// - Throws: a `Problem` naming an unknown column (with the near one) or a type that doesn't fit.
  func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL
}

extension Operation {
  package var otherInputs: [String] { [] }
  package var patterns: [String] { rule?.patterns ?? [] }
  package var formats: [String] { [] }
  package var effect: String { Self.manifest.summary }
  package var reach: OperationReach { .relation }
  package var rule: (any Rule)? { nil }
  package var program: PythonProgram? { nil }
  package var query: UserQuery? { nil }
}

/// What an operation may change.
package enum OperationReach: Sendable {
  /// Each row becomes one row; columns the operation doesn't know pass as they are.
  case values
  /// Rows pass as they are, or are left out.
  case rows
  /// It makes other rows.
  case relation
}

/// Something that can stand after FROM, and its columns.
package struct Relation: Sendable {
  package var sql: SQL
  package var schema: Schema

  package init(_ sql: SQL, _ schema: Schema) {
    self.sql = sql
    self.schema = schema
  }

  /// The column of that name.
  /// - Throws: `unknown-column` with the near name.
  package func column(_ name: String, at location: Location) throws(Problem) -> Column {
    guard let column = schema[name: name] else {
      throw Problem(
        "unknown-column", "There is no column \"\(name)\" here.",
        hint: Nearest.hint(name, among: schema.names)
          ?? "The columns are \(schema.names.map { "\"\($0)\"" }.joined(separator: ", ")).",
        at: location)
    }
    return column
  }
}

/// What an operation may know of the run.
package struct OperationContext: Sendable {
  /// The run's logical time (C13), ISO 8601, UTC, seconds, `Z`.
  package var time: String
  /// The relations of `otherInputs`.
  package var others: [String: Relation]
  /// What rules of this step measured in earlier runs.
  package var history: MeasureHistory

  package init(time: String, others: [String: Relation] = [:], history: MeasureHistory = MeasureHistory()) {
    self.time = time
    self.others = others
    self.history = history
  }

  /// Expressions that mean the run's time, not the clock's (C13).
  static let runTimeNames: Set<String> = ["current_timestamp", "current_timestamp()", "now()"]

  /// The relation of another step.
  /// - Throws: `unknown-step` with the near name.
  package func other(_ step: FieldName) throws(Problem) -> Relation {
    guard let relation = others[step.name] else {
      throw Problem(
        "unknown-step", "There is no step \"\(step.name)\" whose rows could be read here.",
        hint: Nearest.hint(step.name, among: Array(others.keys)), at: step.location)
    }
    return relation
  }
}

package struct OperationManifest<Settings: Sendable>: Sendable {
  /// Canonical name, snake_case: `title_case`.
  package var name: String
  /// Other names (the documents' spellings, the short forms of YAML).
  package var aliases: [String]
  package var summary: String
  package var settings: SettingsSchema<Settings>
  /// If the settings may be given as a single value (`- filter: "amount > 0"`), the field it is for.
  package var shorthand: String?
  /// If a map without any setting's name may be given (`- rename: { price: unit_price }`), the field it is for.
  package var mapShorthand: String?
  /// YAML as it stands in a list of operations or rules; the first entry is the one that `shown` shows.
  package var example: String
  /// What the first entry of `example` does to rows.
  package var shown: Example?
  /// What becomes of empty values and of those it can't use: a sentence or two.
  package var badValues: String

  package init(
    name: String, aliases: [String] = [], summary: String, shorthand: String? = nil, mapShorthand: String? = nil,
    example: String = "", shown: Example? = nil, badValues: String = "", settings: SettingsSchema<Settings>
  ) {
    self.name = name
    self.aliases = aliases
    self.summary = summary
    self.settings = settings
    self.shorthand = shorthand
    self.mapShorthand = mapShorthand
    self.example = example
    self.shown = shown
    self.badValues = badValues
  }
}
