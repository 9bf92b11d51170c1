import Pipelines
import Tabular
import Testing

@Suite struct ExcelTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  @Test func sheetsComeBackAsTheyWere() async throws {
    let rows: SQL = """
      SELECT 1::INTEGER AS id, 'ы & <x>' AS t, 29.90::DECIMAL(10,2) AS p, true AS b, DATE '2024-02-29' AS day,
        9007199254740993::BIGINT AS big, 0.1::DOUBLE AS d
      UNION ALL SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL
      """
    #expect(try await files.write("excel", "a.xlsx", rows))
    let result = try await files.read("excel", "a.xlsx", sorted: true)
    #expect(result.types == ["BIGINT", "VARCHAR", "DOUBLE", "BOOLEAN", "DATE", "VARCHAR", "DOUBLE"])
    #expect(result.rows[0] == ["1", "ы & <x>", "29.9", "true", "2024-02-29", "9007199254740993", "0.1"])
  }

  @Test func aRangeOfASheet() async throws {
    try await files.write(
      "excel", "r.xlsx", "SELECT range::INTEGER AS id, 'v' || range AS t FROM range(20)", ["sheet": "Data"])
    let result = try await files.read("excel", "r.xlsx", ["sheet": "Data", "range": "A1:B4"], sorted: true)
    #expect(result.rows == [["0", "v0"], ["1", "v1"], ["2", "v2"]])
    await #expect(throws: Problem.self) { _ = try await files.read("excel", "r.xlsx", ["sheet": "Nope"]) }
  }

  @Test func columnsThatBeginEmptyComeBack() async throws {
    let rows: SQL = """
      SELECT * FROM (VALUES (1, NULL::DATE, NULL::DOUBLE, NULL::BOOLEAN, NULL::DECIMAL(9,2), NULL), (2, DATE '2024-02-29', 0.1, false, 29.90, ''),
        (3, DATE '1969-12-31', 1e300, true, -0.01, '45351.0')) AS t (id, day, v, ok, price, s)
      """
    #expect(try await files.write("excel", "n.xlsx", rows))
  }
}
