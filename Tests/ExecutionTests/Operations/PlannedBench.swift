import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport

/// Rows in, the steps of a pipeline's text, rows out: parsed, planned and bound as a run does it, then read without being moved.
struct PlannedBench {
  private let folder: TemporaryFolder
  private let catalog = Catalog([ConnectorType(QuerySource.self)])

  init() throws { folder = try TemporaryFolder() }

  /// Files in the folder of the pipeline.
  func write(_ text: String, to path: String) throws {
    let url = URL(filePath: folder.file(path))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  /// - Parameter given: Step → SELECT of its rows.
  /// - Parameter steps: A YAML list of steps, as text.
  func bind(
    _ given: [(String, SQL)], _ steps: String, time: String = "2025-01-16T08:00:00Z"
  ) async throws -> (BoundPlan, Engine) {
    var text = "name: test\nsteps:\n"
    for (id, select) in given {
      text += "  - id: \(id)\n    transform: { sql: \(Value.text(select.text).jsonText) }\n"
    }
    text += steps.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined()
    let spec = try PipelineParser().parse(text, file: "test.yaml")
    let engine = try Engine(folder: folder.path)
    let plan = try await Planner(catalog: catalog, directory: folder.path).plan(spec) { sql async throws in
      try await engine.connection.tableNames(in: sql)
    }
    var context = RunContext(
      runID: "run", pipeline: "test", time: try Date(time, strategy: .iso8601), folder: folder.path)
    context.directory = folder.path
    return (try await SchemaCheck(engine, context).check(plan), engine)
  }

  /// The rows of `step`, in order.
  func rows(
    of step: String, _ given: [(String, SQL)], _ steps: String
  ) async throws -> (schema: Schema, rows: [[Value]]) {
    let (_, engine) = try await bind(given, steps)
    let table = try await engine.connect().query("SELECT * FROM \(name: step)")
    return (table.schema, table.rows)
  }
}

/// Rows as JSON, keys in the order of the columns.
func jsonRows(_ schema: Schema, _ rows: [[Value]]) -> String {
  let lines = rows.map { row in
    "{" + zip(schema.names, row).map { Value.text($0).jsonText + ":" + $1.jsonText }.joined(separator: ",") + "}"
  }
  return "[" + lines.joined(separator: ",\n") + "]"
}
