import Tabular

/// Corrects invalid texts and removes rows that say nothing, and tells how many.
package struct Cleanse: CleansingOperation {
  package enum Spaces: String, SettingChoice { case collapse, trim, keep }

  package struct Settings: Sendable {
    var fields: [FieldName] = []
    var spaces = Spaces.collapse
    var style = Standardise.Case.keep
    var styles = NamedSettings()
    var emptiesBlanks = true
    var nulls: [String] = []
    var required: [FieldName] = []
    var dropsEmpty = false
    var dropsDuplicates = false
  }

  package static let manifest = OperationManifest(
    name: "cleanse", aliases: ["cleansing", "data_cleansing", "clean", "cleaning", "data_cleaning"],
    summary:
      "Corrects texts that are untidy or mean nothing, and removes rows that are empty, incomplete or there twice. "
      + "The run tells how many values of each column were corrected and how many rows removed.",
    shorthand: "fields",
    example: """
      - cleanse: { nulls: [N/A, "-"], cases: { email: lower }, required: email, drop_empty: true, drop_duplicates: true }
      - cleanse: [name, city]
      - cleanse: { spaces: trim, case: title }
      """,
    shown: Example(
      """
      - { name: " Ann  Lee", email: Ann@Example.com, city: N/A }
      - { name: Ann Lee, email: ann@example.com, city: "" }
      - { name: Bob, email: "-", city: Oslo }
      - { name: n/a, email: " ", city: "-" }
      """,
      gives: """
        - { name: Ann Lee, email: ann@example.com, city: null }
        """),
    badValues:
      "Empty values stay empty. Columns that aren't text are not changed, only looked at for `required`, `drop_empty` "
      + "and `drop_duplicates`. A row without a required value goes to the dead letters as it came; empty and double rows are counted.",
    settings: SettingsSchema(Settings()) {
      Field(\.fields, "fields", "Text columns to correct; all of them if not given.").also(
        "field", "field_name", "column", "columns")
      Field(
        \.spaces, "spaces", "collapse: no spaces around texts and one at most inside; trim: none around; or keep."
      ).also("whitespace")
      Field(\.style, "case", "How texts are written: title, lower, upper or keep.").also("style")
      Field(\.styles, "cases", "Column → case, where it is another.")
      Field(\.emptiesBlanks, "empty_to_null", "Whether text without characters other than spaces becomes empty.")
      Field(\.nulls, "nulls", "Texts that mean nothing and become empty; case and spaces around don't matter.")
        .also("null_texts", "null_values").example("[N/A, \"-\"]")
      Field(\.required, "required", "Columns without whose values a row is set aside.").also("not_null")
      Field(\.dropsEmpty, "drop_empty", "Whether rows without any value go.").also("drop_empty_rows")
      Field(\.dropsDuplicates, "drop_duplicates", "Whether one row stays of those that are equal in every column.")
        .also("dedupe")
    })

  let settings: Settings
  private let styles: [(field: FieldName, style: Standardise.Case)]
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    var styles: [(field: FieldName, style: Standardise.Case)] = []
    for (field, value) in settings.styles.entries {
      do throws(Problem) { styles.append((field, try Standardise.Case(setting: value))) } catch {
        throw Problem(
          error.code, "The case of \"\(field.name)\" \(error.message)", hint: error.hint, at: value.location)
      }
    }
    self.styles = styles
    let isChanging =
      settings.spaces != .keep || settings.style != .keep || !styles.isEmpty || settings.emptiesBlanks
      || !settings.nulls.isEmpty
    guard isChanging || !settings.required.isEmpty || settings.dropsEmpty || settings.dropsDuplicates else {
      throw Problem("missing-setting", "This \"cleanse\" is told to leave everything as it is.", at: location)
    }
  }

  package var reach: OperationReach { .rows }
  package var rule: (any Rule)? { settings.required.isEmpty ? nil : CleansedCompleteness(cleanse: self) }

  package var effect: String {
    var changes: [String] = []
    switch settings.spaces {
    case .collapse: changes.append("removes superfluous spaces")
    case .trim: changes.append("removes spaces around")
    case .keep: break
    }
    if settings.style != .keep { changes.append("writes in \(settings.style.rawValue) case") }
    changes += styles.map { "writes \($0.field.name) in \($0.style.rawValue) case" }
    let meaningless = (settings.emptiesBlanks ? ["blanks"] : []) + settings.nulls.map { "\"\($0)\"" }
    if !meaningless.isEmpty { changes.append("empties \(Self.list(meaningless))") }
    let place = settings.fields.isEmpty ? "all texts" : Self.list(settings.fields.map(\.name))
    var sentences = changes.isEmpty ? [] : ["In \(place): \(changes.joined(separator: ", "))."]
    let gone =
      (settings.dropsEmpty ? ["empty rows"] : []) + (settings.dropsDuplicates ? ["rows that are there twice"] : [])
    if !gone.isEmpty { sentences.append("Removes \(Self.list(gone)).") }
    if !settings.required.isEmpty {
      sentences.append("Sets rows without \(Self.list(settings.required.map(\.name))) aside.")
    }
    return sentences.joined(separator: " ")
  }

  package func cleansing(of input: Relation, in context: OperationContext) throws(Problem) -> Cleansing {
    Cleansing(
      of: input, values: try values(of: input), dropsEmpty: settings.dropsEmpty,
      dropsDuplicates: settings.dropsDuplicates)
  }

  /// The corrected values of the columns that can change.
  func values(of input: Relation) throws(Problem) -> [CorrectedText] {
    var columns: [Column] = []
    func add(_ column: Column) {
      if !columns.contains(where: { $0.name == column.name }) { columns.append(column) }
    }
    for field in settings.fields + styles.map(\.field) {
      let column = try input.column(field)
      guard column.type.isText || column.type.isUnknown else {
        throw Problem(
          "wrong-type",
          "\"cleanse\" corrects text; column \"\(field.name)\" is \(column.type.inWords) (\(column.type)).",
          hint: "Leave it away: `required`, `drop_empty` and `drop_duplicates` look at all columns.", at: field.location
        )
      }
      if !settings.fields.isEmpty { add(column) }
    }
    if settings.fields.isEmpty { columns = input.schema.columns.filter { $0.type == .text } }
    for (field, _) in styles { add(try input.column(field)) }
    return columns.compactMap(corrected)
  }

  /// nil = it stays as it is.
  private func corrected(_ column: Column) -> CorrectedText? {
    let text: SQL = column.type == .text ? "\(name: column.name)" : "CAST(\(name: column.name) AS VARCHAR)"
    let spaced: SQL =
      switch settings.spaces {
      case .collapse: Self.collapsed(text)
      case .trim: "trim(\(text), \(TextShape.spaces))"
      case .keep: text
      }
    let style = styles.last { $0.field.name.lowercased() == column.name.lowercased() }?.style ?? settings.style
    let written: SQL =
      switch style {
      case .title: TextShape.titleCase(spaced)
      case .lower: "lower(\(spaced))"
      case .upper: "upper(\(spaced))"
      case .keep: spaced
      }
    let meaningless = (settings.emptiesBlanks ? [""] : []) + settings.nulls
    guard !meaningless.isEmpty else {
      return settings.spaces == .keep && style == .keep
        ? nil : CorrectedText(column: column, text: text, value: written)
    }
    let texts = meaningless.map { "lower(\(Self.collapsed(Literal.text($0))))" as SQL }
    let value: SQL = "CASE WHEN lower(\(Self.collapsed(text))) NOT IN (\(texts)) THEN \(written) END"
    return CorrectedText(column: column, text: text, value: value)
  }

  /// Without spaces around and with one at most inside, whichever Unicode has.
  private static func collapsed(_ text: SQL) -> SQL { "trim(regexp_replace(\(text), '[\\s\\p{Z}]+', ' ', 'g'))" }

  private static func list(_ parts: [String]) -> String {
    parts.count < 2
      ? parts.joined() : parts.dropLast().joined(separator: ", ") + " and " + parts[parts.count - 1]
  }
}
