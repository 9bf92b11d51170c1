import Tabular
import Testing

@testable import Pipelines

/// The shapes in which a pipeline is a source, transformations and a destination.
@Suite struct DocumentTests {
  private func parse(_ name: String) throws -> PipelineSpec {
    try PipelineParser().parse(Fixtures.text("documents/\(name).json"), file: "\(name).json")
  }

  private func reads(_ spec: PipelineSpec) -> [ReadSpec] {
    spec.steps.compactMap { if case .read(let read) = $0.work { read } else { nil } }
  }

  private func writes(_ spec: PipelineSpec) -> [WriteSpec] {
    spec.steps.compactMap { if case .write(let write) = $0.work { write } else { nil } }
  }

  private func operations(_ spec: PipelineSpec) -> [OperationSpec] {
    spec.steps.flatMap { step -> [OperationSpec] in
      if case .transform(let transform) = step.work, case .operations(let list) = transform.body { list } else { [] }
    }
  }

  @Test func sourceTransformationsDestination() throws {
    let spec = try parse("ecommerce-orders")
    #expect(spec.steps.map(\.id) == ["source", "transformed", "checked", "destination"])
    #expect(spec.schedule == .cron(expression: "0 8 * * *", timezone: "UTC"))
    #expect(spec.retry.plannedDelays == [1, 2, 4])
    #expect(spec.sections["notifications"]?["email"]?.elements.first?.text == "admin@example.com")
    guard case .inline(let connector, let settings) = reads(spec)[0].from.kind else {
      Issue.record("not inline")
      return
    }
    #expect(connector == "REST API" && settings["pagination"]?["page_size"]?.text == "100")
    #expect(settings["url"]?.text == "https://api.ecommerce-platform.com/v1/orders")
    #expect(operations(spec).map(\.name) == ["field_mapping", "field_calculation", "record_filter", "field_addition"])
    guard case .check(let check) = spec.steps[2].work, case .inline(let kind, let target) = writes(spec)[0].to.kind
    else {
      Issue.record("wrong kinds")
      return
    }
    #expect(check.on == "transformed" && check.rules[0].name == "email_format" && check.rules[0].onFail == .stop)
    #expect(check.rules[0].settings["field_name"]?.text == "customer_email")
    #expect(
      kind == "Snowflake" && writes(spec)[0].target == .table("PROCESSED.daily_orders")
        && writes(spec)[0].from == "checked")
    #expect(target.entries.map(\.key) == ["host", "database", "warehouse"])
  }

  @Test func severalSourcesAndDestinations() throws {
    let spec = try parse("wind-farm")
    #expect(
      spec.steps.map(\.id) == [
        "turbine_scada", "weather_api", "grid_operator", "unified", "transformed", "timescale_db",
        "real_time_dashboard",
        "alert_system", "data_warehouse",
      ])
    #expect(writes(spec).allSatisfy { $0.from == "transformed" })
    #expect(writes(spec)[2].filter == "failure_probability > 0.8 OR grid_violation = true")
    #expect(writes(spec)[3].target == .table("WIND_OPERATIONS.turbine_performance_daily"))
    #expect(spec.retry.plannedDelays == [1, 1.5, 2.25])
    #expect(spec.sections["dead_letter_queue"]?["storage"]?.text == "s3://failed-records/turbine-data/")
    #expect(spec.sections["alerts"]?.elements.count == 2)
    #expect(
      spec.sections["purposes"]?.entries.map { $0.value.text } == [
        "time_series_storage", "live_monitoring", "event_streaming", "analytics",
      ])
    guard case .realTime(let schedule)? = spec.schedule else {
      Issue.record("not real time")
      return
    }
    #expect(schedule["batch_size"]?.text == "100")
  }

  @Test func typeAndConnectorID() throws {
    let spec = try parse("sales-sync")
    #expect(spec.name == "sales_sync" && spec.sections["id"]?.text == "uuid")
    #expect(spec.schedule == .cron(expression: "0 2 * * *", timezone: "UTC"))
    #expect(reads(spec)[0].from.kind == .named("conn_123"))
    #expect(writes(spec)[0].to.kind == .named("conn_456") && writes(spec)[0].target == .table("sales_sync"))
    #expect(operations(spec).map(\.name) == ["filter", "aggregate"])
    #expect(operations(spec)[1].settings["group_by"]?.elements.map(\.text) == ["date", "region"])
  }

  @Test func aJobIsAPipeline() throws {
    let spec = try parse("job")
    #expect(spec.name == "Data Sync Job" && spec.steps.map(\.id) == ["source", "destination"])
    #expect(reads(spec)[0].from.kind == .named("mysql-db-1") && reads(spec)[0].subject == .query("SELECT * FROM users"))
    #expect(writes(spec)[0].to.kind == .named("postgres-db") && writes(spec)[0].target == .table("users"))
  }

  @Test func aJoinedSourceDoesNotFlowIntoTheOthers() throws {
    let spec = try parse("customer-enrichment")
    #expect(spec.steps.map(\.id) == ["customers", "crm_system", "transformed", "destination"])
    guard case .transform(let transform) = spec.steps[2].work else {
      Issue.record("wrong kind")
      return
    }
    #expect(transform.on == "customers" && operations(spec)[0].settings["join_source"]?.text == "crm_system")
    #expect(writes(spec)[0].mode == .replace)
  }

  @Test func operationsKeepTheirSettings() throws {
    let standard = try parse("customer-standardization")
    #expect(
      operations(standard).map(\.name) == [
        "field_operation", "field_operation", "field_operation", "field_addition", "field_removal",
      ])
    #expect(operations(standard)[2].settings["parameters"]?["pattern"]?.text == "($1) $2-$3")
    let aggregation = try parse("transaction-aggregation")
    #expect(operations(aggregation).map(\.name) == ["aggregation"])
    let conditional = try parse("conditional-discount")
    #expect(operations(conditional)[0].settings["else"]?.elements.first?["value"]?.text == "0.05")
  }

  @Test func namesThatAreNoStepIdsAreMadePlain() throws {
    let spec = try PipelineParser().parse(
      """
      {"sources": [{"name": "Shop A", "type": "csv", "config": {"path": "a.csv"}}, {"name": "Shop A", "type": "csv", "config": {"path": "b.csv"}},
        {"name": "The CRM", "type": "csv", "config": {"path": "c.csv"}}],
       "transformations": [{"type": "join", "join_source": "The CRM", "primary_key": "id", "foreign_key": "id"}]}
      """, file: "x.json")
    #expect(spec.steps.map(\.id) == ["shop_a", "shop_a_2", "the_crm", "unified", "transformed"])
    #expect(operations(spec)[0].settings["join_source"]?.text == "the_crm")
  }
}
