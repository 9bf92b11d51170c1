import DuckDB
import Pipelines
import Tabular

/// Runs one unit test of a pipeline: the given rows stand in for steps, and the steps that lead to the expected rows run as in any run,
/// their rules included. No connection is made and nothing is written.
package struct PipelineTrial: Sendable {
  /// A row that is there and not expected, or expected and not there.
  package struct Difference: Sendable, Codable, Hashable {
    package enum Kind: String, Sendable, Codable { case missing, unexpected }
    package var step: String
    package var kind: Kind
    package var row: [String: String]
  }

  private let test: PipelineTest
  private let spec: PipelineSpec

  package init(_ test: PipelineTest, of spec: PipelineSpec) {
    self.test = test
    self.spec = spec
  }

  /// The pipeline with given rows in place of steps and without its writes. Reads without rows become empty.
  /// - Throws: `unknown-step`, `reads-a-write`, `wrong-type`, `test-cannot-fail`, `missing-given`.
  package func standIn() throws(Problem) -> PipelineSpec {
    try refuseWhatCannotFail()
    for (id, rows) in (test.given.merging(test.expect) { first, _ in first }).sorted(by: { $0.key < $1.key }) {
      guard let step = spec.steps.first(where: { $0.id == id }) else {
        throw Problem(
          "unknown-step", "The test \"\(test.name)\" names a step \"\(id)\", which isn't there.",
          hint: Nearest.hint(id, among: spec.steps.map(\.id)), at: rows.location)
      }
      if case .write = step.work {
        throw Problem(
          "reads-a-write", "The test \"\(test.name)\" names \"\(id)\", which writes rows and yields none.",
          hint: "Name the step whose rows it writes.", at: rows.location)
      }
    }
    var copy = spec
    copy.steps = []
    for step in spec.steps {
      if case .write = step.work { continue }
      var step = step
      if let rows = test.given[step.id] {
        let rows = try SampleRows(rows)
        guard !rows.names.isEmpty else {
          throw Problem(
            "missing-given", "The test \"\(test.name)\" gives no columns of \"\(step.id)\".",
            hint: "Give at least one row, so that its columns are known.", at: test.given[step.id]?.location)
        }
        step.work = Self.fixed(rows.select, at: test.given[step.id]?.location ?? step.location)
      } else if case .read = step.work {
        step.work = Self.fixed("SELECT NULL AS nothing WHERE false", at: step.location)
      }
      copy.steps.append(step)
    }
    return copy
  }

  /// - Throws: `test-cannot-fail` if nothing is expected, or only what was given.
  private func refuseWhatCannotFail() throws(Problem) {
    guard !test.expect.isEmpty else {
      throw Problem(
        "test-cannot-fail", "The test \"\(test.name)\" expects nothing.",
        hint: "Name a step and its rows under expect.",
        at: test.location)
    }
    if let (id, rows) = test.expect.first(where: { test.given[$0.key] != nil }) {
      throw Problem(
        "test-cannot-fail", "The test \"\(test.name)\" gives the rows of \"\(id)\" and expects them.",
        hint: "Expect the rows of a step after it.", at: rows.location)
    }
  }

  /// Runs the steps and compares what they yield with what is expected.
  /// - Parameter plan: of `standIn()`.
  /// - Returns: every row that differs; the order of rows doesn't matter, and columns that aren't mentioned don't either.
  /// - Throws: `missing-given` for a read that leads to expected rows and has none, everything the schema check finds, and what a run
  ///   would fail with.
  package func differences(_ plan: Plan, _ check: SchemaCheck) async throws -> [Difference] {
    var needed = Set(test.expect.keys)
    for step in plan.steps.reversed() where needed.contains(step.id) { needed.formUnion(step.inputs) }
    for step in spec.steps where needed.contains(step.id) && test.given[step.id] == nil {
      if case .read = step.work {
        throw Problem(
          "missing-given", "The test \"\(test.name)\" needs rows of \"\(step.id)\".",
          hint: "Add \"\(step.id)\" to its given.",
          at: test.location)
      }
    }
    var plan = plan
    plan.steps.removeAll { !needed.contains($0.id) }
    var bound = try await check.check(plan)
    for index in bound.steps.indices where test.expect[bound.steps[index].id] != nil {
      bound.steps[index].isKept = true
    }
    var failures: [Problem] = []
    for await event in Runner(check).run(bound).events {
      if case .stepFailed(let problem, _, nil) = event.kind { failures.append(problem) }
    }
    guard failures.isEmpty else { throw Problems(failures) }
    let connection = try await check.engine.connect()
    var found: [Difference] = []
    for (id, rows) in test.expect.sorted(by: { $0.key < $1.key }) {
      guard let schema = bound[id: id]?.schema else { continue }
      found += try await compare(id, schema, rows, connection)
    }
    return found
  }

  private func compare(
    _ id: String, _ schema: Schema, _ setting: Setting, _ connection: Connection
  ) async throws -> [Difference] {
    let expected = try SampleRows(setting)
    for name in expected.names where schema[name: name] == nil {
      throw Problem(
        "unknown-column", "The test \"\(test.name)\" expects column \"\(name)\", which \"\(id)\" does not have.",
        hint: Nearest.hint(name, among: schema.names), at: setting.location)
    }
    let columns = (expected.isEmpty ? schema.names : expected.names).compactMap { name in
      schema[name: name].map { ExpectedColumn($0, expected: expected.type(of: name)) }
    }
    let names = columns.map(\.name)
    do {
      try await connection.execute("CREATE TEMP TABLE weir_actual AS SELECT \(columns.map(\.value)) FROM \(name: id)")
      let wanted: SQL =
        expected.isEmpty
        ? "SELECT * FROM weir_actual WHERE false" : "SELECT \(columns.map(\.value)) FROM (\(expected.texts))"
      try await connection.execute("CREATE TEMP TABLE weir_expected AS \(wanted)")
      let missing = try await connection.query("FROM weir_expected EXCEPT ALL FROM weir_actual ORDER BY ALL")
      let unexpected = try await connection.query("FROM weir_actual EXCEPT ALL FROM weir_expected ORDER BY ALL")
      try await connection.execute("DROP TABLE weir_actual; DROP TABLE weir_expected")
      func told(_ rows: [[Value]], _ kind: Difference.Kind) -> [Difference] {
        rows.map { row in
          Difference(
            step: id, kind: kind,
            row: Dictionary(zip(names, row.map(\.description)), uniquingKeysWith: { first, _ in first }))
        }
      }
      return told(missing.rows, .missing) + told(unexpected.rows, .unexpected)
    } catch let error as DuckDBError {
      throw Problem.of(error, in: id, at: setting.location)
    }
  }

  private static func fixed(_ select: SQL, at location: Location) -> StepSpec.Work {
    .transform(TransformSpec(body: .sql(Setting(.text(select.text), at: location))))
  }
}

/// How the values of a column are compared with the texts that are expected: as a type that holds both, so that neither is rounded.
private struct ExpectedColumn {
  let name: String
  /// The value, of the relation and of the expected texts alike.
  let value: SQL

  /// - Parameter expected: the type the expected values have by themselves; see `SampleRows`.
  init(_ column: Column, expected: DataType?) {
    name = column.name
    // A text says nothing of its type, so it is read as the column's.
    let other = expected == nil || expected == .text || column.type == .text ? column.type : expected ?? column.type
    let value: SQL
    switch TypeComparison(column.type, other).form {
    case .digits:
      let text: SQL = "CAST(\(name: name) AS VARCHAR)"
      value = "coalesce(weir_number(\(text)), \(text))"
    case .typed(let type): value = Self.value(of: name, as: type)
    case .text, .json: value = Self.value(of: name, as: column.type)
    }
    self.value = "\(value) AS \(name: name)"
  }

  private static func value(of name: String, as type: DataType) -> SQL {
    let value: SQL = "CAST(\(name: name) AS \(SQL(raw: type.description)))"
    return [.float32, .float64].contains(type) ? "round(\(value), 9)" : value
  }
}
