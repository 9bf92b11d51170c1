import Tabular

/// Replaces values by their cryptographic hash.
package struct Hash: FieldOperation {
  package enum Algorithm: String, AliasedChoice {
    case sha256, sha1, md5
    package static let otherSpellings: [String: Algorithm] = [:]
  }

  package struct Settings: Sendable {
    var fields: [FieldName] = []
    var algorithm = Algorithm.sha256
    var salt = Secret()
    var output: FieldName?
  }

  package static let manifest = OperationManifest(
    name: "hash", aliases: ["hashing", "encrypt_hash", "digest"],
    summary: "Replaces values by their hash, in hexadecimal digits.",
    shorthand: "fields", example: "- hash: { field: email, algorithm: sha256 }",
    shown: Example(
      """
      - { id: 1, email: ann@example.com }
      - { id: 2, email: null }
      """,
      gives: """
        - { id: 1, email: 71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476 }
        - { id: 2, email: null }
        """),
    badValues: "Empty values stay empty. Numbers and dates are hashed as the text they are shown as.",
    settings: SettingsSchema(Settings()) {
      Field(\.fields, "fields", "Columns.").required().also("field", "field_name", "column", "columns", "field_names")
      Field(\.algorithm, "algorithm", "sha256, sha1 or md5.").also("operation", "method", "function")
      Field(\.salt, "salt", "Put in front of every value.").advanced()
      Field(\.output, "output_field", "Column that takes the hash; the same one if not given.").also(
        "as", "target_field")
    })

  let settings: Settings
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    self.settings = settings
    self.location = location
    if settings.output != nil, settings.fields.count != 1 {
      throw Problem("wrong-type", "\"output_field\" needs exactly one field.", at: location)
    }
  }

  package var effect: String {
    "Hashes \(settings.fields.map(\.name).joined(separator: ", ")) with \(settings.algorithm.rawValue)."
  }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    var added: [Assignment] = []
    var changes: [(access: FieldAccess, value: SQL)] = []
    for field in settings.fields {
      let access = try input.field(field)
      let text: SQL = access.type == .text ? access.sql : "CAST(\(access.sql) AS VARCHAR)"
      let salted: SQL = settings.salt.revealed.isEmpty ? text : "\(Literal.text(settings.salt.revealed)) || \(text)"
      let hash: SQL = "\(SQL(raw: settings.algorithm.rawValue))(\(salted))"
      if let output = settings.output {
        added.append(Assignment(output.name, hash, .text, after: access.root.name))
      } else {
        changes.append((access, hash))
      }
    }
    return added + NestedRecord.assignments(changes)
  }
}
