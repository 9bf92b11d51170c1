import Execution
import Foundation
import Pipelines
import TestSupport
import Testing
import Workspace

/// Unit tests of pipelines fail whenever a run would give other rows, and are refused where they can't fail.
@Suite struct PipelineTestTests {
  private func outcomes(_ step: String, _ test: String, beside: String? = nil) async throws -> [TrialOutcome] {
    let trial = try await QualityTrial()
    if let beside { try trial.write(beside, to: "p.tests.yaml") }
    let text = """
      name: p
      steps:
        - { id: a, read: a.json }
        - id: t
          \(step)
        - { id: w, write: { from: t, to: out.json } }
      \(test.isEmpty ? "" : "tests: [\(test)]")
      """
    try trial.write(text, to: "p.yaml")
    var pipeline = PipelineText(file: "p.yaml", text: text)
    pipeline.path = trial.folder.file("p.yaml")
    return try await trial.workspace.test(RunRequest(pipeline, time: Date()))
  }

  @Test(arguments: [
    ("2", "y: 2", true), ("2", "y: 1.7", false), ("2", "y: 2.4", false), ("2", "y: 2.0", true),
    ("1.25", "y: 1.249", false), ("1.25", "y: 1.250", true), ("9007199254740993", "y: 9007199254740992", false),
    ("2::HUGEINT", "y: 2.4", false), ("2::HUGEINT", "y: 2", true), ("1.25::DECIMAL(38,2)", "y: 1.249", false),
    ("DATE '2025-01-31'", "y: 2025-01-31", true), ("DATE '2025-01-31'", "y: '2025-01-31 23:00:00'", false),
    ("TIMESTAMP '2025-01-31 00:00:00'", "y: 2025-01-31", true), ("true", "y: true", true), ("true", "y: 5", false),
    ("0.1::DOUBLE + 0.2", "y: 0.3", true), ("0.1::DOUBLE", "y: 0.2", false), ("'2'", "y: 2", true),
    ("[1, 2]", "y: [1, 2]", true), ("{'b': 1}", "y: { b: 2 }", false), ("NULL::INTEGER", "y: null", true),
  ])
  func valuesAreComparedExactly(_ value: String, _ expected: String, _ passes: Bool) async throws {
    let found = try await outcomes(
      "transform: { sql: \"SELECT \(value) AS y FROM a\" }",
      "{ given: { a: [{ x: 1 }] }, expect: { t: [{ \(expected) }] } }")
    #expect(found.map(\.passed) == [passes] && found[0].problems.isEmpty, "\(found)")
  }

  @Test(arguments: [
    ("expect: {}", "test-cannot-fail"), ("expect: { a: [{ x: 1 }] }", "test-cannot-fail"),
    ("expect: { t: [{}] }", "wrong-type"), ("expect: { t: [{ y: 2, Y: 3 }] }", "name-taken"),
  ])
  func whatCannotFailIsRefused(_ expectation: String, _ code: Problem.Code) async throws {
    let found = try await outcomes("transform: [{ add: { y: x * 2 } }]", "{ given: { a: [{ x: 1 }] }, \(expectation) }")
    let codes = found[0].problems.map(\.code)
    #expect(!found[0].passed && codes == [code])
    #expect(found[0].problems[0].location?.file == "p.yaml")
  }

  @Test func withoutColumnsNothingIsKnown() async throws {
    let found = try await outcomes("transform: [{ add: { y: x * 2 } }]", "{ given: { a: [] }, expect: { t: [] } }")
    #expect(found[0].problems.map(\.code) == ["missing-given"])
  }

  @Test(arguments: [("stop", false), ("skip", true)])
  func rulesHoldAsInARun(_ onFail: String, _ passes: Bool) async throws {
    let found = try await outcomes(
      "check: { on: a, rules: [{ not_null: x, on_fail: \(onFail) }] }",
      "{ given: { a: [{ x: 1 }, { x: null }] }, expect: { t: [{ x: 1 }] } }")
    #expect(
      found.map(\.passed) == [passes] && found[0].problems.map(\.code) == (passes ? [] : ["data-quality"]), "\(found)")
  }

  @Test func testsMayStandBeside() async throws {
    let beside =
      "- { name: doubled, given: { a: [{ x: 1 }] }, expect: { t: [{ y: 2 }] } }\n- { given: { a: [{ x: 1 }] }, expect: { t: [{ y: 3 }] } }\n"
    let found = try await outcomes("transform: [{ add: { y: x * 2 } }]", "", beside: beside)
    #expect(found.map(\.passed) == [true, false] && found[0].name == "doubled", "\(found)")
    await #expect(throws: InvalidPipeline.self) {
      _ = try await outcomes("transform: [{ add: { y: x } }]", "", beside: "- { given: 3 }\n")
    }
  }
}
