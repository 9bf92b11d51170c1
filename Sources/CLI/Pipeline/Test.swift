import ArgumentParser
import Execution
import Foundation
import Pipelines
import Workspace

struct Test: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the tests of a pipeline: those in its file and those beside it, in NAME.tests.yaml.",
    discussion:
      "A test gives rows of steps and expects rows of later ones; no system is asked and nothing is written. Rules hold as in a run. The order of rows and columns that aren't mentioned don't matter."
  )
  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    struct Report: Encodable {
      var passed: Bool
      var tests: [TrialOutcome]
      var problems: [Problem]
    }
    let workspace = try await common.open()
    let outcomes = try await workspace.test(pipeline.request(in: workspace))
    let passed = outcomes.allSatisfy(\.passed)
    let problems = outcomes.flatMap { outcome in
      outcome.passed || !outcome.problems.isEmpty
        ? outcome.problems
        : [
          Problem(
            "test-failed", "The test \"\(outcome.name)\" found \(outcome.differences.count) rows that differ.",
            at: outcome.location)
        ]
    }
    try common.show(Report(passed: passed, tests: outcomes, problems: problems)) {
      outcomes.map(words).joined() + "\(outcomes.count { $0.passed }) of \(outcomes.count) tests passed\n"
    }
    if !passed { throw Leave(code: 1) }
  }

  private func words(_ outcome: TrialOutcome) -> String {
    let ink = common.isColored
    var text = (outcome.passed ? Ink.green("✓", if: ink) : Ink.red("✗", if: ink)) + " \(outcome.name)\n"
    var step = ""
    for difference in outcome.differences {
      if difference.step != step { text += "  \(difference.step)\n" }
      step = difference.step
      let row = difference.row.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
      text +=
        difference.kind == .missing
        ? Ink.red("  - \(row)", if: ink) + "   expected, not there\n"
        : Ink.green("  + \(row)", if: ink) + "   there, not expected\n"
    }
    return text + outcome.problems.map { ProblemPrinter(isColored: ink).render($0) }.joined()
  }
}

struct ShowSchema: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of pipeline files, for editors.",
    discussion:
      "weir schema > pipeline.schema.json, then begin a file with: # yaml-language-server: $schema=pipeline.schema.json"
  )
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let schema = try await common.open().pipelineSchema + "\n"
    Terminal.write(
      common.output == .yaml ? try YAMLText.block(SettingReader.read(schema, file: "schema"), indent: 0) : schema)
  }
}
