import DuckDB
import Pipelines
import Tabular

/// Binds a plan: asks the sources for their columns, turns operations into SQL, checks every SQL against the known columns and decides
/// how rows will land. Nothing is moved.
package struct SchemaCheck: Sendable {
  let engine: Engine
  package let context: RunContext
  let rejects: RejectSink

  package init(_ engine: Engine, _ context: RunContext) {
    self.engine = engine
    self.context = context
    rejects = RejectSink(context)
  }

  /// - Throws: `Problems` of all steps that can be told; steps after a broken one are left out. `AwaitingInput` if all is well but for what
  /// somebody has to decide.
  package func check(_ plan: Plan) async throws -> BoundPlan {
    try await engine.connection.execute("SET TimeZone = 'UTC'")
    try await engine.connection.registerExactFunctions()
    try await TextFunctions.register(on: engine.connection)
    try refuseLostLetters(plan)
    var bound = BoundPlan(name: plan.name, steps: [], warnings: plan.warnings)
    var problems: [Problem] = []
    var questions: [FieldQuestion] = []
    var broken: Set<String> = []
    let relations = RelationNames(plan)
    for step in plan.steps {
      guard broken.isDisjoint(with: step.inputs) else {
        broken.insert(step.id)
        continue
      }
      do {
        let one = try await bind(step, in: plan, bound, relations)
        bound.warnings += one.extract?.notes.map { $0.located(at: step.location) } ?? []
        bound.steps.append(one)
      } catch is CancellationError {
        throw CancellationError()
      } catch let waiting as AwaitingInput {
        broken.insert(step.id)
        questions += waiting.questions
      } catch {
        broken.insert(step.id)
        problems += (error as? Problems)?.all ?? [Problem.of(error, in: step.id, at: step.location)]
      }
    }
    guard problems.isEmpty else { throw Problems(problems) }
    guard questions.isEmpty else {
      // Rows that were set aside while values were looked at aren't the run's.
      rejects.drop(Set(plan.steps.map(\.id)))
      throw AwaitingInput(questions)
    }
    keepWhatIsReadTwice(&bound, relations)
    if context.letters != nil { bound.keepWhatLettersReach() }
    try await keepOrder(bound)
    return bound
  }

  /// Where rows that a step sets aside go; beside dead letters that go in again, other rows have been kept before.
  func rejects(isFed: Bool) -> RejectSink {
    context.letters == nil || isFed ? rejects : RejectSink(context, isMuted: true)
  }

  /// Dead letters go in where they came from; the place must still be there.
  private func refuseLostLetters(_ plan: Plan) throws {
    for place in Set((context.letters?.letters ?? []).map(\.entrance)) {
      let kinds = place.isLine ? ["read"] : place.operation != nil ? ["transform"] : ["read", "check"]
      guard let step = plan[id: place.step] else {
        throw Problem(
          "changed-step", "The step \"\(place.step)\", which set rows aside, isn't in the pipeline any more.",
          hint: Nearest.hint(place.step, among: plan.steps.map(\.id))
            ?? "Run the pipeline from the beginning with weir run.")
      }
      guard kinds.contains(step.work.kind) else {
        throw Problem(
          "changed-step", "The step \"\(place.step)\", which set rows aside, is a \(step.work.kind) step now.",
          hint: "Run the pipeline from the beginning with weir run.", at: step.location)
      }
    }
  }

  /// Binds one step anew, for a retry: sources open fresh connections, loads fresh transactions.
  func rebind(_ step: BoundStep, in bound: BoundPlan) async throws -> BoundStep {
    let plan = Plan(name: bound.name, steps: bound.steps.map(\.planned))
    var fresh = try await bind(step.planned, in: plan, bound, RelationNames(plan))
    fresh.isKept = step.isKept
    fresh.isProfiled = step.isProfiled
    return fresh
  }

  private func bind(
    _ step: PlannedStep, in plan: Plan, _ bound: BoundPlan, _ relations: RelationNames
  ) async throws -> BoundStep {
    let inputs = step.inputs.map { relations.current($0, for: step.id) }
    var result: BoundStep =
      switch step.work {
      case .read(let source, let spec): try await bindRead(step, source, spec, plan, earlier: bound[id: step.id])
      case .transform(let transform): try await bindTransform(step, transform, inputs, bound)
      case .check(let rules): try await bindCheck(step, rules, inputs, bound)
      case .write(let destination, let spec): try await bindWrite(step, destination, spec, inputs, bound)
      }
    if context.letters != nil {
      result.planned.retry = .none
      result.isFed = result.isFed || inputs.contains { bound[id: $0]?.isFed == true }
    }
    result.inputs = inputs.filter { $0 != result.replacedInput }
    for input in result.inputs { result.upstream.formUnion((bound[id: input]?.upstream ?? []).union([input])) }
    return result
  }

  /// The engine keeps the order of rows only where it is asked to, which costs time and memory: where rows that land, or are kept for
  /// several steps, have been put in order.
  private func keepOrder(_ bound: BoundPlan) async throws {
    for step in bound.steps where step.kind == "write" || step.isKept {
      let plan = try await engine.connection.query("EXPLAIN \(step.select)").rows.map { $0.map(\.description).joined() }
        .joined()
      guard plan.contains("ORDER_BY") || plan.contains("TOP_N") else { continue }
      try await engine.connection.execute("SET preserve_insertion_order = true")
      return
    }
  }

  /// A relation several steps read, or one reads twice, is kept, so that all see the same rows and the source is read once; also one that a step waits for
  /// without reading it.
  private func keepWhatIsReadTwice(_ bound: inout BoundPlan, _ relations: RelationNames) {
    var readers: [String: Int] = [:]
    for step in bound.steps {
      for input in step.planned.inputs {
        readers[relations.current(input, for: step.id), default: 0] += step.planned.rereads.contains(input) ? 2 : 1
      }
    }
    for index in bound.steps.indices {
      let step = bound.steps[index]
      guard step.kind != "write" else { continue }
      let judged = bound.steps.contains { !$0.relationRules.isEmpty && $0.planned.inputs.contains(step.id) }
      // Rows at a boundary are counted one by one as they flow; a query that names the read twice would count them twice.
      let counted =
        step.boundary != nil && bound.steps.contains { $0.kind == "transform" && $0.upstream.contains(step.id) }
      let retried = step.kind == "read" && step.planned.retry.isEnabled
      let awaited = bound.steps.contains { $0.planned.after.contains(step.id) }
      bound.steps[index].isProfiled = isProfiled(step, in: bound)
      bound.steps[index].isKept =
        readers[step.id, default: 0] > 1 || judged || retried || counted || awaited || bound.steps[index].isProfiled
    }
  }

  /// Rows are described where they are kept; those a write lands, at the step it reads. Dead letters that go in again are too few to tell.
  private func isProfiled(_ step: BoundStep, in bound: BoundPlan) -> Bool {
    guard context.letters == nil else { return false }
    let writes = bound.steps.filter { $0.kind == "write" && $0.inputs.contains(step.id) }
    return step.planned.isProfiled || writes.contains { $0.planned.isProfiled || context.options.profile }
  }

  /// Stands `select` in the engine under the step's name.
  /// - Parameter origin: the columns that passed unchanged as they were before, by their names now; they keep what the engine doesn't know
  /// of their types.
  func define(_ step: PlannedStep, _ select: SQL, origin: Schema? = nil) async throws -> Schema {
    try await engine.connection.execute("CREATE OR REPLACE VIEW memory.main.\(name: step.id) AS \(select)")
    return try await describe("SELECT * FROM \(name: step.id)", origin: origin)
  }

  /// The columns of `select`; see `define`.
  func describe(_ select: SQL, origin: Schema?) async throws -> Schema {
    var schema = try await engine.connection.describe(select)
    if let problem = Problem.twins(in: schema.names, of: "the step") { throw problem }
    for index in schema.columns.indices {
      guard let before = origin?[name: schema.columns[index].name],
        before.type.description == schema.columns[index].type.description
      else { continue }
      schema.columns[index].native = before.native
      if before.type == .numeric { schema.columns[index].type = .numeric }
    }
    return schema
  }

  /// Counts the rows of `select` as they flow; a barrier keeps filters of later steps from overtaking the counter. It counts in a column
  /// of its own, for a filter could come before those of `select` itself.
  func counted(_ select: SQL, _ counter: RowCounter) async throws -> SQL {
    let name = engine.uniqueName("weir_count")
    try await engine.connection.registerTap(name) { batch, _ in counter.add(batch.rowCount) }
    let rows: SQL = "SELECT *, \(SQL(raw: name))() AS \(name: name) FROM \(SQL(enclosing: select.text))"
    return "SELECT * EXCLUDE (\(name: name)) FROM (\(rows)) WHERE \(name: name) LIMIT 9223372036854775807"
  }

  func relation(_ id: String, _ bound: BoundPlan) throws -> Relation {
    guard let step = bound[id: id] else { throw Problem("unknown-step", "There is no step \"\(id)\" before this one.") }
    return Relation("\(name: id)", step.schema)
  }
}

/// Which relation a step sees under a name: after a check of `x`, later steps that read `x` see what the check let through.
struct RelationNames {
  private var replacements: [(check: String, of: String, position: Int)] = []
  private var positions: [String: Int] = [:]

  init(_ plan: Plan) {
    for (position, step) in plan.steps.enumerated() {
      positions[step.id] = position
      if case .check = step.work, let input = step.inputs.first { replacements.append((step.id, input, position)) }
    }
  }

  func current(_ name: String, for step: String) -> String {
    let position = positions[step] ?? .max
    return replacements.last { $0.of == name && $0.position < position }.map { current($0.check, for: step) } ?? name
  }
}
