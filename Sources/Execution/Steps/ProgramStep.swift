import DuckDB
import Pipelines
import Tabular

extension SchemaCheck {
  /// Reads the Python code of all steps without running it.
  /// - Throws: `Problems` of all of them.
  package func readPrograms(of plan: Plan) throws(Problems) {
    var problems: [Problem] = []
    for step in plan.steps {
      guard case .transform(.operations(let operations)) = step.work else { continue }
      for program in operations.compactMap(\.program) {
        do { _ = try PythonScript(program, directory: context.directory) } catch {
          problems += Problems.of(error).map { $0.located(at: program.location) }
        }
      }
    }
    guard problems.isEmpty else { throw Problems(problems) }
  }

  /// Lets `relation` flow through a Python function. Nothing is started before rows are wanted.
  /// - Parameter index: the place of the program among the operations of its step.
  func run(
    _ program: PythonProgram, at index: Int, over relation: Relation, in step: inout BoundStep, isFed: Bool
  ) async throws -> Relation {
    var letter = DeadLetter(in: step.id)
    letter.operation = index
    let script = try PythonScript(program, directory: context.directory)
    let rows = try PythonRows(
      program, script, over: relation, letter: letter, engine: engine, context: context, rejects: rejects(isFed: isFed))
    let name = engine.uniqueName("weir_python")
    try await engine.connection.register(rows, as: name)
    step.programs.append(rows)
    let select = rows.shape.takenBack(from: SQL(raw: name))
    return Relation("(\(select))", try await engine.connection.describe(select))
  }
}
