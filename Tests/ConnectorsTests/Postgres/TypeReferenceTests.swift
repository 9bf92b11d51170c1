import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

/// Writes `docs/reference/types.md` from what the connectors decide, for the types whose round trips `PostgresReadTests` proves.
@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct TypeReferenceTests {
  @Test func theReferenceIsWhatTheConnectorsDecide() async throws {
    let folder = try TemporaryFolder()
    var lines = [TypeReferenceTests.introduction]
    for (index, (type, values)) in PostgresReadTests.types.enumerated() {
      let pg = try PostgresFixture("reference_\(index)")
      try pg.run("CREATE TABLE a (v \(type))")
      let (schema, _, _) = try await pg.read(.table("a"))
      let carried = schema.columns[0].type
      var cells = ["`\(type)`", carried == .numeric ? "exact number as text" : "`\(carried)`"]
      cells.append(try await landing(schema, pg.postgres, .table("b")) { $0.statements.first.map(columnType) ?? "–" })
      for (id, ending) in [("parquet", "parquet"), ("json", "json"), ("csv", "csv")] {
        let connector = try #require(Connectors.catalog.type(named: id))
        let setting = Setting(.map([]), at: Location(file: "types", line: 1, column: 1))
        let made = try connector.make(setting, ConnectorContext(name: id, directory: folder.path, extensions: "/"))
        let destination = try #require(made as? any Destination)
        cells.append(
          try await landing(schema, destination, .path(folder.file("t.\(ending)"))) {
            "`\($0.landing.columns[0].type)`"
          })
      }
      cells.append(values.map { "`\($0)`" }.joined(separator: " "))
      lines.append("| \(cells.joined(separator: " | ")) |")
    }
    let text = lines.joined(separator: "\n") + "\n"
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/reference/types.md")
      .standardized
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(
      try String(contentsOf: file, encoding: .utf8) == text,
      "docs/reference/types.md is stale; UPDATE_GOLDEN=1 rewrites it")
  }

  private func landing(
    _ schema: Schema, _ destination: any Destination, _ target: WriteRequest.Target, _ words: (Load) -> String
  ) async throws -> String {
    do {
      return words(
        try await destination.prepare(
          WriteRequest(
            target: target, mode: .replace, key: [], schemaPolicy: .evolve, schema: schema, options: nil, step: "types",
            location: nil,
            stateKey: "types", runID: "types", time: "2026-01-01T00:00:00Z")))
    } catch let problem as Problem {
      return "refused: `\(problem.code)`"
    }
  }

  /// `CREATE TABLE … ("v" numeric(3,1))` → `numeric(3,1)`.
  private func columnType(_ statement: String) -> String {
    guard let start = statement.range(of: "(\"v\" ") else { return "–" }
    return "`\(statement[start.upperBound...].dropLast())`"
  }

  private static let introduction = """
    # Types

    What a column of each PostgreSQL type is inside a pipeline, and what it lands as in a new target. This page is written by a test
    from the connectors' own decisions; other tests write the values of the last column, read them back and compare them byte by byte,
    also through the engine. A type without an exact form in a target is refused before anything moves; pick a cast in the pipeline.

    A new PostgreSQL table gets the source's own types (`varchar(20)`, `jsonb`, `inet`, ranges, enums if the server has them, else text), also behind
    transforms for columns that come through unchanged. The engine has no exact number beyond 38 digits, so it carries `numeric` without precision as
    text: it lands as `numeric` again where it came through unchanged, and comparing or adding it in a transform needs a cast.

    | PostgreSQL | in the pipeline | new PostgreSQL table | Parquet | JSON | CSV | values proved to come back |
    |---|---|---|---|---|---|---|
    """
}
