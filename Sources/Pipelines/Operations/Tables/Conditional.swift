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
    badValues: "Where the condition can't be told, because a value is empty, `else` applies.",
    settings: SettingsSchema(Settings()) {
      Field(\.condition, "condition", "SQL text, or `{field, operator, value}`.").required().also("if", "when", "where")
      Field(\.then, "then", "Operations where it holds.").required()
      Field(\.otherwise, "else", "Operations where it doesn't hold, or can't be told.").also("otherwise")
    })

  private let condition: Condition
  private let then: [any FieldOperation]
  private let otherwise: [any FieldOperation]
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    condition = settings.condition
    then = try Self.operations(settings.then)
    otherwise = try Self.operations(settings.otherwise)
    self.location = location
  }

  private static func operations(_ settings: [Setting]) throws(Problem) -> [any FieldOperation] {
    var result: [any FieldOperation] = []
    for setting in settings {
      let operation: any Operation
      do { operation = try Operations.make(setting) } catch { throw Problems.of(error)[0] }
      guard let field = operation as? any FieldOperation else {
        throw Problem(
          "bad-nesting",
          "\"\(Operations.name(in: setting))\" can't stand inside a conditional; only operations that set fields can.",
          hint: "Put it before or after the conditional.", at: setting.location)
      }
      result.append(field)
    }
    return result
  }

  package var reach: OperationReach { .values }
  package var effect: String {
    let yes = then.map(\.effect).joined(separator: " ")
    let no = otherwise.map(\.effect).joined(separator: " ")
    return "Where \(condition.words): \(yes)" + (no.isEmpty ? "" : " Elsewhere: \(no)")
  }

  package func select(from input: Relation, in context: OperationContext) throws(Problem) -> SQL {
    let flag = Self.flag(apartFrom: input.schema)
    var projection = Projection(of: input.schema)
    projection.set(Assignment(flag, "coalesce(\(try condition.sql(over: input)), FALSE)", .boolean))
    var relation = Relation("(\(projection.select(from: input)))", projection.schema)
    let holds: SQL = "\(name: flag)"
    let fails: SQL = "NOT \(name: flag)"
    for (operations, test) in [(then, holds), (otherwise, fails)] {
      for operation in operations {
        var projection = Projection(of: relation.schema)
        for assignment in try operation.assignments(over: relation, in: context) {
          let old = relation.schema[name: assignment.column]
          let rest: SQL = if let old { " ELSE \(name: old.name)" } else { "" }
          var changed = assignment
          changed.value = "CASE WHEN \(test) THEN \(assignment.value)\(rest) END"
          if let old, old.type != assignment.type { changed.type = .other("EXPRESSION") }
          projection.set(changed)
        }
        relation = Relation("(\(projection.select(from: relation)))", projection.schema)
      }
    }
    var final = Projection(of: relation.schema)
    final.remove(flag)
    return final.select(from: relation)
  }

  private static func flag(apartFrom schema: Schema) -> String {
    var name = "__holds"
    while schema[name: name] != nil { name += "_" }
    return name
  }
}
