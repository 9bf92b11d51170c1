import DuckDB
import Pipelines
import Tabular

/// What the rows are after one operation of a step.
struct OperationStage: Sendable {
  /// The operation as it is called in pipeline files.
  var name: String
  var location: Location
  /// Whether it makes of each row one row.
  var keepsRows: Bool
  var relation: Relation
}

/// A step met a value it can't use, told of the operation that did.
struct FoundFailure {
  var step: String
  var problem: Problem
}

extension StepAttempts {
  /// Attempts that took longer are not run again to find what failed.
  private static let longest = Duration.seconds(60)

  /// All steps of a flow are one statement of the engine, which doesn't say where in it a value failed. So each step, and then each
  /// operation, takes the rows once more, bound anew, until one fails.
  /// - Returns: nil if the error isn't about a value, names its place already, or no step before `step` has it by itself.
  func search(for error: any Error, in step: BoundStep, _ plan: BoundPlan, after time: Duration) async -> FoundFailure?
  {
    guard let error = error as? DuckDBError, error.isAboutValue, SourceFailure.shared.cause(of: error) == nil,
      Refusal.problem(in: error.message, at: nil) == nil, time < Self.longest
    else { return nil }
    let flow = plan.flow(into: step, sinks: report.sinks)
    guard flow.allSatisfy(\.programs.isEmpty), check.context.letters == nil else { return nil }
    // What rules set aside meanwhile has been kept before.
    defer { check.rejects.drop(Set(flow.map(\.id))) }
    var plan = plan
    do {
      let connection = try await check.engine.connect()
      for other in flow where other.kind != "write" {
        let fresh = try await check.rebind(other, in: plan)
        guard let index = plan.steps.firstIndex(where: { $0.id == other.id }) else { return nil }
        plan.steps[index] = fresh
        if let failure = try await failure(of: "SELECT * FROM \(name: fresh.id)", on: connection) {
          return FoundFailure(step: fresh.id, problem: try await problem(failure, in: fresh, on: connection))
        }
      }
    } catch {
      return nil
    }
    return nil
  }

  private func problem(_ failure: DuckDBError, in step: BoundStep, on connection: Connection) async throws -> Problem {
    for stage in step.stages {
      let rows: SQL = "SELECT * FROM \(stage.relation.sql)"
      guard let failure = try await self.failure(of: rows, on: connection) else { continue }
      var subject = "\"\(stage.name)\""
      if stage.keepsRows, let column = try await column(of: stage, on: connection) {
        subject += " of column \"\(column)\""
      }
      return Problem.of(failure, in: step.id, as: "\(subject) in step \"\(step.id)\"", at: stage.location)
    }
    return Problem.of(failure, in: step.id, as: "Step \"\(step.id)\"", at: step.planned.location)
  }

  /// The first column that can't be computed; nil if none can.
  private func column(of stage: OperationStage, on connection: Connection) async throws -> String? {
    var failing: [String] = []
    let names = stage.relation.schema.names
    for name in names.prefix(50) {
      let values: SQL = "SELECT \(name: name) FROM \(stage.relation.sql)"
      if try await failure(of: values, on: connection) != nil { failing.append(name) }
    }
    return failing.count < names.count ? failing.first : nil
  }

  /// How computing all values of a query fails; nil if it doesn't.
  private func failure(of query: SQL, on connection: Connection) async throws -> DuckDBError? {
    do {
      _ = try await connection.query("SELECT max(hash(COLUMNS(*))) FROM \(SQL(enclosing: query.text))")
      return nil
    } catch let error as DuckDBError where error.isAboutValue {
      return error
    }
  }
}

extension DuckDBError {
  /// Whether a value is what the engine couldn't use.
  fileprivate var isAboutValue: Bool {
    switch kind {
    case .conversion, .invalidInput: true
    case .other: message.hasPrefix("Out of Range Error")
    default: false
    }
  }
}
