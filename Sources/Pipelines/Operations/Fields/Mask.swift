import Tabular

/// Hides values, or parts of them.
package struct Mask: FieldOperation {
  package enum Method: String, AliasedChoice {
    case email, partial, full, token, null
    package static let otherSpellings: [String: Method] = [
      "all": .full, "redact": .full, "deterministic": .token, "pseudonymize": .token, "last4": .partial,
    ]
  }

  package struct Settings: Sendable {
    var fields: [FieldName] = []
    var method = Method.partial
    var keep = 4
    var character = "*"
    var salt = Secret()
  }

  package static let manifest = OperationManifest(
    name: "mask", aliases: ["anonymize", "anonymise", "redact", "masking"],
    summary:
      "Hides values: all but the last characters, the local part of an e-mail address, everything, or behind a stable token.",
    shorthand: "fields", example: "- mask: { field: email, method: email }",
    shown: Example(
      """
      - { id: 1, email: john.doe@example.com }
      - { id: 2, email: a@example.com }
      - { id: 3, email: nonsense }
      - { id: 4, email: null }
      """,
      gives: """
        - { id: 1, email: j***@example.com }
        - { id: 2, email: "***@example.com" }
        - { id: 3, email: "********" }
        - { id: 4, email: null }
        """),
    badValues:
      "Empty values stay empty. With `email`, the first letter stays unless it is all there is before the @; text "
      + "without an @ is hidden whole.",
    settings: SettingsSchema(Settings()) {
      Field(\.fields, "fields", "Columns.").required().also("field", "field_name", "column", "columns", "field_names")
      Field(\.method, "method", "partial, email, full, token (the same value gives the same token) or null.").also(
        "operation", "strategy")
      Field(\.keep, "keep", "For `partial`: characters left at the end.").also("visible", "show_last")
      Field(\.character, "character", "What hides a character.").also("mask_char", "with")
      Field(\.salt, "salt", "For `token`: a secret that makes tokens unguessable.").advanced()
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    guard settings.keep >= 0 else { throw Problem("wrong-type", "\"keep\" can't be negative.", at: location) }
  }

  package var effect: String {
    "Hides \(settings.fields.map(\.name).joined(separator: ", ")) (\(settings.method.rawValue))."
  }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    var changes: [(access: FieldAccess, value: SQL)] = []
    for field in settings.fields {
      let access = try input.field(field)
      let text: SQL = access.type == .text ? access.sql : "CAST(\(access.sql) AS VARCHAR)"
      changes.append((access, hidden(text)))
    }
    return NestedRecord.assignments(changes)
  }

  private func hidden(_ text: SQL) -> SQL {
    let mark = Literal.text(settings.character)
    switch settings.method {
    case .null: return "CAST(NULL AS VARCHAR)"
    case .full: return "repeat(\(mark), length(\(text)))"
    case .token: return "'tok_' || left(sha256(\(Literal.text(settings.salt.revealed)) || \(text)), 16)"
    case .partial:
      let hiddenLength: SQL = "greatest(length(\(text)) - \(settings.keep), 0)"
      return
        "CASE WHEN length(\(text)) <= \(settings.keep) THEN repeat(\(mark), length(\(text))) ELSE repeat(\(mark), \(hiddenLength)) || right(\(text), \(settings.keep)) END"
    case .email:
      return
        "CASE WHEN contains(\(text), '@') THEN CASE WHEN strpos(\(text), '@') > 2 THEN left(\(text), 1) ELSE '' END || repeat(\(mark), 3) || substr(\(text), strpos(\(text), '@')) ELSE repeat(\(mark), length(\(text))) END"
    }
  }
}
