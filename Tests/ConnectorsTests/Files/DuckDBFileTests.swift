import Pipelines
import Tabular
import Testing

@Suite struct DuckDBFileTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  @Test func everyModeLandsInOneTransactionWithItsState() async throws {
    let database = try files.connector("duckdb", ["path": "w.duckdb"])
    let destination = try #require(database as? any Destination)
    let source = try #require(database as? any Source)
    func rows() async throws -> [[String]] {
      try await files.run(source.read(ReadRequest(.table("t"), step: "read")), sorted: true).rows
    }
    let state = [StateEntry(key: "k", value: "7")]
    #expect(try await files.write(to: destination, .table("t"), "SELECT 1::BIGINT AS id, 'a' AS v", mode: .replace, state: state))
    #expect(try await files.write(to: destination, .table("t"), "SELECT 2::BIGINT AS id, 'b' AS v", mode: .append))
    #expect(try await rows() == [["1", "a"], ["2", "b"]])
    #expect(
      try await files.write(
        to: destination, .table("t"), "SELECT 2::BIGINT AS id, 'B' AS v UNION ALL SELECT 3, 'c'", mode: .merge, key: ["id"]))
    #expect(try await rows() == [["1", "a"], ["2", "B"], ["3", "c"]])
    #expect(try await files.write(to: destination, .table("t"), "SELECT 9::BIGINT AS id, 'z' AS v", mode: .replace, visible: false))
    #expect(try await rows().count == 3)
    #expect(try await files.write(to: destination, .table("t"), "SELECT 4::BIGINT AS id, 'd' AS v, 5 AS extra", mode: .append))
    #expect(try await rows().last == ["4", "d", "5"])
    #expect(try await destination.storedState(["k"], for: .table("t")) == ["k": "7"])
    #expect(try await database.resources().map(\.name) == ["_weir_state", "t"])
  }
}
