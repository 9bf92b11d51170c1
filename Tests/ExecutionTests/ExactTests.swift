import DuckDB
import Foundation
import Pipelines
import Tabular
import Testing

@testable import Execution

@Suite struct ExactTests {
  @Test(arguments: [
    ("12.5", "12.50"), ("-0.05", "-0.05"), ("+7", "7.00"), ("1.250", "1.25"), (" 3 ", "3.00"),
    ("99999999.99", "99999999.99"),
  ])
  func readsWhatIsExact(text: String, decimal: String) throws {
    #expect(parse(text) == decimal)
  }

  @Test(arguments: ["1.234", "100000000", "", "-", "1e3", "1.2.3", "abc", "1,5", "0x10", "NaN"])
  func refusesWhatIsNot(text: String) { #expect(parse(text) == nil) }

  @Test func theEngineUsesIt() async throws {
    let engine = try Engine()
    try await engine.registerDecimal(DecimalShape(precision: 38, scale: 3))
    let table = try await engine.connection.query(
      "SELECT weir_decimal_38_3(t) FROM (VALUES ('12345678901234567890.125'), ('0.1234'), (NULL), ('-1')) v(t)")
    #expect(table.rows.map { $0[0] } == [.decimal("12345678901234567890.125"), .null, .null, .decimal("-1.000")])
  }

  @Test(arguments: [
    ("100", 7.0, "93"), ("2025-03-01 00:00:00", 1.0, "2025-02-28T23:59:59"),
    ("2025-03-01T00:00:01.5Z", 2.0, "2025-02-28T23:59:59.5Z"),
    ("2025-03-01 10:00:00+02", 3600.0, "2025-03-01 09:00:00+02"), ("abc", 5.0, "abc"),
  ])
  func movesCursorsBack(text: String, lag: Double, expected: String) {
    #expect(
      CursorText.less(text, by: lag).replacingOccurrences(of: " ", with: "T")
        == expected.replacingOccurrences(of: " ", with: "T"))
  }

  private func parse(_ text: String) -> String? {
    var text = text
    let shape = DecimalShape(precision: 10, scale: 2)
    return text.withUTF8 { ExactDecimal.parse(UnsafeRawBufferPointer($0), shape) }.map {
      DecimalText.text($0, scale: 2)
    }
  }
}
