import Execution
import Foundation
import Pipelines
import TestSupport
import Testing
import Workspace

@Suite struct ProfileTests {
  static let rows = """
    id,city,amount,day,note
    1,Rome,10.50,2025-01-01,
    2,Rome,20.50,2025-01-02,
    3,rome,,2025-01-03,
    4,Éva Ng,40.00,2025-01-04,
    5,New York,1000.00,2025-01-05,

    """

  @Test func aStepIsDescribedAsItsRowsLand() async throws {
    let trial = try await QualityTrial()
    try trial.write(Self.rows, to: "rows.csv")
    let run = try await trial.run(
      """
      name: p
      steps:
        - { id: rows, read: { from: rows.csv, types: { id: bigint, amount: "decimal(18,2)", day: date } }, profile: true }
        - { id: cheap, transform: [{ filter: amount < 100 }] }
        - { id: out, write: { to: out.csv, mode: replace } }
      """)
    #expect(run.status == .success, "\(run.problems)")
    #expect(run.profiles.map(\.step) == ["rows"])
    let profile = try #require(run.profiles.first?.profile)
    #expect(profile.rows == 5 && profile.columns.map(\.column) == ["id", "city", "amount", "day", "note"])
    let amount = try #require(profile[column: "amount"])
    #expect((amount.nulls, amount.distinct, amount.min, amount.max, amount.mean) == (1, 4, "10.50", "1000.00", 267.75))
    let city = try #require(profile[column: "city"])
    #expect(city.top.first == .init("Rome", 2) && city.top.count == 4 && city.shortest == 4 && city.longest == 8)
    #expect(city.patterns == [.init("Aa", 2), .init("Aa Aa", 2), .init("a", 1)])
    let id = try #require(profile[column: "id"])
    #expect(id.isUnique && id.top.isEmpty && id.median == "3" && id.q25 == "2")
    #expect(profile[column: "day"]?.max == "2025-01-05" && profile[column: "note"]?.nulls == 5)
  }

  @Test func aWriteIsDescribedByWhatItReadsAlsoWhenTheRunAsksForIt() async throws {
    let trial = try await QualityTrial()
    try trial.write(Self.rows, to: "rows.csv")
    let text = """
      name: p
      steps:
        - { id: rows, read: rows.csv }
        - { id: dear, transform: [{ filter: amount > 15 }] }
        - { id: out, write: { to: out.csv, mode: replace } }
      """
    #expect(try await trial.run(text).profiles.isEmpty)
    let run = try await trial.run(text) { $0.options.profile = true }
    #expect(run.profiles.map(\.step) == ["dear"] && run.profiles[0].profile.rows == 3)
    let written = try await trial.run(text.replacing("mode: replace } }", with: "mode: replace }, profile: true }"))
    #expect(written.profiles.map(\.step) == ["dear"])
  }

  @Test func theOperationYieldsOneRowForEachColumn() async throws {
    let trial = try await QualityTrial()
    try trial.write(Self.rows, to: "rows.csv")
    let run = try await trial.run(
      """
      name: p
      steps:
        - { id: rows, read: rows.csv }
        - { id: facts, transform: [{ profile: { fields: [city, amount], top: 2 } }, { select: [column, rows, nulls, distinct, max, top, patterns] }] }
        - { id: out, write: { to: out.json, mode: replace } }
      """)
    #expect(run.status == .success, "\(run.problems)")
    let text = try trial.read("out.json")
    #expect(text.contains(#""column":"city","rows":5,"nulls":0,"distinct":4,"max":"Éva Ng","top":["Rome","#), "\(text)")
    #expect(text.contains(#""column":"amount","rows":5,"nulls":1,"distinct":4,"max":"1000.00""#), "\(text)")
  }

  /// Every type, no rows, one row, all nulls, what isn't a number: a profile, never a failure.
  @Test(arguments: ["WHERE false", "WHERE i < 1", "", "WHERE i = 7"])
  func everyTypeCanBeDescribed(_ condition: String) async throws {
    let trial = try await QualityTrial()
    let columns = [
      "i", "CASE WHEN i <> 7 THEN i::HUGEINT * 10000000000000000000000000000 END AS huge",
      "(i / 3)::DECIMAL(38,4) AS exact",
      "CASE i WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'inf' WHEN 2 THEN 1e308 WHEN 3 THEN 1e308 END AS float",
      "i % 2 = 0 AS flag", "uuid() AS uuid",
      "DATE '0001-01-01' + i::INT AS day", "TIME '10:00:00' AS hour", "to_timestamp(i) AS instant",
      "TIMESTAMP_NS '2025-01-01' AS nano",
      "INTERVAL 1 DAY * i AS span", "[i, NULL] AS list", "{'a': i} AS record", "MAP {'k': i} AS map",
      "'\\x00'::BLOB AS bytes",
      "'{\"a\": 1}'::JSON AS json", "NULL AS nothing", "'it''s \"x\"' || chr(10) || '日本 😀' AS text",
    ].enumerated().map { $1.contains(" AS ") || $1 == "i" ? $1 : $1 + " AS c\($0)" }
    let run = try await trial.run(
      """
      name: p
      steps:
        - id: rows
          transform:
            sql: |
              SELECT \(columns.joined(separator: ", ")) FROM (SELECT range AS i FROM range(8)) \(condition)
          profile: true
        - { id: facts, transform: { on: rows, operations: [profile] } }
        - { id: out, write: { to: out.parquet, mode: replace } }
      """)
    #expect(run.status == .success, "\(run.problems)")
    let profile = try #require(run.profiles.first?.profile)
    #expect(profile.columns.count == columns.count)
    #expect(profile.columns.allSatisfy { $0.nulls <= $0.rows && ($0.distinct ?? 0) <= $0.present }, "\(profile)")
  }

  @Test func distinctValuesOfManyRowsAreCounted() async throws {
    let trial = try await QualityTrial()
    let run = try await trial.run(
      """
      name: p
      steps:
        - { id: rows, transform: { sql: "SELECT range AS id, 'x' || range % 300 AS kind, (range // 2)::VARCHAR AS pair FROM range(20000)" }, profile: true }
        - { id: out, write: { to: out.parquet, mode: replace } }
      """)
    let profile = try #require(run.profiles.first?.profile, "\(run.problems)")
    #expect(profile.columns.map(\.distinct) == [20_000, 300, 10_000])
    #expect(profile.columns.map(\.isUnique) == [true, false, false])
    #expect(profile[column: "kind"]?.patterns.map(\.count).reduce(0, +) == 20_000)
  }

  @Test func aFileIsDescribedWithoutAPipeline() async throws {
    let trial = try await QualityTrial()
    try trial.write(Self.rows, to: "rows.csv")
    let found = try await trial.workspace.profile(trial.folder.file("rows.csv"), filter: "id > 1", limit: 3)
    #expect(found.profile.rows == 3 && found.profile[column: "id"]?.min == "2")
    #expect(try FileManager.default.contentsOfDirectory(atPath: trial.folder.file(".weir/runs")).isEmpty)
    await #expect(throws: Problems.self) { _ = try await trial.workspace.profile("nowhere.csv") }
  }
}
