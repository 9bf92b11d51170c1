import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

/// Cleansing tells how many values it corrected and how many rows it removed, and loses none that says something.
@Suite struct CleanseTests {
  private static let rows = #"""
    [{"id": 1, "name": " Ann  Lee", "email": "Ann@Example.com ", "city": "n/a"},
     {"id": 1, "name": "Ann Lee", "email": "ann@example.com", "city": ""},
     {"id": 2, "name": "Bob", "email": "-", "city": "Oslo"},
     {"id": 3, "name": "Cleo", "email": "cleo@example.com", "city": "Rome"},
     {"id": null, "name": " ", "email": null, "city": "-"},
     {"id": null, "name": null, "email": null, "city": null}]
    """#
  private static let cleanse =
    "cleanse: { nulls: [N/A, \"-\"], cases: { email: lower }, required: email, drop_empty: true, drop_duplicates: true }"

  private struct Trial {
    let folder: TemporaryFolder
    let workspace: Workspace

    init(rows: String = CleanseTests.rows) async throws {
      folder = try TemporaryFolder()
      workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
      try Data(rows.utf8).write(to: URL(fileURLWithPath: folder.file("people.json")))
    }

    func request(_ operations: String) throws -> RunRequest {
      let text = """
        name: p
        steps:
          - id: people
            read: { from: people.json }
          - id: clean
            transform: [ \(operations) ]
          - id: file
            write: { from: clean, to: shop.duckdb, table: people, mode: append }
        """
      let file = folder.file("pipelines/p.yaml")
      try FileManager.default.createDirectory(atPath: folder.file("pipelines"), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: file))
      return RunRequest(try workspace.pipeline("p", from: URL(fileURLWithPath: folder.path)))
    }

    /// `1|Ann|…` for each row that landed, in their order.
    func written() async throws -> [String] {
      let connection = try Database().connect()
      _ = try await connection.execute("ATTACH \(text: folder.file("shop.duckdb")) AS shop (READ_ONLY)")
      return try await connection.query("SELECT * FROM shop.people ORDER BY ALL").rows.map {
        $0.map(\.description).joined(separator: "|")
      }
    }
  }

  @Test func aRunTellsWhatWasCorrectedAndRemoved() async throws {
    let trial = try await Trial()
    let run = try await trial.workspace.run(trial.request("{ \(Self.cleanse) }"))
    #expect(run.status == .warning, "\(run.problems)")
    #expect(try await trial.written() == ["1|Ann Lee|ann@example.com|NULL", "3|Cleo|cleo@example.com|Rome"])
    let effect = try #require(run.steps.first { $0.id == "clean" }?.effect)
    let cleansed = try #require(effect.cleansed)
    #expect(cleansed.corrected.map(\.column) == ["name", "email", "city"])
    #expect(cleansed.corrected.map(\.values) == [2, 1, 3])
    #expect(cleansed.empty == 2 && cleansed.duplicate == 1 && cleansed.incomplete == 1)
    #expect(
      effect.impact == [
        "Makes 2 rows of 6", "Corrects 6 values (name 2, email 1, city 3)",
        "Removes 4 rows (2 empty, 1 duplicate, 1 incomplete and set aside)",
      ])
    let log = try String(contentsOfFile: trial.folder.file(".weir/runs/\(run.id)/run.log"), encoding: .utf8)
    #expect(log.contains("Corrects 6 values (name 2, email 1, city 3); Removes 4 rows"), "\(log)")
    let kept = try #require(try await trial.workspace.store.run(run.id)?.steps.first { $0.id == "clean" }?.effect)
    #expect(kept.cleansed == cleansed)
  }

  @Test func anIncompleteRowIsKeptAsItCameAndGoesInAgain() async throws {
    let trial = try await Trial()
    let first = try await trial.workspace.run(trial.request("{ cleanse: { nulls: [\"-\"], required: email } }"))
    #expect(first.metrics.rowsFailed == 3 && first.checks.map(\.outcome.rule) == ["not_null"])
    let rejects = try await trial.workspace.rejects(of: first)
    #expect(rejects.map(\.reason) == Array(repeating: "Breaks the rule: \"email\" has a value once cleansed", count: 3))
    #expect(rejects[0].original == #"{"id":2,"name":"Bob","email":"-","city":"Oslo"}"#, "\(rejects[0].original)")
    #expect(run(first, hasQualityOf: 50))
    _ = try trial.request("{ cleanse: { required: email } }")
    let second = try await trial.workspace.run(try await trial.workspace.requestToFeed(first.id))
    #expect(second.feeds == first.id && second.receipts.first?.outcome.inserted == 1, "\(second.problems)")
    #expect(try await trial.written().contains("2|Bob|-|Oslo"))
    #expect(second.steps.first { $0.id == "clean" }?.effect?.cleansed?.incomplete == 2)
  }

  private func run(_ run: Run, hasQualityOf percent: Double) -> Bool { run.quality?.completeness?.percent == percent }

  @Test func incompleteRowsThatAreGroupedWithOthersAreNotFedInByThemselves() async throws {
    let trial = try await Trial()
    let first = try await trial.workspace.run(trial.request("{ \(Self.cleanse) }"))
    let second = try await trial.workspace.run(try await trial.workspace.requestToFeed(first.id))
    #expect(second.problems.map(\.code) == ["not-row-by-row"])
  }

  @Test func aPreviewCountsThemToo() async throws {
    let trial = try await Trial()
    let shown = try await trial.workspace.preview(
      trial.request("{ \(Self.cleanse) }, { cleanse: { case: title } }"), step: "clean", rows: 10)
    #expect(shown.rowsIn == 6 && shown.rowsOut == 2)
    #expect(
      shown.effects.map(\.impact) == [
        [
          "Affects 5 rows", "Corrects 6 values (name 2, email 1, city 3)",
          "Removes 4 rows (2 empty, 1 duplicate, 1 incomplete and set aside)",
        ],
        ["Affects 2 rows", "Corrects 2 values (email 2)"],
      ])
    #expect(
      shown.effects[0].words
        == "In all texts: removes superfluous spaces, writes email in lower case, empties blanks, \"N/A\" and \"-\". "
        + "Removes empty rows and rows that are there twice. Sets rows without email aside.")
  }

  @Test func aLaterFilterDoesNotHideWhatWasCorrected() async throws {
    let rows = (0..<5000).map { #"{"id": \#($0), "name": " x\#($0 % 7) "}"# }.joined(separator: ",\n")
    let trial = try await Trial(rows: "[\(rows)]")
    let run = try await trial.workspace.run(
      trial.request("{ cleanse: name }, { filter: id < 10 }, { cleanse: { case: upper } }, { drop: name }"))
    let effect = try #require(run.steps.first { $0.id == "clean" }?.effect, "\(run.problems)")
    #expect(effect.cleansed?.corrected.map(\.values) == [5010])
    #expect(effect.rowsOut == 10)
  }

  @Test func rowsWithoutTextCanBeIncompleteToo() async throws {
    let trial = try await Trial(rows: #"[{"id": 1, "n": 2}, {"id": 2, "n": null}]"#)
    let run = try await trial.workspace.run(trial.request("{ cleanse: { required: n } }"))
    let effect = try #require(run.steps.first { $0.id == "clean" }?.effect, "\(run.problems)")
    #expect(effect.impact == ["Makes 1 row of 2", "Removes 1 row (1 incomplete and set aside)"])
    #expect(try await trial.written() == ["1|2"])
  }

  @Test func cleanRowsAreSaidToBeClean() async throws {
    let trial = try await Trial(rows: #"[{"id": 1, "name": "Ann"}]"#)
    let run = try await trial.workspace.run(trial.request("{ cleanse: { drop_empty: true, drop_duplicates: true } }"))
    #expect(run.status == .success, "\(run.problems)")
    #expect(run.steps.first { $0.id == "clean" }?.effect?.impact == ["Finds nothing to cleanse"])
    #expect(try await trial.written() == ["1|Ann"])
  }
}
