import Execution
import Foundation
import Pipelines
import TestSupport
import Testing
import Workspace

/// What was wrong with the rows of the last run, and what helps (DQ-14).
@Suite struct QualityIssueTests {
  private func trial(_ rules: String, rows: String) async throws -> (Workspace, TemporaryFolder) {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("pipelines"), withIntermediateDirectories: true)
    try Data(rows.utf8).write(to: URL(fileURLWithPath: folder.file("rows.csv")))
    let text = """
      name: Shop Orders
      steps:
        - id: rows
          read: { from: rows.csv, types: { amount: INTEGER } }
        - id: sane
          check: { on: rows, rules: \(rules) }
        - id: out
          write: { from: sane, to: out.csv, mode: replace }
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("pipelines/p.yaml")))
    return (try await Workspace(directory: URL(fileURLWithPath: folder.path)), folder)
  }

  @Test func twelveIssuesAreTwelveIssues() async throws {
    let rules = (1...12).map { "{ range: { column: amount, max: \($0) }, on_fail: \($0 % 2 == 0 ? "warn" : "flag") }" }
    let (workspace, folder) = try await trial(
      "[\(rules.joined(separator: ", ")), not_null: id]", rows: "id,amount\n1,100\n2,0\n3,200\n")
    let run = try await workspace.run(RunRequest(try workspace.pipeline(folder.file("pipelines/p.yaml"))))
    #expect(run.status == .warning, "\(run.problems)")
    let found = try await workspace.issues(ofPipeline: "Shop Orders")
    #expect(found.run == run.id && found.status == .warning && found.count == 12 && found.issues.count == 12)
    #expect(found.issues.map(\.number) == Array(1...12) && found.issues.allSatisfy { $0.severity == .warning })
    let first = found.issues[0]
    #expect(first.step == "sane" && first.rule == "range" && first.columns == ["amount"] && first.onFail == "flag")
    #expect(first.invalidRows == 2 && first.rows == 3 && first.examples.map(\.value) == ["100", "200"])
    #expect(first.actionTaken == "the rows passed and were flagged")
    let file = try #require(run.file)
    #expect(
      first.fixes.map(\.command) == [
        "weir rejects show \(run.id) --step sane --rule range", "weir rules edit \(file) sane.1 --on-fail skip",
      ])
    #expect(found.issues[1].fixes.map(\.command) == ["weir rules edit \(file) sane.2 --on-fail skip"])
  }

  @Test func whatEndedTheRunComesFirstWithTheFixesOfTheRun() async throws {
    let (workspace, folder) = try await trial(
      "[{ range: { column: amount, max: 50 }, on_fail: skip }, { not_null: id }, { email: email }, { row_count: { min: 9 }, on_fail: warn }]",
      rows: "id,amount,email\n1,100,a@x.org\n2,0,b\n,1,c\n4,x,d\n")
    let file = folder.file("pipelines/p.yaml")
    let run = try await workspace.run(RunRequest(try workspace.pipeline(file)))
    #expect(run.status == .failed)
    let found = try await workspace.issues(ofPipeline: file)
    #expect(found.issues.map(\.rule).prefix(2) == ["not_null", "email"])
    #expect(found.issues.prefix(2).allSatisfy { $0.severity == .failed })
    #expect(found.issues[0].invalidRows == 1 && found.issues[1].invalidRows == 2)
    #expect(
      found.issues[1].fixes.map(\.command)
        == ["skip", "null", "guide", "relax"].map { "weir fix \(run.id) \($0) --step sane --rule email" })
    #expect(found.issues[1].fixes[0].title == "Skip invalid rows (lose 2 records)")
    #expect(Set(found.issues.dropFirst(2).map(\.step)) == ["rows", "sane"], "\(found.issues.map(\.words))")
    let fixed = try await workspace.run(try await workspace.requestToFix(run.id, .skip, isKept: false).request)
    #expect(fixed.status == .warning, "\(fixed.problems)")
    let after = try await workspace.issues(ofPipeline: file)
    #expect(after.run == fixed.id && after.issues.allSatisfy { $0.severity == .warning })
    #expect(
      after.issues.first { $0.rule == "email" }?.fixes.map(\.command) == [
        "weir rejects show \(fixed.id) --step sane --rule email",
        "weir replay \(fixed.id) --rejects --step sane --rule email",
      ])
    #expect(
      after.issues.first { $0.rule == "row_count" }?.fixes.map(\.command) == [
        "weir rules edit \(try #require(run.file)) sane.4 --on-fail stop"
      ])
    let earlier = try await workspace.issues(ofPipeline: file, run: run.id)
    #expect(earlier.run == run.id && earlier.count == found.count)
  }

  @Test func cleanRowsHaveNone() async throws {
    let (workspace, folder) = try await trial("[not_null: id]", rows: "id,amount\n1,100\n")
    await #expect(throws: Problem.self) { try await workspace.issues(ofPipeline: "Shop Orders") }
    _ = try await workspace.run(RunRequest(try workspace.pipeline(folder.file("pipelines/p.yaml"))))
    #expect(try await workspace.issues(ofPipeline: "shop-orders").count == 0)
  }
}
