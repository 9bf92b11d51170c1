import Tabular

/// Sets fields in one way where a condition holds, and in another where it doesn't.
package struct Conditional: Operation {
  package struct Settings: Sendable {
    var condition = Condition.all([])
    var then: [Setting] = []
    var otherwise: [Setting] = []
  }

  package static let manifest = OperationManifest(
    name: "conditional", aliases: ["if", "when", "case"],
    summary: "Applies operations on fields where a condition holds, others where it doesn't.",
    example: """
      - conditional:
          condition: { field: customer_segment, operator: equals, value: VIP }
          then: [ { add: { discount_rate: 0.15 } } ]
          else: [ { add: { discount_rate: 0.05 } } ]
      """,
    shown: Example(
      """
      - { id: 1, customer_segment: VIP }
      - { id: 2, customer_segment: Basic }
      - { id: 3, customer_segment: null }
      """,
      gives: """
        - { id: 1, customer_segment: VIP, discount_rate: 0.15 }
        - { id: 2, customer_segment: Basic, discount_rate: 0.05 }
        - { id: 3, customer_segment: null, discount_rate: 0.05 }
        """),
    badValues:
      "Where the condition can't be told, because a value is empty, `else` applies. A column that would be text in some "
      + "rows and a number, a date or true and false in others is refused before anything runs.",
    settings: SettingsSchema(Settings()) {
      Field(\.condition, "condition", "SQL text, or `{field, operator, value}`.").required().also("if", "when", "where")
      Field(\.then, "then", "Operations on fields where it holds; other conditionals too.").required()
      Field(\.otherwise, "else", "Operations where it doesn't hold, or can't be told.").also("otherwise")
    })

  private let condition: Condition
  /// What applies to some rows: operations on fields, or conditionals about these rows.
  private enum Part: Sendable {
    case fields(any FieldOperation)
    case nested(Conditional)

    var operation: any Operation {
      switch self {
      case .fields(let operation): operation
      case .nested(let conditional): conditional
      }
    }
  }
  private let then: [Part]
  private let otherwise: [Part]
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    condition = settings.condition
    then = try Self.operations(settings.then)
    otherwise = try Self.operations(settings.otherwise)
    self.location = location
  }

  private static func operations(_ settings: [Setting]) throws(Problem) -> [Part] {
    var result: [Part] = []
    for setting in settings {
      let operation: any Operation
      do { operation = try Operations.make(setting) } catch { throw Problems.of(error)[0] }
      if let conditional = operation as? Conditional {
        result.append(.nested(conditional))
        continue
      }
      guard let field = operation as? any FieldOperation else {
        throw Problem(
          "bad-nesting",
          "\"\(Operations.name(in: setting))\" can't stand inside a conditional; only operations that set fields can.",
          hint: "Put it before or after the conditional.", at: setting.location)
      }
      result.append(.fields(field))
    }
    return result
  }

  package var reach: OperationReach { .values }
  private var inner: [any Operation] { (then + otherwise).map(\.operation) }
  package var patterns: [String] { condition.patterns + inner.flatMap(\.patterns) }
  package var formats: [String] { inner.flatMap(\.formats) }
  package var effect: String {
    let yes = then.map(\.operation.effect).joined(separator: " ")
    let no = otherwise.map(\.operation.effect).joined(separator: " ")
    return "Where \(condition.words): \(yes)" + (no.isEmpty ? "" : " Elsewhere: \(no)")
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    var flags: [String] = []
    let relation = try apply(to: input, where: "TRUE", in: context, &flags)
    var final = Projection(of: relation.schema)
    for flag in flags { final.remove(flag) }
    return final.select(from: relation)
  }

  /// - Parameter reached: SQL, never null, true for the rows the conditional is about.
  /// - Parameter flags: columns that keep what was told of a row, to be removed at the end.
  private func apply(
    to input: Relation, where reached: SQL, in context: OperationContext, _ flags: inout [String]
  ) throws(Problem) -> Relation {
    let flag = Self.flag(apartFrom: input.schema)
    flags.append(flag)
    var projection = Projection(of: input.schema)
    let holds: SQL = "coalesce(\(try condition.sql(over: input)), FALSE)"
    projection.set(Assignment(flag, "CASE WHEN \(reached) THEN \(holds) ELSE FALSE END", .boolean))
    var relation = Relation("(\(projection.select(from: input)))", projection.schema)
    for (parts, test) in [(then, "\(name: flag)"), (otherwise, "(\(reached) AND NOT \(name: flag))")] as [([Part], SQL)]
    {
      for part in parts {
        switch part {
        case .nested(let conditional): relation = try conditional.apply(to: relation, where: test, in: context, &flags)
        case .fields(let operation): relation = try set(operation, on: relation, where: test, in: context)
        }
      }
    }
    return relation
  }

  private func set(
    _ operation: any FieldOperation, on relation: Relation, where test: SQL, in context: OperationContext
  ) throws(Problem) -> Relation {
    var projection = Projection(of: relation.schema)
    for assignment in try operation.assignments(over: relation, in: context) {
      let old = relation.schema[name: assignment.column]
      var assignment = assignment
      // Nothing goes with values of any kind.
      if assignment.value == Literal.empty { (assignment.value, assignment.type) = ("NULL", old?.type ?? .null) }
      if let old { try refuseMixture(of: old, with: assignment, in: operation) }
      let rest: SQL = if let old { " ELSE \(name: old.name)" } else { "" }
      var changed = assignment
      changed.value = "CASE WHEN \(test) THEN \(assignment.value)\(rest) END"
      if let old, old.type != assignment.type { changed.type = .other("EXPRESSION") }
      projection.set(changed)
    }
    return Relation("(\(projection.select(from: relation)))", projection.schema)
  }

  /// Values of two kinds can't stand in one column; dates may come where text is, and are text there.
  private func refuseMixture(
    of old: Column, with new: Assignment, in operation: any FieldOperation
  ) throws(Problem) {
    guard let before = Kind(old.type), let after = Kind(new.type), before != after, (before, after) != (.text, .moment)
    else { return }
    throw Problem(
      "wrong-type",
      "Column \"\(old.name)\" would be \(new.type.inWords) in some rows; in the others it is \(old.type.inWords).",
      hint: "Set it to values of one kind, `cast` it to text before, or set another column.",
      at: operation.location)
  }

  /// Kinds of values that don't go together; nil where only the engine can tell.
  private enum Kind {
    case text, number, boolean, moment

    init?(_ type: DataType) {
      if type.isText {
        self = .text
      } else if type == .boolean {
        self = .boolean
      } else if type.isMoment {
        self = .moment
      } else if type.isNumber, type != .numeric {
        self = .number
      } else {
        return nil
      }
    }
  }

  private static func flag(apartFrom schema: Schema) -> String {
    var name = "__holds"
    while schema[name: name] != nil { name += "_" }
    return name
  }
}
