import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@Suite struct RoundTripTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  static let values: SQL = """
    SELECT 1 AS id, 'ы😀 "q" , \\ '' ' AS t, 29.90::DECIMAL(18,2) AS price, 99999999999999999999999999999999999999::HUGEINT AS huge,
      0.1::DOUBLE AS d, true AS b, DATE '2024-02-29' AS day, TIMESTAMP '2025-01-15 10:30:00.123456' AS at,
      TIMESTAMPTZ '2025-01-15 10:30:00Z' AS z, 12345678901234567890.123456789012345678::DECIMAL(38,18) AS exact
    UNION ALL SELECT 2, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    UNION ALL SELECT 3, NULL, -0.01, -1, 1e300, false, DATE '0001-01-01', TIMESTAMP '1969-12-31 23:59:59.999999',
      TIMESTAMPTZ '1900-01-01 00:00:00Z', -0.000000000000000001
    """

  @Test(arguments: ["csv", "csv.gz", "json", "jsonl", "jsonl.gz", "parquet"])
  func valuesComeBackAsTheyWere(_ ending: String) async throws {
    let id = ending.hasPrefix("csv") ? "csv" : ending.hasPrefix("json") ? "json" : "parquet"
    #expect(try await files.write(id, "out/v.\(ending)", RoundTripTests.values))
    #expect(try FileManager.default.contentsOfDirectory(atPath: files.folder.file("out")) == ["v.\(ending)"])
  }

  @Test(arguments: ["csv", "json", "jsonl", "parquet"]) func emptyAndManyRows(_ ending: String) async throws {
    let id = ending == "jsonl" ? "json" : ending
    #expect(try await files.write(id, "e.\(ending)", "SELECT 1 AS id, 'x' AS t LIMIT 0"))
    #expect(try await files.write(id, "m.\(ending)", "SELECT range AS id, 'v' || range AS t FROM range(25001)"))
    #expect(try await files.read(id, "m.\(ending)").rows.count == 25_001)
  }

  @Test func avroAndText() async throws {
    #expect(
      try await files.write(
        "avro", "a.avro",
        "SELECT 1 AS id, 'ы' AS t, 29.90::DECIMAL(18,2) AS p, TIMESTAMP '2025-01-15 10:30:00.123456' AS at, [1,2] AS l")
    )
    #expect(try await files.read("avro", "a.avro").rows[0].prefix(3) == ["1", "ы", "29.90"])
    #expect(try await files.write("text", "t.txt", "SELECT unnest(['a \"b\", c', '', '  ы ']) AS line"))
    #expect(
      try await files.read("text", "t.txt", sorted: false).rows.map { $0[0] }.sorted() == ["", "  ы ", "a \"b\", c"])
  }

  @Test func jsonKeepsTextsNumbersAndNesting() async throws {
    let source = #"""
      [{"id": 1, "price": 29.99, "at": "2025-01-15T10:30:00Z", "day": "2025-01-15", "items": [{"sku": "a", "p": 9.95}], "u": "6F0C1D0E-8C3B-4D6A-9A55-0D9F5A2A1A11"},
       {"id": 2, "price": 5, "extra": {"deep": [1, null]}, "big": 12345678901234567890123, "at": null}]
      """#
    try files.put("o.json", source)
    let result = try await files.read("json", "o.json", sorted: true)
    #expect(result.names == ["id", "price", "at", "day", "items", "u", "extra", "big"])
    #expect(result.types[1] == "DECIMAL(18,2)" && result.types[2] == "VARCHAR" && result.types[5] == "VARCHAR")
    #expect(result.types[4] == #"STRUCT("sku" VARCHAR, "p" DECIMAL(18,2))[]"#)
    #expect(result.rows[1][7] == "12345678901234567890123")
    guard let json = try files.connector("json") as? any Source else { return }
    let extract = try await json.read(ReadRequest(.path("o.json"), step: "o"))
    guard case .query(let rows, _) = extract.origin else { return }
    #expect(try await files.write("json", "back.json", rows))
    let back = try files.text("back.json")
    #expect(back.hasPrefix("[\n  {\"id\":") && back.hasSuffix("}\n]\n"))
    #expect(
      back.contains(
        #""price":29.99,"at":"2025-01-15T10:30:00Z","day":"2025-01-15","items":[{"sku":"a","p":9.95}],"u":"6F0C"#))
    #expect(back.contains(#""extra":{"deep":[1,null]},"big":12345678901234567890123"#))
  }

  @Test func recordsInsideADocument() async throws {
    try files.put(
      "d.json", #"{"data": {"items": [{"b": "x", "a": 1, "n": {"q": 2}}, {"a": 2, "b": null, "c": 1.25}]}, "page": 1}"#)
    let result = try await files.read("json", "d.json", ["records": "data.items"])
    #expect(result.names == ["b", "a", "n", "c"])
    #expect(result.rows.map { $0[1] }.sorted() == ["1", "2"])
    #expect(result.rows.map { $0[3] }.sorted() == ["1.25", "NULL"])
    await #expect { _ = try await files.read("json", "d.json", ["records": "data.rows"]) } throws: {
      ($0 as? Problem)?.code == "no-records"
    }
  }

  @Test func nothingIsVisibleBeforeItIsWhole() async throws {
    try files.put("x.json", "old")
    #expect(try await files.write("json", "x.json", "SELECT 1 AS a", visible: false))
    #expect(try files.text("x.json") == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: files.folder.path) == ["x.json"])
    try files.put(".weir-4000000-r0-x.json.tmp", "half")
    try await files.write("json", "x.json", "SELECT 1 AS a")
    #expect(try FileManager.default.contentsOfDirectory(atPath: files.folder.path) == ["x.json"])
    #expect(try files.text("x.json") == "[\n  {\"a\":1}\n]\n")
  }

  @Test func appendingAddsAFileToAFolder() async throws {
    try await files.write("parquet", "p/", "SELECT 1 AS a", mode: .append, runID: "r1")
    try await files.write("parquet", "p/", "SELECT 2 AS a", mode: .append, runID: "r2")
    #expect(try await files.read("parquet", "p", sorted: true).rows == [["1"], ["2"]])
    try files.put("one.csv", "a\n1\n")
    await #expect { _ = try await files.write("csv", "one.csv", "SELECT 1 AS a", mode: .append) } throws: {
      ($0 as? Problem)?.code == "append-needs-folder"
    }
  }
}
