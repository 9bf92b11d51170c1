import Foundation
import TestSupport
import Testing

/// Every example, run with the built program, leaves exactly what its description says.
@Suite(.timeLimit(.minutes(2))) struct ExampleRunTests {
  @Test func customersAreStandardized() async throws {
    try await expect(
      "standardize-customers", writes: "standardized_customers",
      """
      [{"customer_id": 123, "name": "John Doe", "email": "john.doe@example.com", "phone": "(123) 456-7890",
        "full_address": "123 Main St, New York, NY, 10001", "signup_date": "2025-01-15T10:30:00Z"}]
      """)
  }

  @Test func customersAreEnriched() async throws {
    try await expect(
      "enrich-customers", writes: "enriched_customers",
      """
      [{"customer_id": "CUST-001", "email": "john.doe@example.com", "signup_date": "2025-01-15", "crm_id": "CRM-12345",
        "customer_segment": "Premium", "last_purchase_date": "2025-01-10", "total_spent": 1250.75}]
      """)
  }

  @Test func aFileBecomesParquet() async throws {
    let program = try Program()
    let outcome = try await program.weir("run", "examples/csv-to-parquet/pipeline.yaml")
    try #require(outcome.status == 0, "\(outcome)")
    let rows = try await program.rows(
      "SELECT id, name, email, balance, joined FROM read_parquet('$here/uploads/examples/csv-to-parquet/vips.parquet') ORDER BY id")
    #expect(
      rows == [
        "1|Ada Lovelace|ada@example.com|1250.75|2024-12-10",
        "4|Zoë \"Zed\" Müller|NULL|12345678901234.56|2025-02-28",
      ])
  }

  private func expect(_ example: String, writes file: String, _ expected: String) async throws {
    let program = try Program()
    let outcome = try await program.weir("run", "examples/transformations/\(example).yaml")
    try #require(outcome.status == 0, "\(outcome)")
    let rows = try program.json("uploads/examples/transformations/\(file).json")
    #expect(rows == (try JSONSerialization.jsonObject(with: Data(expected.utf8))) as? NSArray)
  }
}
