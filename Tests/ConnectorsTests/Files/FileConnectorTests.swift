import Connectors
import Foundation
import Pipelines
import Tabular
import Testing

@Suite struct FileConnectorTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  @Test func aColumnOfNullsAloneComesBack() async throws {
    #expect(try await files.write("csv", "n.csv", "SELECT unnest(['a', NULL, '', 'b']) AS v"))
    #expect(try await files.write("csv", "i.csv", "SELECT unnest([1, NULL, 2]) AS v"))
  }

  @Test func resourcesOfAFolderTellColumnsAndSizes() async throws {
    try files.put("d/a.csv", "id,price\n1,2.50\n")
    try files.put("d/b.csv", "x\ny\n")
    let resources = try await files.connector("csv", ["path": "d"]).resources()
    #expect(resources.map(\.name) == ["a.csv", "b.csv"])
    #expect(resources[0].columns.map { "\($0.name) \($0.type)" } == ["id BIGINT", "price DECIMAL(18,2)"])
    #expect(resources[0].bytes == 16)
  }

  @Test(arguments: ["avro", "excel", "text"]) func manyRowsComeBack(_ id: String) async throws {
    let query: SQL =
      id == "text"
      ? "SELECT 'v' || range AS line FROM range(25001)"
      : "SELECT range::INTEGER AS id, 'v' || range AS t FROM range(25001)"
    let path = "m.\(id == "excel" ? "xlsx" : id)"
    #expect(try await files.write(id, path, query))
    #expect(try await files.read(id, path).rows.count == 25_001)
  }
}
