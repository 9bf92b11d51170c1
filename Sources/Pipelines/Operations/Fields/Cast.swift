import Tabular

/// Gives columns another type, exactly.
package struct Cast: Operation {
  package enum OnError: String, AliasedChoice {
    /// The run stops at the first value that doesn't fit.
    case stop
    case null
    package static let otherSpellings: [String: OnError] = ["fail": .stop, "error": .stop, "empty": .null]
  }

  package struct Settings: Sendable {
    var columns = NamedSettings()
    var formats: [String] = []
    var onError = OnError.stop
  }

  package static let manifest = OperationManifest(
    name: "cast", aliases: ["convert", "type_cast", "change_type", "convert_type"],
    summary: "Gives columns another type without loss; a value that doesn't fit stops the run, or becomes empty.",
    mapShorthand: "columns",
    example: """
      - cast: { amount: "decimal(18,2)" }
      - cast: { columns: { order_date: date }, formats: ["%d.%m.%Y", "%Y-%m-%d"] }
      """,
    shown: Example(
      """
      - { id: 1, amount: "12.50" }
      - { id: 2, amount: " 7" }
      - { id: 3, amount: null }
      """,
      gives: """
        - { id: 1, amount: 12.50 }
        - { id: 2, amount: 7.00 }
        - { id: 3, amount: null }
        """),
    badValues: "Empty values stay empty. A value that doesn't fit exactly (`abc`, `1.999` as "
      + "`decimal(18,2)`, 30 February, a time of day other than 00:00 as `date`, an offset other than "
      + "UTC's as `timestamp`, a whole number no double stands for as `double`, a number other than 0 and "
      + "1 as `boolean`) stops the run and is named, or becomes empty with `on_error: null`. As "
      + "`timestamptz`, a text without a zone is in UTC, one with a zone's name must be an hour that "
      + "exists there; an hour that comes twice is the later one. Only `time` of a timestamp keeps a "
      + "part: the time of day.",
    settings: SettingsSchema(Settings()) {
      Field(
        \.columns, "columns",
        "Column → type: text, integer, decimal(18,2), double, boolean, date, timestamp, json and others."
      ).required()
        .also("fields", "types")
      Field(\.formats, "formats", "For dates in text: the formats to try, in order.").also(
        "format", "date_formats", "date_format"
      ).example("%d.%m.%Y")
      Field(\.onError, "on_error", "What happens to a value that doesn't fit: stop or null.").also("on_failure")
    })

  private let columns: [(field: FieldName, type: TypeName)]
  package let formats: [String]
  let onError: OnError
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    var columns: [(field: FieldName, type: TypeName)] = []
    for (field, value) in settings.columns.entries {
      do { columns.append((field, try TypeName(setting: value))) } catch {
        throw Problem(
          error.code, "The type of \"\(field.name)\" \(error.message)", hint: error.hint,
          at: error.location ?? value.location)
      }
    }
    self.columns = columns
    formats = settings.formats
    onError = settings.onError
    self.location = location
  }

  package var reach: OperationReach { .values }
  package var effect: String {
    "Turns \(columns.map { "\($0.field.name) into \($0.type.text)" }.joined(separator: ", "))."
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var projection = Projection(of: input.schema)
    for (field, type) in columns {
      let column = try input.column(field)
      if MomentFormats(formats).haveZone, type.type == .date || type.type == .timestampMicros {
        throw Problem(
          "wrong-type",
          "A format with %z or %Z reads an instant; as \(type.text), \"\(field.name)\" would lose its offset.",
          hint: "Cast it to timestamptz.", at: field.location)
      }
      let value: SQL = "\(name: column.name)"
      let attempt = ExactCast.attempt(value, from: column.type, to: type.type, formats: formats)
      let refusal: SQL =
        Refusal.saying(
          "'\"cast\" of column \"' || \(Literal.text(column.name)) || '\": \"' || CAST(\(value) AS VARCHAR) || '\" is no exact ' || \(Literal.text(type.text)) || '.'",
          at: location)
      let result: SQL =
        onError == .null
        ? attempt
        : "CASE WHEN \(value) IS NULL THEN NULL ELSE coalesce(\(attempt), CAST(\(refusal) AS \(type.type))) END"
      projection.set(Assignment(column.name, result, type.type))
    }
    return projection.select(from: input)
  }
}
