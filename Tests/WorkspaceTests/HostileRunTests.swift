import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

@testable import Connectors

/// Whole runs with hostile texts as parameters, values and names of columns: each means itself, or the run is refused and nothing lands.
@Suite(.serialized) struct HostileRunTests {
  /// - Parameter read: the first step, `rows`, with a column `name`.
  private static func pipeline(_ read: String, column: String) -> String {
    """
    name: hostile
    parameters: { who: { default: x } }
    steps:
      - id: rows
        description: "{{ who }}"
        read: \(read)
      - id: said
        transform:
          sql: "SELECT *, '{{ who }}' AS plain, E'{{ who }}' AS escaped /* {{ who }} */ FROM rows -- {{ who }}"
      - id: done
        transform:
          - filter: { field: name, operator: equals, value: "{{ who }}" }
          - filter: "name = '{{ who }}' OR plain = 'x{{ who }}'"
          - add: { upper: "concat('<', '{{ who }}', '>')" }
      - id: land
        write: { from: done, to: out.json, mode: replace, filter: "escaped = '{{ who }}'", mapping: { \(column): column } }
    """
  }

  /// - Returns: the rows that landed; nil if the run was refused.
  private func run(_ text: String, who: String, in folder: TemporaryFolder) async throws -> [[String: String]]? {
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    let out = folder.file("out.json")
    do {
      let run = try await workspace.run(
        RunRequest(PipelineText(file: "hostile.yaml", text: text), parameters: ["who": who]))
      guard run.status == .success else {
        #expect(run.status == .failed && !run.problems.isEmpty, "\(run.status)")
        #expect(!FileManager.default.fileExists(atPath: out))
        return nil
      }
    } catch let invalid as InvalidPipeline {
      #expect(!invalid.problems.all.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: out))
      return nil
    }
    let rows = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: out)))
    return (rows as? [[String: Any]] ?? []).map { $0.mapValues { "\($0)" } }
  }

  private func expect(_ rows: [[String: String]]?, mean text: String) {
    guard !text.contains("\0") else {
      #expect(rows == nil, "\(text.debugDescription)")
      return
    }
    let row = ["name": text, "column": "1", "plain": text, "escaped": text, "upper": "<\(text)>"]
    #expect(rows == [row], "\(text.debugDescription)")
  }

  @Test func textsMeanThemselvesInRunsOverFiles() async throws {
    for text in HostileText.few {
      let folder = try TemporaryFolder()
      // A column can't be called so; its value can.
      let column = text.contains("\0") || ["plain", "name"].contains(text) ? "a" : text
      let others = ["other", "canary", ""].map {
        "{\"name\": \(Value.text($0).jsonText), \(Value.text(column).jsonText): 2}"
      }
      let own = "{\"name\": \(Value.text(text).jsonText), \(Value.text(column).jsonText): 1}"
      let given = "[\((others + [own]).joined(separator: ",\n"))]"
      try Data(given.utf8).write(to: URL(fileURLWithPath: folder.file("in.json")))
      let name = Value.text(column).jsonText
      let columns = column.contains("{{") || column.contains("${") ? "" : ", columns: [\(name), name]"
      let read = "{ from: in.json\(columns), filter: \"name = '{{ who }}'\" }"
      let pipeline = Self.pipeline(read, column: Value.text(column).jsonText)
      expect(try await run(pipeline, who: text, in: folder), mean: text)
      #expect(try String(contentsOfFile: folder.file("in.json"), encoding: .utf8) == given)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(Set(left).isSubset(of: [".weir", "in.json", "out.json"]), "\(text.debugDescription): \(left)")
    }
  }

  @Test(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed"))
  func textsMeanThemselvesInRunsFromPostgres() async throws {
    var settings = PostgresSettings()
    settings.host = "127.0.0.1"
    settings.port = try PostgresServer.shared.get().port
    settings.database = "postgres"
    settings.password = Secret("secret")
    settings.sslMode = .disable
    let pg = try PostgresConnection(settings)
    try pg.run("DROP SCHEMA IF EXISTS hostile_run CASCADE; CREATE SCHEMA hostile_run; SET search_path = hostile_run")
    try pg.run("CREATE TABLE t (name text, a int); CREATE TABLE canary AS SELECT 1 AS a")
    for text in HostileText.few { if !text.contains("\0") { try pg.run("INSERT INTO t VALUES (\(text: text), 1)") } }
    let server = "\"postgres://postgres:secret@127.0.0.1:\(settings.port)/postgres?sslmode=disable\""
    let reads = [
      "{ from: \(server), table: hostile_run.t, filter: \"name = '{{ who }}' AND name = E'{{ who }}' -- {{ who }}\" }",
      "{ from: \(server), query: \"SELECT * FROM hostile_run.t WHERE name = E'{{ who }}' /*/ {{ who }} */ AND a = 1\" }",
    ]
    for (number, text) in HostileText.few.enumerated() {
      let folder = try TemporaryFolder()
      let pipeline = Self.pipeline(reads[number % reads.count], column: "a")
      expect(try await run(pipeline, who: text, in: folder), mean: text)
      #expect(try pg.value("SELECT sum(a) FROM canary") == "1", "\(text.debugDescription)")
    }
  }
}
