import Foundation
import TestSupport
import Testing

/// Every example, run with the built program, leaves exactly what its description says.
@Suite(.timeLimit(.minutes(10))) struct ExampleRunTests {
  @Test func ordersOfTwoShopsBecomeOneList() async throws {
    let program = try Program()
    let data = "uploads/examples/ecommerce"
    let made = try await program.run(
      Program.repository.appending(path: "script/make-example-data").path, ["--out", program.folder.file(data)])
    #expect(made.status == 0, "\(made)")
    for _ in 1...2 {
      let outcome = try await program.weir("run", "examples/ecommerce/pipeline.yaml")
      try #require(outcome.status == 0, "\(outcome)")
    }
    let orders = try program.json("\(data)/unified_orders.json")
    #expect(orders.count == 2400)
    let rows = orders.compactMap { $0 as? [String: Any] }
    #expect(Set(rows.compactMap { $0["order_id"] as? String }).count == 2400)
    #expect(
      Set(rows.flatMap(\.keys)) == [
        "order_id", "source", "customer_name", "email", "phone", "status", "items", "total", "currency", "ordered_at",
      ])
    #expect(Set(rows.compactMap { $0["status"] as? String }) == ["completed", "pending", "cancelled", "refunded"])
    #expect(rows.allSatisfy { ($0["email"] as? String).map { $0 == $0.lowercased() && $0.contains("@") } ?? true })
    #expect(rows.contains { $0["customer_name"] as? String == "Søren O'neill" })
    let facts = try await program.rows(
      """
      SELECT count(*), count(DISTINCT order_id), count(email), sum(total)::DECIMAL(18, 2), typeof(any_value(total)), typeof(any_value(ordered_at))
      FROM shop.unified_orders
      """, attaching: "\(data)/shop.duckdb")
    #expect(facts == ["2400|2400|2379|983333.06|DECIMAL(18,2)|TIMESTAMP WITH TIME ZONE"])
  }

  @Test func customersAreStandardized() async throws {
    try await expect(
      "standardize-customers", writes: "standardized_customers",
      """
      [{"customer_id": 123, "name": "John Doe", "email": "john.doe@example.com", "phone": "(123) 456-7890",
        "full_address": "123 Main St, New York, NY, 10001", "signup_date": "2025-01-15T10:30:00Z"}]
      """)
  }

  @Test func transactionsAreAggregatedExactly() async throws {
    try await expect(
      "daily-totals", writes: "daily_totals",
      """
      [{"customer_id": "CUST-001", "date": "2025-01-15", "total_amount": 449.97, "avg_amount": 149.99, "transaction_count": 3}]
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

  @Test func completedOrdersAreMappedToTheTarget() async throws {
    let program = try Program()
    let outcome = try await program.weir("run", "examples/transformations/daily-orders.yaml")
    try #require(outcome.status == 0, "\(outcome)")
    var rows = try program.json("uploads/examples/transformations/daily_orders.json").compactMap {
      $0 as? [String: Any]
    }
    for index in rows.indices {
      let time = rows[index].removeValue(forKey: "processed_timestamp") as? String
      #expect(time?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil, "\(time ?? "nothing")")
    }
    let expected = """
      [{"order_id": "ORD-001", "customer_id": "CUST-123", "product_name": "Wireless Mouse", "quantity": 2, "unit_price": 29.99,
        "total_price": 59.98, "order_date": "2025-01-15T10:30:00Z", "status": "completed", "customer_email": "john.doe@example.com"},
       {"order_id": "ORD-003", "customer_id": "CUST-123", "product_name": "Usb Cable", "quantity": 3, "unit_price": 9.99,
        "total_price": 29.97, "order_date": "2025-01-15T14:20:00Z", "status": "completed", "customer_email": "john.doe@example.com"}]
      """
    let sorted = rows.sorted { ($0["order_id"] as? String ?? "") < ($1["order_id"] as? String ?? "") }
    #expect(sorted as NSArray == (try JSONSerialization.jsonObject(with: Data(expected.utf8))) as? NSArray)
  }

  @Test(arguments: ["standardize-customers", "daily-totals", "enrich-customers"])
  func theTestsInsideAPipelinePass(_ name: String) async throws {
    let outcome = try await Program().weir("test", "examples/transformations/\(name).yaml")
    #expect(outcome.status == 0, "\(outcome)")
  }

  @Test func aFileBecomesParquet() async throws {
    let program = try Program()
    let outcome = try await program.weir("run", "examples/csv-to-parquet/pipeline.yaml")
    try #require(outcome.status == 0, "\(outcome)")
    let rows = try await program.rows(
      "SELECT id, name, email, balance, joined FROM read_parquet('$here/uploads/examples/csv-to-parquet/vips.parquet') ORDER BY id"
    )
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
