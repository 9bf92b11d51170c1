import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@Suite struct XLSTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  private func fixture(_ name: String) throws -> Data {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try Data(contentsOf: folder.appendingPathComponent("Fixtures/\(name)"))
  }

  @Test(arguments: [1900, 1904]) func cellsComeAsTheyAreShown(_ epoch: Int) async throws {
    try files.put("o.xls", fixture("orders-\(epoch).xls"))
    let result = try await files.read("excel", "o.xls", sorted: true)
    #expect(result.names == ["id", "имя", "price", "day", "at", "ok", "mixed"])
    #expect(result.types == ["BIGINT", "VARCHAR", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN", "VARCHAR"])
    #expect(
      result.rows == [
        ["1", "ы & <x>", "29.9", "2024-02-29", "2025-01-15T10:30:15", "true", "1"],
        ["2", String(repeating: "b", count: 200), "-0.25", "1999-12-31", "2025-01-15T23:59:59", "false", "x"],
        ["1234567890", "NULL", "1e+300", "NULL", "NULL", "NULL", "2.5"],
      ])
    #expect(try await files.read("excel", "o.xls", columns: ["price", "id"]).names == ["price", "id"])
  }

  @Test func longTextsRunOnOverRecords() async throws {
    try files.put("o.xls", fixture("orders-1900.xls"))
    for sheet in ["Many", "2"] {
      let rows = try await files.read("excel", "o.xls", ["sheet": sheet, "header": false]).rows.map { $0[0] }
      #expect(rows == (0..<48).map { String(repeating: $0 % 2 == 1 ? "ж" : "z", count: 150) + "\($0)" })
    }
    await #expect { _ = try await files.read("excel", "o.xls", ["sheet": "Order"]) } throws: {
      ($0 as? Problem)?.hint == "Did you mean \"Orders\"?"
    }
    await #expect { _ = try await files.write("excel", "w.xls", "SELECT 1 AS a") } throws: {
      ($0 as? Problem)?.code == "not-writable"
    }
  }

  @Test func damagedWorkbooksAreRefused() async throws {
    let whole = Array(try fixture("orders-1900.xls"))
    try files.put("t.xls", Data(whole.prefix(whole.count / 2)))
    await #expect { _ = try await files.read("excel", "t.xls") } throws: { ($0 as? Problem)?.code == "invalid-file" }
    let source = try #require(files.connector("excel") as? any Source)
    var numbers = SeededNumbers(seed: 11)
    for _ in 0..<150 {
      var bytes = whole
      for _ in 0..<20 {
        bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
      }
      try files.put("f.xls", Data(bytes))
      do {
        _ = try await source.read(ReadRequest(.path("f.xls"), step: "r"))
      } catch {
        #expect(error is Problem)
      }
    }
  }
}
