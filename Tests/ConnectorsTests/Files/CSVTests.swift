import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@Suite struct CSVTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  @Test func findsExactTypes() async throws {
    try files.put(
      "a.csv",
      "id,amount,zip,phone,big,day,at,zoned,flag,geo\n1,29.90,00501,+4930,12345678901234567890,2025-01-31,2025-01-31 10:00:00,"
        + "2025-01-31T10:00:00Z,true,52.520006599\n2,3,10115,+4940,1,2025-02-01,2025-02-01 10:00:00.25,2025-02-01T10:00:00Z,false,13.4\n"
    )
    let result = try await files.read("csv", "a.csv", sorted: true)
    #expect(
      result.types == [
        "BIGINT", "DECIMAL(18,2)", "VARCHAR", "VARCHAR", "DECIMAL(38,0)", "DATE", "TIMESTAMP",
        "TIMESTAMP WITH TIME ZONE", "BOOLEAN",
        "DECIMAL(38,18)",
      ])
    #expect(result.rows[0][1] == "29.90" && result.rows[0][2] == "00501" && result.rows[0][4] == "12345678901234567890")
    #expect(result.rows[0][9] == "52.520006599000000000")
  }

  @Test func badRowsAreListedWithFileAndLine() async throws {
    let good = (1...40).map { "\($0),\($0).50,n\($0)\n" }.joined()
    try files.put("r.csv", "id,amount,name\n" + good + "x,1.00,a\n41\n42,1.00,b,c\n43,2.125,d\n44,abc,e\n45,1.00,f\n")
    let result = try await files.read(
      "csv", "r.csv", ["types": ["id": "BIGINT", "amount": "DECIMAL(18,2)"]], sorted: true)
    #expect(result.rows.count == 41)
    #expect(result.rejects.contains { $0[0].hasSuffix("r.csv:42") && $0[1] == "x,1.00,a" && $0[2] == "type" })
    #expect(result.rejects.contains { $0[0].hasSuffix("r.csv:43") && $0[1] == "41" && $0[2] == "missing-columns" })
    #expect(result.rejects.contains { $0[0].hasSuffix("r.csv:44") && $0[2] == "too-many-columns" })
    #expect(result.rejects.contains { $0[0].hasPrefix("43") && $0[1] == "2.125" }, "\(result.rejects)")
    #expect(result.rejects.contains { $0[0].hasPrefix("44") && $0[1] == "abc" })
    #expect(result.rejects.count == 5)
  }

  @Test func strictFailsAtTheFirstBadRow() async throws {
    try files.put("s.csv", "id,name\n1,a\n2\n")
    await #expect(throws: (any Error).self) {
      _ = try await files.read("csv", "s.csv", ["strict": true, "delimiter": ",", "types": ["id": "BIGINT"]])
    }
  }

  @Test func quotesDelimitersAndLineEnds() async throws {
    try files.put("q.csv", "id;text\r\n1;\"a\r\nb\"\r\n2;\"he said \"\"no\"\"\"\r\n3;\"\"\r\n4;\r\n")
    let result = try await files.read("csv", "q.csv", sorted: true)
    #expect(result.rows == [["1", "a\r\nb"], ["2", "he said \"no\""], ["3", ""], ["4", "NULL"]])
  }

  @Test(arguments: ["cp1251", "windows-1251"]) func otherAlphabets(_ encoding: String) async throws {
    let bytes = Data([0xE8, 0xEC, 0xFF, 0x2C, 0x78, 0x0A, 0xCF, 0xF0, 0xE8, 0x2C, 0x31, 0x0A])
    try files.put("c.csv", bytes)
    let result = try await files.read("csv", "c.csv", ["encoding": encoding])
    #expect(result.names == ["имя", "x"])
    #expect(result.rows == [["При", "1"]])
    await #expect { _ = try await files.read("csv", "c.csv") } throws: { ($0 as? Problem)?.code == "wrong-encoding" }
  }

  @Test func byteOrderMarks() async throws {
    try files.put("b.csv", Data([0xEF, 0xBB, 0xBF]) + Data("id,x\n1,2\n".utf8))
    #expect(try await files.read("csv", "b.csv").names == ["id", "x"])
    try files.put("u.csv", Data([0xFF, 0xFE]) + (try #require("имя,x\nя,2\n".data(using: .utf16LittleEndian))))
    let wide = try await files.read("csv", "u.csv")
    #expect(wide.names == ["имя", "x"] && wide.rows == [["я", "2"]])
  }

  @Test func emptyAndHeaderOnly() async throws {
    try files.put("e.csv", "")
    await #expect { _ = try await files.read("csv", "e.csv") } throws: { ($0 as? Problem)?.code == "empty-file" }
    try files.put("h.csv", "a,b\n")
    let result = try await files.read("csv", "h.csv")
    #expect(result.names == ["a", "b"] && result.rows.isEmpty)
  }

  @Test func aTruncatedGzipIsRefused() async throws {
    let rows: String = "id,x\n" + (0..<20_000).map { "\($0),v\($0 &* 7919)\n" }.joined()
    try files.put("whole.csv", rows)
    try await files.write("csv", "t.csv.gz", "SELECT range AS id, 'v' || hash(range) AS x FROM range(20000)")
    #expect(try await files.read("csv", "t.csv.gz").rows.count == 20_000)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: files.folder.file("t.csv.gz")))
    try files.put("t.csv.gz", bytes.dropLast(30))
    await #expect { _ = try await files.read("csv", "t.csv.gz") } throws: { ($0 as? Problem)?.code == "truncated-file" }
  }

  @Test func filesWithDifferingColumnsComeTogetherByName() async throws {
    try files.put("d/1.csv", "id,a\n1,x\n")
    try files.put("d/2.csv", "a,id,b\ny,2,7.5\n")
    let result = try await files.read("csv", "d/*.csv", sorted: true)
    #expect(result.names == ["id", "a", "b"])
    #expect(result.rows == [["1", "x", "NULL"], ["2", "y", "7.5"]])
  }

  @Test func columnsAndFiltersAreTakenFromTheFile() async throws {
    try files.put("f.csv", "id,amount,name\n1,1.50,a\n2,20.25,b\n3,3.00,c\n")
    let result = try await files.read("csv", "f.csv", columns: ["id", "amount"], filter: "amount > 2", sorted: true)
    #expect(result.rows == [["2", "20.25"], ["3", "3.00"]])
    await #expect { _ = try await files.read("csv", "f.csv", columns: ["amout"]) } throws: {
      ($0 as? Problem)?.hint == "Did you mean \"amount\"?"
    }
  }

  @Test func aNearFileIsNamed() async throws {
    try files.put("orders.csv", "a\n1\n")
    await #expect { _ = try await files.read("csv", "order.csv") } throws: {
      ($0 as? Problem)?.code == "file-not-found" && ($0 as? Problem)?.hint == "Did you mean \"orders.csv\"?"
    }
  }
}
