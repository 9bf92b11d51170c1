import DuckDB
import Pipelines
import Tabular

/// Looks at the rows of a plan's reads, which are kept in the engine meanwhile.
package struct TableProfiler: Sendable {
  private let check: SchemaCheck

  package init(_ check: SchemaCheck) { self.check = check }

  /// The profile of the first read's rows. Rows the source refuses are left out and counted.
  package func profile(_ plan: Plan) async throws -> (profile: RelationProfile, refused: Int) {
    let table = try await tables(of: plan)[0]
    return (table.profile, table.refused)
  }

  /// What can be done about the first read's rows, also with those of the other reads.
  package func suggestions(_ plan: Plan) async throws -> (rows: Int, suggestions: [Suggestion]) {
    let tables = try await tables(of: plan)
    let connection = try await check.engine.connect()
    let found = try await Suggester(connection: connection, relation: tables[0].relation, profile: tables[0].profile)
      .suggestions()
    var joins: [Suggestion] = []
    for other in tables.dropFirst() {
      joins += try await JoinFinder(connection: connection, here: tables[0], there: other).suggestions()
    }
    return (tables[0].profile.rows, found + joins)
  }

  private func tables(of plan: Plan) async throws -> [KeptTable] {
    let bound = try await check.check(plan)
    let connection = try await check.engine.connect()
    let sources = bound.steps.compactMap { $0.extract?.batches }
    return try await withTaskCancellationHandler {
      var tables: [KeptTable] = []
      for step in plan.steps.compactMap({ bound[id: $0.id] }) {
        let name = check.engine.uniqueName("weir_profiled")
        try await connection.execute("CREATE TABLE \(name: name) AS \(step.select)")
        var refused = 0
        if let query = step.extract?.rejects?.query { refused = (try? await connection.query(query).rows.count) ?? 0 }
        let relation: SQL = "memory.main.\(name: name)"
        let profile = try await Profiler(connection).profile(relation, step.schema)
        tables.append(KeptTable(name: step.id, relation: relation, profile: profile, refused: refused))
      }
      return tables
    } onCancel: {
      for source in sources { source.cancel() }
    }
  }
}

/// Rows that stand in the engine, and what they are like.
struct KeptTable: Sendable {
  var name: String
  var relation: SQL
  var profile: RelationProfile
  var refused: Int
}
