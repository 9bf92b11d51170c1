import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

/// What a step does, in words and counted; the counts are those of the rows before and after.
@Suite struct EffectTests {
  private static let text = """
    name: p
    steps:
      - id: orders
        read: { from: orders.json }
      - id: clean
        transform:
          - trim: status
          - filter: status = 'paid'
          - add: { total: quantity * price }
          - field_validation: { field: email, validation_type: email, on_fail: skip }
          - cast: { day: date }
          - drop: [quantity]
          - conditional: { condition: total > 5, then: [ { add: { email: "'big'" } } ] }
          - aggregate: { group_by: email }
      - id: counted
        transform: { sql: SELECT count(*) AS n FROM clean }
      - id: file
        write: { from: counted, to: out.json, mode: replace }
    """
  private static let orders = #"""
    [{"status": " paid", "quantity": 2, "price": 3, "email": "a@b.de", "day": "2025-01-01"},
     {"status": "paid", "quantity": 1, "price": 3, "email": "nobody", "day": "2025-01-02"},
     {"status": "paid", "quantity": 1, "price": 1, "email": "a@b.de", "day": null},
     {"status": "open", "quantity": 1, "price": 1, "email": "c@b.de", "day": "2025-01-04"}]
    """#

  private func workspace() async throws -> (Workspace, TemporaryFolder, RunRequest) {
    let folder = try TemporaryFolder()
    try Data(Self.orders.utf8).write(to: URL(fileURLWithPath: folder.file("orders.json")))
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    return (workspace, folder, RunRequest(PipelineText(file: "p.yaml", text: Self.text)))
  }

  @Test func aPreviewCountsEachOperation() async throws {
    let (workspace, folder, request) = try await workspace()
    let shown = try await workspace.preview(request, step: "clean", rows: 10)
    #expect(shown.before?.names == ["status", "quantity", "price", "email", "day"])
    #expect(shown.rows.schema.names == ["email", "count"] && shown.rows.rows.count == 2)
    #expect(shown.rowsIn == 4 && shown.rowsOut == 2)
    #expect(
      shown.effects.map(\.impact)
        == [
          ["Affects 1 row"], ["Affects 1 row"], ["Creates 1 new column (total)"], ["Affects 1 row"],
          ["Affects 1 row", "Changes the type of 1 column (day: VARCHAR → DATE)"], ["Removes 1 column (quantity)"],
          ["Affects 1 row"],
          ["Makes 2 rows of 2", "Creates 1 new column (count)", "Removes 4 columns (status, price, day, total)"],
        ].map { $0.filter { $0 != "Makes 2 rows of 2" } })
    #expect(shown.effects[1].words == "Keeps rows where status = 'paid'.")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file(".weir/runs")) == [])
  }

  @Test func aStepWithoutOperationsIsCountedAsAWhole() async throws {
    let (workspace, folder, request) = try await workspace()
    let shown = try await workspace.preview(request, step: "counted", rows: 10)
    #expect(shown.rowsIn == 2 && shown.rowsOut == 1)
    #expect(
      shown.effects.map(\.impact) == [
        ["Makes 1 row of 2", "Creates 1 new column (n)", "Removes 2 columns (email, count)"]
      ])
    let read = try await workspace.preview(request, step: "orders", rows: 1)
    #expect(read.before == nil && read.effects.isEmpty && read.rows.rows.count == 1)
    let plan = try await workspace.explain(request)
    #expect(plan.steps[1].effects?.count == 8 && plan.steps[2].effects == nil)
    _ = folder
  }

  @Test func aRunSaysWhatItsTransformsDid() async throws {
    let (workspace, folder, request) = try await workspace()
    let run = try await workspace.run(request)
    #expect(run.status == .warning, "\(run.problems)")
    let clean = try #require(run.steps.first { $0.id == "clean" }?.effect)
    #expect(clean.rowsIn == 4 && clean.rowsOut == 2)
    #expect(
      clean.impact == [
        "Makes 2 rows of 4", "Creates 1 new column (count)", "Removes 4 columns (status, quantity, price, day)",
      ])
    #expect(run.steps.first { $0.id == "orders" }?.effect == nil)
    let log = try String(contentsOfFile: folder.file(".weir/runs/\(run.id)/run.log"), encoding: .utf8)
    #expect(log.contains("\"clean\": Makes 2 rows of 4; Creates 1 new column (count)"))
  }

  @Test(arguments: [
    ("10 minutes", "10m"), ("month", "month"), ("2 quarters", "6 months"), ("1 year", "year"), ("1d", "1d"),
  ])
  func widthsAreSaid(_ written: String, _ words: String) throws {
    let operation = try Operations.make(SettingReader.read("resample: { time: t, every: \(written) }", file: "f"))
    #expect(operation.effect == "Computes count for each \(words) of t.")
  }

  @Test func aFilterBeforeNewColumnsIsCounted() async throws {
    let (workspace, folder, _) = try await workspace()
    let text = """
      name: p
      steps:
        - id: orders
          read: { from: orders.json }
        - id: paid
          transform: [ { trim: status }, { filter: status = 'paid' }, { add: { total: quantity * 2 } } ]
        - id: asked
          transform: { sql: "SELECT total + 1 AS more FROM paid WHERE total > 2" }
        - id: file
          write: { from: asked, to: out.json, mode: replace }
      """
    let run = try await workspace.run(RunRequest(PipelineText(file: "p.yaml", text: text)))
    #expect(run.steps.map(\.rows) == [4, 3, 1, 1], "\(run.problems)")
    #expect(run.steps[1].effect?.impact == ["Makes 3 rows of 4", "Creates 1 new column (total)"])
    _ = folder
  }

  @Test func aValueThatCantBeUsedIsAProblemOfTheStep() async throws {
    let (workspace, folder, _) = try await workspace()
    let text = Self.text.replacing("- trim: status", with: "- cast: { email: integer }")
    await #expect {
      _ = try await workspace.preview(RunRequest(PipelineText(file: "p.yaml", text: text)), step: "clean", rows: 10)
    } throws: { error in
      (error as? Problems)?.all.first?.code == "bad-value" && (error as? Problems)?.all.first?.location?.line == 7
    }
    _ = folder
  }
}
