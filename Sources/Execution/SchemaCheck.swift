import DuckDB
import Pipelines
import Tabular

/// Binds a plan: asks the sources for their columns, turns operations into SQL, checks every SQL against the known columns and decides
/// how rows will land. Nothing is moved.
package struct SchemaCheck: Sendable {
  let engine: Engine
  let context: RunContext
  let rejects: RejectSink

  package init(_ engine: Engine, _ context: RunContext) {
    self.engine = engine
    self.context = context
    rejects = RejectSink(folder: context.folder, redact: context.redact)
  }

  /// - Throws: `Problems` of all steps that can be told; steps after a broken one are left out.
  package func check(_ plan: Plan) async throws -> BoundPlan {
    try await engine.connection.execute("SET TimeZone = 'UTC'")
    try await engine.connection.registerExactFunctions()
    var bound = BoundPlan(name: plan.name, steps: [], warnings: plan.warnings)
    var problems: [Problem] = []
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
      } catch {
        broken.insert(step.id)
        problems += (error as? Problems)?.all ?? [Problem.of(error, in: step.id, at: step.location)]
      }
    }
    guard problems.isEmpty else { throw Problems(problems) }
    keepWhatIsReadTwice(&bound, relations)
    return bound
  }

  /// Binds one step anew, for a retry: sources open fresh connections, loads fresh transactions.
  func rebind(_ step: BoundStep, in bound: BoundPlan) async throws -> BoundStep {
    let plan = Plan(name: bound.name, steps: bound.steps.map(\.planned))
    var fresh = try await bind(step.planned, in: plan, bound, RelationNames(plan))
    fresh.isKept = step.isKept
    return fresh
  }

  private func bind(_ step: PlannedStep, in plan: Plan, _ bound: BoundPlan, _ relations: RelationNames) async throws -> BoundStep {
    let inputs = step.inputs.map { relations.current($0, for: step.id) }
    var result: BoundStep =
      switch step.work {
      case .read(let source, let spec): try await bindRead(step, source, spec, plan)
      case .transform(let transform): try await bindTransform(step, transform, inputs, bound)
      case .check(let rules): try await bindCheck(step, rules, inputs, bound)
      case .write(let destination, let spec): try await bindWrite(step, destination, spec, inputs, bound)
      }
    result.inputs = inputs
    for input in inputs { result.upstream.formUnion((bound[id: input]?.upstream ?? []).union([input])) }
    return result
  }

  /// A relation several steps read is kept, so that all see the same rows and the source is read once.
  private func keepWhatIsReadTwice(_ bound: inout BoundPlan, _ relations: RelationNames) {
    var readers: [String: Int] = [:]
    for step in bound.steps {
      for input in step.planned.inputs { readers[relations.current(input, for: step.id), default: 0] += 1 }
    }
    for index in bound.steps.indices {
      let step = bound.steps[index]
      guard step.kind != "write" else { continue }
      let judged = bound.steps.contains { !$0.relationRules.isEmpty && $0.planned.inputs.contains(step.id) }
      let retried = step.kind == "read" && step.planned.retry.isEnabled
      bound.steps[index].isKept = readers[step.id, default: 0] > 1 || judged || retried
    }
  }

  /// Stands `select` in the engine under the step's name.
  /// - Parameter origin: what the rows were before; numbers carried as text stay numbers where the column passed unchanged.
  func define(_ step: PlannedStep, _ select: SQL, origin: Schema? = nil) async throws -> Schema {
    try await engine.connection.execute("CREATE OR REPLACE VIEW \(name: step.id) AS \(select)")
    return try await describe("SELECT * FROM \(name: step.id)", origin: origin)
  }

  /// The columns of `select`; see `define`.
  func describe(_ select: SQL, origin: Schema?) async throws -> Schema {
    var schema = try await engine.connection.describe(select)
    for index in schema.columns.indices where schema.columns[index].type == .text {
      if origin?[name: schema.columns[index].name]?.type == .numeric { schema.columns[index].type = .numeric }
    }
    return schema
  }

  /// Counts the rows of `select` as they flow; a barrier keeps filters of later steps from overtaking the counter.
  func counted(_ select: SQL, _ counter: RowCounter) async throws -> SQL {
    let name = engine.uniqueName("weir_count")
    try await engine.connection.registerTap(name) { batch, _ in counter.add(batch.rowCount) }
    return "SELECT * FROM (\(select)) WHERE \(SQL(raw: name))() LIMIT 9223372036854775807"
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
