import Execution
import Foundation
import TestSupport
import Testing
import Workspace

/// Every transformation of the documents, inside a pipeline that runs as `weir run` runs it. Another example is another entry.
@Suite struct WorkedRunTests {
  @Test(arguments: cases)
  func givesTheDocumentedRows(_ example: PipelineCase) async throws {
    let run = try await example.run()
    #expect(run.status == .success, "\(run.rejects) \(run.checks)")
  }

  @Test func invalidAddressesStopTheRunAndAreShown() async throws {
    let example = PipelineCase(
      "invalid addresses",
      #"[{"e": "john@example.com"}, {"e": "notanemail"}, {"e": "@company.com"}, {"e": "test@test"}]"#,
      "- { type: field_validation, field_name: e, validation_type: email_format, on_fail: skip }",
      gives: #"[{"e":"john@example.com"}]"#)
    let run = try await example.run()
    #expect(run.status == .warning)
    #expect(run.rejects.map(\.summary.count) == [3])
    #expect(
      run.rejects.first?.summary.examples.map(\.original) == [
        #"{"e":"notanemail"}"#, #"{"e":"@company.com"}"#, #"{"e":"test@test"}"#,
      ])
  }

  static let cases: [PipelineCase] = [
    PipelineCase(
      "orders with the five steps", WorkedExamples.orders, WorkedExamples.orderSteps,
      gives: WorkedExamples.finalOrders.replacing("unit_price", with: "price")),
    PipelineCase(
      "orders mapped to their destination", [("orders", WorkedExamples.orders)],
      """
        - id: cleaned
          transform: \(flow(WorkedExamples.orderSteps))
        - id: mapped
          transform: [{ field_mapping: { price: unit_price } }]
      """, expected: [("mapped", WorkedExamples.finalOrders)]),
    PipelineCase(
      "customers standardised", WorkedExamples.customers, WorkedExamples.customerSteps,
      gives: WorkedExamples.standardCustomers),
    PipelineCase(
      "transactions aggregated", WorkedExamples.transactions, WorkedExamples.aggregation, gives: WorkedExamples.totals),
    PipelineCase(
      "customers enriched", WorkedExamples.plainCustomers, WorkedExamples.enrichment,
      others: [("crm_system", WorkedExamples.crm)],
      gives: WorkedExamples.enrichedCustomers),
    PipelineCase(
      "a customer nobody knows keeps its fields",
      #"[{"customer_id": "CUST-002", "email": "x@example.com", "signup_date": "2025-01-16"}]"#,
      WorkedExamples.enrichment, others: [("crm_system", WorkedExamples.crm)],
      gives: #"""
        [{"customer_id":"CUST-002","email":"x@example.com","signup_date":"2025-01-16","crm_id":null,"customer_segment":null,
          "last_purchase_date":null,"total_spent":null}]
        """#),
    PipelineCase(
      "discount by segment",
      #"[{"id": 1, "customer_segment": "VIP"}, {"id": 2, "customer_segment": "Basic"}, {"id": 3, "customer_segment": null}]"#,
      WorkedExamples.discount,
      gives: #"""
        [{"id":1,"customer_segment":"VIP","discount_rate":0.15},{"id":2,"customer_segment":"Basic","discount_rate":0.05},
         {"id":3,"customer_segment":null,"discount_rate":0.05}]
        """#),
    PipelineCase(
      "filter as text, then one row for each date and region",
      #"""
      [{"status": "completed", "date": "2025-01-15", "region": "EU"}, {"status": "completed", "date": "2025-01-15", "region": "EU"},
       {"status": "completed", "date": "2025-01-16", "region": "US"}, {"status": "pending", "date": "2025-01-15", "region": "US"}]
      """#,
      #"[{"type": "filter", "condition": "status = 'completed'"}, {"type": "aggregate", "group_by": ["date", "region"]}]"#,
      gives: #"[{"date":"2025-01-15","region":"EU","count":2},{"date":"2025-01-16","region":"US","count":1}]"#),
    PipelineCase(
      "daily sales of what was completed",
      #"""
      [{"status": "completed", "amount": 10.1, "at": "2025-01-15T10:00:00Z"}, {"status": "completed", "amount": 20.2, "at": "2025-01-15T12:00:00Z"},
       {"status": "completed", "amount": -5, "at": "2025-01-15T12:30:00Z"}, {"status": "pending", "amount": 7, "at": "2025-01-16T12:30:00Z"},
       {"status": "completed", "amount": 1.5, "at": "2025-01-17T00:00:00Z"}]
      """#,
      """
      - filter: status = 'completed' AND amount > 0
      - date: { field: at, operation: format, format: "%Y-%m-%d", output_field: day }
      - aggregate: { group_by: day, aggregates: { total: sum(amount) } }
      """, gives: #"[{"day":"2025-01-15","total":30.3},{"day":"2025-01-17","total":1.5}]"#),
    PipelineCase(
      "customers with four rules of cleaning",
      #"""
      [{"email": "A@EXAMPLE.com", "phone": "+79001234567", "city": null}, {"email": "a@example.com", "phone": "+79001234567", "city": "Omsk"},
       {"email": "b@example.com", "phone": "+79007654321", "city": ""}]
      """#,
      """
      - dedupe: email
      - lowercase: email
      - field_validation: { field: phone, validation_type: phone, format: +7XXXXXXXXXX }
      - fill: { city: Unknown }
      """,
      gives: #"""
        [{"email":"a@example.com","phone":"+79001234567","city":"Unknown"},{"email":"b@example.com","phone":"+79007654321","city":"Unknown"}]
        """#),
    PipelineCase(
      "clean data: no key, no row; one form of dates",
      #"[{"customer_id": 1, "d": "31.01.2025"}, {"customer_id": null, "d": "01.02.2025"}, {"customer_id": 2, "d": "2025-02-03"}]"#,
      """
      - filter: { field: customer_id, operator: is_not_null }
      - date: { field: d, operation: parse, formats: ["%d.%m.%Y"] }
      """, gives: #"[{"customer_id":1,"d":"2025-01-31"},{"customer_id":2,"d":"2025-02-03"}]"#),
    PipelineCase(
      "order value tier", #"[{"total": 1000.01}, {"total": 1000}]"#,
      "- add: { order_value_tier: \"CASE WHEN total > 1000 THEN 'High' ELSE 'Normal' END\" }",
      gives: #"[{"total":1000.01,"order_value_tier":"High"},{"total":1000,"order_value_tier":"Normal"}]"#),
    PipelineCase(
      "months become rows", #"[{"id": 1, "jan": 10, "feb": 20, "mar": 30}]"#,
      "- unpivot: { columns: [jan, feb, mar], name: month, value: sales }",
      gives: #"[{"id":1,"month":"jan","sales":10},{"id":1,"month":"feb","sales":20},{"id":1,"month":"mar","sales":30}]"#
    ),
    PipelineCase(
      "categories come together", #"[{"c": "electronics "}, {"c": "ELECTRONICS"}]"#, "- standardize: c",
      gives: #"[{"c":"Electronics"},{"c":"Electronics"}]"#),
    PipelineCase(
      "items become rows", #"[{"id": 1, "items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}, {"sku": "c", "n": 3}]}]"#,
      "- split: items",
      gives: #"[{"id":1,"sku":"a","n":1},{"id":1,"sku":"b","n":2},{"id":1,"sku":"c","n":3}]"#),
    PipelineCase(
      "names that are nearly the same", #"[{"n": "John Smith"}, {"n": "Jon Smith"}, {"n": "Ann"}]"#,
      "- dedupe: { similar: n, threshold: 0.85 }",
      gives: #"[{"n":"John Smith"},{"n":"Ann"}]"#),
    PipelineCase(
      "rows of two shops in one list",
      [("a", #"[{"id": 1, "total": 1.5}]"#), ("b", #"[{"id": 2, "total": 2.5, "coupon": "X"}]"#)],
      "  - id: all_orders\n    transform: { on: a, operations: [ { union: b }, { sort: id } ] }",
      expected: [("all_orders", #"[{"id":1,"total":1.5,"coupon":null},{"id":2,"total":2.5,"coupon":"X"}]"#)]),
  ]

  private static func flow(_ json: String) -> String { json.split(whereSeparator: \.isNewline).joined(separator: " ") }
}
