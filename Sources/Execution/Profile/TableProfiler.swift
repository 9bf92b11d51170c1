import DuckDB
import Pipelines
import Tabular

/// Describes the rows of a plan's one read.
package struct TableProfiler: Sendable {
  private let check: SchemaCheck

  package init(_ check: SchemaCheck) { self.check = check }

  /// Rows the source refuses are left out and counted.
  package func profile(_ plan: Plan) async throws -> (profile: RelationProfile, refused: Int) {
    let bound = try await check.check(plan)
    guard let step = bound.steps.last else { return (RelationProfile(rows: 0, columns: []), 0) }
    let connection = try await check.engine.connect()
    let sources = bound.steps.compactMap { $0.extract?.batches }
    return try await withTaskCancellationHandler {
      try await connection.execute("CREATE TABLE weir_profiled AS \(step.select)")
      var refused = 0
      if let query = step.extract?.rejects?.query { refused = (try? await connection.query(query).rows.count) ?? 0 }
      return (try await Profiler(connection).profile("memory.main.weir_profiled", step.schema), refused)
    } onCancel: {
      for source in sources { source.cancel() }
    }
  }
}
