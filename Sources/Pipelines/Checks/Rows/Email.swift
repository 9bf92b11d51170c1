import Tabular

/// Values are e-mail addresses.
package struct Email: Rule {
  package struct Settings: Sendable { var columns: [FieldName] = [] }

  package static let manifest = OperationManifest(
    name: "email", aliases: ["email_format", "valid_email"], summary: "Values are e-mail addresses.",
    shorthand: "columns",
    example: "- email: customer_email",
    shown: Example(
      """
      - { customer_email: ann@example.com }
      - { customer_email: ann@example }
      - { customer_email: null }
      """,
      breaking: """
        - { customer_email: ann@example }
        """),
    badValues: "An empty value passes.",
    settings: SettingsSchema(Settings()) { RuleColumns.field(\.columns) })

  let columns: [FieldName]
  package let onFail: OnFail
  package let location: Location

  package init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    columns = settings.columns
    self.onFail = onFail
    self.location = location
  }

  package var words: String { "\(RowTest.names(columns)) is an e-mail address" }

  package func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    try RowTest.each(columns, of: input) { access, field throws(Problem) in
      "regexp_full_match(\(try RowTest.text(access, field)), \(text: Self.regex))"
    }
  }

  /// A dot-atom of RFC 5322 (letters of any script), `@`, and a host name with at least two labels, the last without digits alone.
  package static let regex: String = {
    let atom = #"[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+"#
    let label = #"[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?"#
    return "\(atom)(?:\\.\(atom))*@(?:\(label)\\.)+(?:\\p{L}{2,63}|xn--[a-zA-Z0-9-]{2,59})"
  }()
}
