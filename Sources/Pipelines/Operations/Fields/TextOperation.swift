import Tabular

/// Changes text in place: case, spaces, shape.
package struct TextOperation: FieldOperation {
  package enum Function: String, AliasedChoice {
    case titleCase = "title_case", lowercase, uppercase, capitalize, trim, squeeze, format, padLeft = "pad_left",
      padRight = "pad_right"

    package static let otherSpellings: [String: Function] = [
      "title": .titleCase, "propercase": .titleCase, "lower": .lowercase, "tolowercase": .lowercase,
      "upper": .uppercase,
      "touppercase": .uppercase, "strip": .trim, "trimspaces": .trim, "sentencecase": .capitalize,
      "regexformat": .format,
      "pad": .padLeft, "lpad": .padLeft, "rpad": .padRight, "normalizespaces": .squeeze,
    ]

    var words: String {
      switch self {
      case .titleCase: "Capitalises every word of"
      case .lowercase: "Puts in lower case:"
      case .uppercase: "Puts in upper case:"
      case .capitalize: "Capitalises the first letter of"
      case .trim: "Removes spaces around"
      case .squeeze: "Removes superfluous spaces from"
      case .format: "Rewrites"
      case .padLeft, .padRight: "Pads"
      }
    }
  }

  package struct Settings: Sendable {
    var fields: [FieldName] = []
    var operation = Function.trim
    var regex: String?
    var pattern: String?
    var width: Int?
    var fill = " "
  }

  package static let manifest = OperationManifest(
    name: "field_operation", aliases: ["text", "field_manipulation", "string_operation"],
    summary: "Changes text in place: case, spaces, shape.",
    example: #"""
      - field_operation: { field: phone, operation: format, regex: '(\d{3})-(\d{3})-(\d{4})', pattern: "($1) $2-$3" }
      """#,
    shown: Example(
      """
      - { name: Ann, phone: 123-456-7890 }
      - { name: Bob, phone: ext. 12 }
      - { name: Cleo, phone: null }
      """,
      gives: """
        - { name: Ann, phone: (123) 456-7890 }
        - { name: Bob, phone: ext. 12 }
        - { name: Cleo, phone: null }
        """),
    badValues: "Empty values stay empty, and `format` leaves text alone that the expression doesn't "
      + "match. A column that isn't text is refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.fields, "fields", "Columns to change, or dotted paths.").required()
        .also("field", "field_name", "field_names", "column", "columns", "source_fields")
      Field(\.operation, "operation", "What to do with the text.").required().also("function")
      Field(\.regex, "regex", "For `format`: a regular expression with groups.").example(#"(\d{3})-(\d{4})"#)
        .only(for: "format")
      Field(\.pattern, "pattern", "For `format`: what a match becomes; `$1` is the first group.").example("$1 $2").also(
        "replacement"
      ).only(for: "format")
      Field(\.width, "width", "For padding: characters in all.").also("length").only(for: "pad_left", "pad_right")
      Field(\.fill, "fill", "For padding: the character to fill up with.").also("pad_with", "character")
        .only(for: "pad_left", "pad_right")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    if settings.operation == .format, settings.regex == nil || settings.pattern == nil {
      throw Problem("missing-setting", "\"format\" needs \"regex\" and \"pattern\".", at: location)
    }
    if settings.operation == .format, let regex = settings.regex, let pattern = settings.pattern {
      try RegexGroups.check(pattern, for: regex, at: location)
    }
    if [.padLeft, .padRight].contains(settings.operation), settings.width == nil || settings.fill.isEmpty {
      throw Problem(
        "missing-setting", "\"\(settings.operation.rawValue)\" needs \"width\" and a character to fill up with.",
        at: location)
    }
  }

  package var patterns: [String] { [settings.regex].compactMap(\.self) }
  package var effect: String { "\(settings.operation.words) \(settings.fields.map(\.name).joined(separator: ", "))." }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    var changes: [(access: FieldAccess, value: SQL)] = []
    for field in settings.fields {
      let access = try input.field(field)
      guard access.type.isText || access.type.isUnknown || settings.operation == .format && access.type.isNumber else {
        throw Problem(
          "wrong-type",
          "\"\(settings.operation.rawValue)\" works on text; column \"\(field.name)\" is \(access.type.inWords) (\(access.type)).",
          hint: "Turn it into text first: `- cast: { \(field.name): text }`.", at: field.location)
      }
      let text: SQL = access.type == .text ? access.sql : "CAST(\(access.sql) AS VARCHAR)"
      changes.append((access, changed(text)))
    }
    return NestedRecord.assignments(changes)
  }

  private func changed(_ text: SQL) -> SQL {
    switch settings.operation {
    case .titleCase: TextShape.titleCase(text)
    case .lowercase: "lower(\(text))"
    case .uppercase: "upper(\(text))"
    case .capitalize: "upper(\(text)[1]) || lower(\(text)[2:])"
    case .trim: "trim(\(text), \(TextShape.spaces))"
    case .squeeze: "trim(regexp_replace(\(text), '\\s+', ' ', 'g'))"
    case .format:
      "regexp_replace(\(text), \(Literal.text(settings.regex ?? "")), \(Literal.text(TextShape.rewrite(settings.pattern ?? ""))))"
    case .padLeft:
      "lpad(\(text), greatest(\(settings.width ?? 0), length(\(text)))::INTEGER, \(Literal.text(settings.fill)))"
    case .padRight:
      "rpad(\(text), greatest(\(settings.width ?? 0), length(\(text)))::INTEGER, \(Literal.text(settings.fill)))"
    }
  }
}

/// Expressions over text that several operations use.
enum TextShape {
  /// Space characters as people type and paste them.
  static let spaces: SQL = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"

  /// Every word with a capital first letter and the rest in lower case; whatever stands between words stays.
  static func titleCase(_ text: SQL) -> SQL {
    """
    array_to_string(list_transform(regexp_extract_all(\(text), '[\\p{L}\\p{M}\\p{N}''’]+|[^\\p{L}\\p{M}\\p{N}''’]+'), \
    lambda word: upper(word[1]) || lower(word[2:])), '')
    """
  }

  /// A replacement with `$1` groups in the engine's notation (`\1`).
  static func rewrite(_ pattern: String) -> String {
    var result = ""
    var rest = Substring(pattern)
    while let character = rest.popFirst() {
      switch character {
      case "\\": result += "\\\\"
      case "$" where rest.first == "$": result.append(rest.removeFirst())
      case "$" where rest.first?.isNumber == true && rest.first?.isASCII == true:
        result += "\\" + String(rest.removeFirst())
      default: result.append(character)
      }
    }
    return result
  }
}
