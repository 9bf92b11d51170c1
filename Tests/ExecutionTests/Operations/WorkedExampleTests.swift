import Pipelines
import TestSupport
import Testing

/// Every documented example comes out exactly: rows, key order, digits.
@Suite struct WorkedExampleTests {
  @Test func ordersWithTheFiveStepsKeepPrice() async throws {
    let expected = compact(WorkedExamples.finalOrders).replacing("unit_price", with: "price")
    #expect(try await OperationBench().run(WorkedExamples.orderSteps, on: WorkedExamples.orders) == expected)
  }

  @Test func ordersMappedToTheDestinationHaveUnitPrice() async throws {
    let bench = try await OperationBench()
    let cleaned = try await bench.apply(WorkedExamples.orderSteps, to: bench.relation(WorkedExamples.orders))
    let mapped = try await bench.apply("[{field_mapping: {price: unit_price}}]", to: cleaned)
    #expect(try await bench.json(mapped) == compact(WorkedExamples.finalOrders))
  }

  @Test func customersAreStandardised() async throws {
    let rows = try await OperationBench().run(WorkedExamples.customerSteps, on: WorkedExamples.customers)
    #expect(rows == compact(WorkedExamples.standardCustomers))
  }

  @Test func transactionsAreAggregated() async throws {
    let rows = try await OperationBench().run(WorkedExamples.aggregation, on: WorkedExamples.transactions)
    #expect(rows == compact(WorkedExamples.totals))
  }

  @Test func customersAreEnriched() async throws {
    let rows = try await OperationBench().run(
      WorkedExamples.enrichment, on: WorkedExamples.plainCustomers, others: ["crm_system": WorkedExamples.crm])
    #expect(rows == compact(WorkedExamples.enrichedCustomers))
  }

  @Test func discountDependsOnTheSegment() async throws {
    let rows = try await OperationBench().run(
      WorkedExamples.discount,
      on:
        #"[{"id": 1, "customer_segment": "VIP"}, {"id": 2, "customer_segment": "Basic"}, {"id": 3, "customer_segment": null}]"#
    )
    #expect(
      rows == #"""
        [{"id":1,"customer_segment":"VIP","discount_rate":0.15},{"id":2,"customer_segment":"Basic","discount_rate":0.05},{"id":3,"customer_segment":null,"discount_rate":0.05}]
        """#)
  }

  @Test func filterMayBeAText() async throws {
    let rows = try await OperationBench().run(
      #"[{"type": "filter", "condition": "status = 'completed'"}, {"type": "aggregate", "group_by": ["customer_id"]}]"#,
      on: WorkedExamples.orders)
    #expect(rows == #"[{"customer_id":"CUST-123","count":2}]"#)
  }
}
