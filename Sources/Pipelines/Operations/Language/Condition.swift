import Tabular

/// A condition on a row: SQL text, `{field, operator, value}`, or several joined by `and`, `or`, `not`.
package indirect enum Condition: SettingValue {
  case sql(UserExpression)
  case comparison(Comparison)
  case all([Condition])
  case any([Condition])
  case not(Condition)

  package static var kind: SettingKind { .any }
  package var display: String? { nil }

  package init(setting: Setting) throws(Problem) {
    switch setting.content {
    case .list(let elements): self = .all(try Condition.each(elements, at: setting.location))
    case .map(let entries):
      guard entries.count == 1, let join = Condition.joins[entries[0].key.lowercased()] else {
        self = .comparison(try Comparison(setting: setting))
        return
      }
      let parts = try Condition.each(entries[0].value.elements, at: entries[0].value.location)
      self = join(parts)
    default: self = .sql(try UserExpression(setting: setting))
    }
  }

  private static let joins: [String: @Sendable ([Condition]) -> Condition] = [
    "and": { .all($0) }, "all": { .all($0) }, "or": { .any($0) }, "any": { .any($0) }, "not": { .not(.all($0)) },
  ]

  private static func each(_ settings: [Setting], at location: Location) throws(Problem) -> [Condition] {
    guard !settings.isEmpty else { throw Problem("missing-setting", "needs at least one condition.", at: location) }
    var result: [Condition] = []
    for setting in settings { result.append(try Condition(setting: setting)) }
    return result
  }

  /// An expression over `input`; null where a row's values leave the answer open.
  package func sql(over input: Relation) throws(Problem) -> SQL {
    switch self {
    case .sql(let expression): return expression.sql
    case .comparison(let comparison): return try comparison.sql(over: input)
    case .not(let inner): return "(NOT \(try inner.sql(over: input)))"
    case .all(let parts): return try joined(parts, " AND ", over: input)
    case .any(let parts): return try joined(parts, " OR ", over: input)
    }
  }

  private func joined(_ parts: [Condition], _ word: String, over input: Relation) throws(Problem) -> SQL {
    var list: [SQL] = []
    for part in parts { list.append(try part.sql(over: input)) }
    return list.count == 1 ? list[0] : "(\(list, separator: word))"
  }

  /// The regular expressions it compares with.
  package var patterns: [String] {
    switch self {
    case .sql: []
    case .comparison(let comparison): comparison.patterns
    case .not(let inner): inner.patterns
    case .all(let parts), .any(let parts): parts.flatMap(\.patterns)
    }
  }

  package var words: String {
    switch self {
    case .sql(let expression): expression.text
    case .comparison(let comparison): comparison.words
    case .not(let inner): "not (\(inner.words))"
    case .all(let parts): parts.map(\.groupedWords).joined(separator: " and ")
    case .any(let parts): parts.map(\.groupedWords).joined(separator: " or ")
    }
  }

  private var groupedWords: String {
    switch self {
    case .all(let parts), .any(let parts): parts.count > 1 ? "(\(words))" : words
    case .sql(let expression): expression.text.lowercased().contains(" or ") ? "(\(words))" : words
    default: words
    }
  }
}
