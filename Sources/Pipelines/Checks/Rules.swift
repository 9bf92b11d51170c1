import Tabular

/// Rules of one kind, for the reference.
package struct RuleGroup: Sendable {
  package let title: String
  package let types: [RuleType]
}

/// Every data-quality rule of Weir, in the order of the reference.
package enum Rules {
  package static let groups = [
    RuleGroup(
      title: "About each row",
      types: [
        RuleType(NotNull.self), RuleType(AcceptedValues.self), RuleType(WithinRange.self), RuleType(Pattern.self),
        RuleType(Email.self), RuleType(Phone.self), RuleType(OfType.self), RuleType(Relationships.self),
        RuleType(Expression.self),
      ]),
    RuleGroup(
      title: "About the rows as a whole",
      types: [
        RuleType(Unique.self), RuleType(RowCount.self), RuleType(Freshness.self), RuleType(Anomaly.self),
        RuleType(Query.self),
      ]),
  ]

  package static let all = groups.flatMap(\.types)

  /// By name or any documented spelling: case, spaces, `_` and `-` don't matter.
  package static func named(_ name: String) -> RuleType? { index[Operations.fold(name)] }

  private static let index: [String: RuleType] = Dictionary(
    all.flatMap { type in ([type.name] + type.aliases).map { (Operations.fold($0), type) } },
    uniquingKeysWith: { first, _ in first })
}

/// Conditions on columns, as the row rules need them.
enum RowTest {
  /// True where `condition` holds for the value in every column; an empty value passes.
  static func each(
    _ fields: [FieldName], of input: Relation, _ condition: (FieldAccess, FieldName) throws(Problem) -> SQL
  ) throws(Problem) -> RuleTest {
    var parts: [SQL] = []
    var columns: [FieldAccess] = []
    for field in fields {
      let access = try input.field(field)
      parts.append("(\(access.sql) IS NULL OR coalesce(\(try condition(access, field)), FALSE))")
      columns.append(access)
    }
    return .row("(\(parts, separator: " AND "))", columns: columns)
  }

  /// The value as text; nested records and lists are refused.
  static func text(_ access: FieldAccess, _ field: FieldName) throws(Problem) -> SQL {
    switch access.type {
    case .structure, .map, .list, .array, .blob:
      throw Problem(
        "wrong-type", "Column \"\(field.name)\" is \(access.type.inWords), so it has no text to check.",
        at: field.location)
    default: return access.type == .text ? access.sql : "CAST(\(access.sql) AS VARCHAR)"
    }
  }

  static func names(_ fields: [FieldName]) -> String { fields.map { "\"\($0.name)\"" }.joined(separator: ", ") }
}

/// The column names every rule about columns takes.
struct RuleColumns {
  static func field<Settings: Sendable>(
    _ path: any WritableKeyPath<Settings, [FieldName]> & Sendable
  ) -> Field<Settings> {
    Field(path, "columns", "Columns the rule is about, or dotted paths.").required()
      .also("column", "field", "fields", "field_name", "field_names")
  }
}
