import Tabular

/// Adds columns of another step to rows with the same key.
package struct Join: Operation {
  package enum Kind: String, AliasedChoice {
    case left, inner, right, full, semi, anti
    package static let otherSpellings: [String: Kind] = [
      "leftouter": .left, "rightouter": .right, "fullouter": .full, "outer": .full, "leftjoin": .left,
      "innerjoin": .inner,
      "rightjoin": .right, "fulljoin": .full, "exists": .semi, "notexists": .anti,
    ]
  }

  package struct Settings: Sendable {
    var with: FieldName?
    var kind = Kind.left
    var on: JoinKeys?
    var primaryKey: [FieldName] = []
    var foreignKey: [FieldName] = []
    var included: [FieldName]?
  }

  package static let manifest = OperationManifest(
    name: "join", aliases: ["enrich", "merge_join"],
    summary:
      "Adds columns of another step to the rows with the same key; a column whose name is taken gets the step's name in front.",
    example: """
      - join: { with: crm, on: email, included_fields: [crm_id, customer_segment] }
      - join: { with: customers, type: inner, on: { customer_id: id } }
      """,
    shown: Example(
      """
      - { order: 1, email: ann@example.com }
      - { order: 2, email: bob@example.com }
      - { order: 3, email: null }
      """, with: ["crm": "- { email: ann@example.com, crm_id: C-1, customer_segment: Premium, since: 2020 }"],
      gives: """
        - { order: 1, email: ann@example.com, crm_id: C-1, customer_segment: Premium }
        - { order: 2, email: bob@example.com, crm_id: null, customer_segment: null }
        - { order: 3, email: null, crm_id: null, customer_segment: null }
        """),
    badValues: "An empty key matches nothing. A key that occurs several times in the other step repeats "
      + "the row. Afterwards rows stand in no particular order unless they are sorted. Keys that can't be equal (text and number) are refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.with, "with", "The step whose columns are added.").required().also(
        "join_source", "source", "right", "table", "step")
      Field(\.kind, "join_type", "Which rows stay.").also("type", "how", "kind")
      Field(
        \.on, "on",
        "Columns of the same name, or a map of a column here to one there (or `left` and `right` of each pair)."
      ).also(
        "keys", "key", "join_key")
      Field(\.primaryKey, "primary_key", "Key columns of these rows.").also("left_key", "left_on", "source_key")
      Field(\.foreignKey, "foreign_key", "Key columns of the other step; the same names if not given.").also(
        "right_key", "right_on", "target_key")
      Field(\.included, "included_fields", "Columns to add; all but the keys if not given.").also(
        "include", "fields", "columns", "select")
    })

  private let settings: Settings
  private let with: FieldName
  private let keys: [JoinKey]
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let with = settings.with else { throw Problem("missing-setting", "\"with\" is required.", at: location) }
    self.settings = settings
    self.with = with
    self.location = location
    if let on = settings.on {
      keys = on.pairs
    } else {
      let there = settings.foreignKey.isEmpty ? settings.primaryKey : settings.foreignKey
      let here = settings.primaryKey.isEmpty ? settings.foreignKey : settings.primaryKey
      guard there.count == here.count else {
        throw Problem(
          "wrong-type", "\"primary_key\" and \"foreign_key\" need the same number of columns.", at: location)
      }
      keys = zip(here, there).map { JoinKey(here: $0, there: $1) }
    }
    guard !keys.isEmpty else {
      throw Problem("missing-setting", "\"join\" needs \"on\", or \"primary_key\" and \"foreign_key\".", at: location)
    }
  }

  package var otherInputs: [String] { [with.name] }

  package var effect: String {
    let on = keys.map { $0.here.name == $0.there.name ? $0.here.name : "\($0.here.name) = \($0.there.name)" }.joined(
      separator: ", ")
    return switch settings.kind {
    case .semi: "Keeps rows that \"\(with.name)\" has a match for, on \(on)."
    case .anti: "Keeps rows that \"\(with.name)\" has no match for, on \(on)."
    default: "Joins \"\(with.name)\" (\(settings.kind.rawValue)) on \(on)."
    }
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    let other = try context.other(with)
    var conditions: [SQL] = []
    var pairs: [(here: FieldAccess, there: FieldAccess)] = []
    for key in keys {
      let pair = try key.resolved(here: input, there: other, named: with.name)
      conditions.append("\(pair.here.sql) = \(pair.there.sql)")
      pairs.append(pair)
    }
    let kind: SQL = SQL(raw: settings.kind.rawValue.uppercased())
    var list: [SQL] = input.schema.columns.map { column in
      if settings.kind == .right || settings.kind == .full,
        let pair = pairs.first(where: { $0.here.path.isEmpty && $0.here.root.name == column.name })
      {
        return "coalesce(l.\(name: column.name), \(pair.there.sql)) AS \(name: column.name)"
      }
      return "l.\(name: column.name)"
    }
    if settings.kind != .semi && settings.kind != .anti { list += try added(of: other, to: input, pairs) }
    return "SELECT \(list) FROM \(input.sql) AS l \(kind) JOIN \(other.sql) AS r ON \(conditions, separator: " AND ")"
  }

  private func added(
    of other: Relation, to input: Relation, _ pairs: [(here: FieldAccess, there: FieldAccess)]
  ) throws(Problem) -> [SQL] {
    let columns: [FieldName]
    if let included = settings.included {
      columns = included
    } else {
      let keys = Set(pairs.filter { $0.there.path.isEmpty }.map(\.there.root.name))
      columns = other.schema.names.filter { !keys.contains($0) }.map { FieldName($0, at: location) }
    }
    var taken = Set(input.schema.names.map { $0.lowercased() })
    var list: [SQL] = []
    for column in columns {
      let access = try other.field(column, of: "r")
      var name = access.path.last ?? access.root.name
      if taken.contains(name.lowercased()) { name = "\(with.name)_\(name)" }
      guard taken.insert(name.lowercased()).inserted else {
        throw Problem(
          "name-taken", "Two columns would be called \"\(name)\".", hint: "Rename one of them before the join.",
          at: column.location)
      }
      list.append("\(access.sql) AS \(name: name)")
    }
    return list
  }
}

