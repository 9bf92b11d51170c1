import Foundation
import Pipelines
import TestSupport
import Testing
import Workspace

/// What a run says when a value fails while the rows flow: which operation it was, and which steps it concerns.
@Suite struct FailedValueTests {
  private func run(_ operations: String, on rows: String) async throws -> Run {
    let folder = try TemporaryFolder()
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    try Data(rows.utf8).write(to: URL(fileURLWithPath: folder.file("a.json")))
    let text = """
      name: failed-value
      steps:
        - id: a
          read: a.json
        - id: t
          transform:
            on: a
            operations:
      \(operations.split(separator: "\n").map { "        " + $0 }.joined(separator: "\n"))
        - id: w
          write: { from: t, to: out.json, mode: replace }
      """
    return try await workspace.run(RunRequest(PipelineText(file: "case.yaml", text: text)))
  }

  @Test func theFilterThatFailedIsNamed() async throws {
    let run = try await run(
      "- filter: s <> 'x'\n- filter: s::INT > 1\n- add: {b: 1}", on: #"[{"s": "2"}, {"s": "abc"}]"#)
    let problem = try #require(run.problems.first)
    #expect(run.problems.count == 1)
    #expect(problem.code == "bad-value")
    #expect(problem.message.hasPrefix(#""filter" in step "t" met a value it can't use."#))
    #expect(problem.message.contains("'abc'"))
    #expect(problem.location?.line == 10)
    #expect(run.steps.map { "\($0.id) \($0.status.rawValue)" } == ["a skipped", "t failed", "w skipped"])
  }

  @Test func theColumnThatFailedIsNamed() async throws {
    let run = try await run("- add: {b: upper(s), n: s::INT}", on: #"[{"s": "2"}, {"s": "abc"}]"#)
    #expect(
      run.problems.first?.message.hasPrefix(#""add" of column "n" in step "t" met a value it can't use."#) == true)
  }

  @Test(arguments: ["sqrt(n)", "ln(n)"])
  func whatHasNoResultIsNotTooLarge(_ expression: String) async throws {
    let run = try await run("- add: {b: \"\(expression)\"}", on: #"[{"n": -1}, {"n": -2}]"#)
    let problem = try #require(run.problems.first)
    #expect(problem.message.hasPrefix(#""add" of column "b" in step "t" met a value it can't use."#))
    #expect(problem.hint?.contains("decimal") == false)
  }

  @Test func anOverflowIsTooLarge() async throws {
    let run = try await run("- add: {b: n * n}", on: #"[{"n": 9223372036854775807}]"#)
    #expect(
      run.problems.first?.message.hasPrefix(#""add" of column "b" in step "t" met a number too large"#) == true)
  }

  @Test func aDivisionByZeroIsEmpty() async throws {
    let run = try await run("- add: {b: n / 0}\n- filter: n / 0 > 1 OR b > 1", on: #"[{"n": 1}]"#)
    #expect(run.problems.isEmpty)
    #expect(run.steps.last?.rows == 0)
  }
}