/// Pairs of columns: `email`, `[a, b]`, `{customer_id: id}`, `[{left: customer_id, right: id}]` or `orders.customer_id = customers.id`.
struct JoinKeys: SettingValue {
  var pairs: [JoinKey] = []

  static var kind: SettingKind { .any }
  var display: String? { nil }

  init(setting: Setting) throws(Problem) {
    if case .map = setting.content {
      pairs = try Self.pairs(of: setting)
      return
    }
    for element in setting.elements {
      if case .map = element.content {
        pairs += try Self.pairs(of: element)
        continue
      }
      let field = try FieldName(setting: element)
      let sides = field.name.split(separator: "=", omittingEmptySubsequences: true).map { side in
        String(side.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
      pairs.append(
        sides.count == 2
          ? JoinKey(here: FieldName(sides[0], at: field.location), there: FieldName(sides[1], at: field.location))
          : JoinKey(here: field, there: field))
    }
  }

  private static func pairs(of map: Setting) throws(Problem) -> [JoinKey] {
    if let left = map["left"], let right = map["right"], map.entries.count == 2 {
      return [JoinKey(here: try FieldName(setting: left), there: try FieldName(setting: right))]
    }
    var result: [JoinKey] = []
    for entry in map.entries {
      let here = try FieldName(checking: entry.key, at: entry.keyLocation)
      result.append(JoinKey(here: here, there: try FieldName(setting: entry.value)))
    }
    return result
  }
}

/// A pair of columns that must be equal.
struct JoinKey: Sendable {
  let here: FieldName
  let there: FieldName

  /// The two columns; sides the wrong way round, and a step's name in front of a column, are understood.
  func resolved(
    here left: Relation, there right: Relation, named other: String
  ) throws(Problem) -> (here: FieldAccess, there: FieldAccess) {
    func find(_ field: FieldName, in relation: Relation, _ alias: String) -> FieldAccess? {
      if let access = try? relation.field(field, of: alias) { return access }
      guard let dot = field.name.firstIndex(of: ".") else { return nil }
      return try? relation.field(
        FieldName(String(field.name[field.name.index(after: dot)...]), at: field.location), of: alias)
    }
    let isSwapped = here.name.hasPrefix(other + ".") && !there.name.hasPrefix(other + ".")
    if !isSwapped, let a = find(here, in: left, "l"), let b = find(there, in: right, "r") { return try checked(a, b) }
    if let a = find(there, in: left, "l"), let b = find(here, in: right, "r") { return try checked(a, b) }
    return (try left.field(here, of: "l"), try right.field(there, of: "r"))
  }

  private func checked(
    _ left: FieldAccess, _ right: FieldAccess
  ) throws(Problem) -> (here: FieldAccess, there: FieldAccess) {
    if left.type.isText && right.type.isNumber || left.type.isNumber && right.type.isText {
      throw Problem(
        "wrong-type",
        "\"\(here.name)\" is \(left.type.inWords) here and \(right.type.inWords) there, so no value would be equal.",
        hint: "Cast one of them first: `- cast: { \(here.name): text }`.", at: here.location)
    }
    return (left, right)
  }
}
