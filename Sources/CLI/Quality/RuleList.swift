import ArgumentParser
import Execution
import Foundation
import Pipelines
import Workspace

struct RuleList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Rules for checks, rule templates, and the rules of a pipeline.",
    subcommands: [List.self, Show.self, AddRule.self, EditRule.self, DeleteRule.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "List the kinds of rules and the templates in rules/, or the rules of a pipeline with their last result.")
    @Argument(help: "A pipeline file, or the name of one in pipelines/.") var pipeline: String?
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let workspace = try await common.open()
      guard let pipeline else { return try showKinds(workspace.rules()) }
      let rules = try await workspace.rules(ofPipeline: pipeline)
      try common.show(rules) {
        guard !rules.isEmpty else {
          return "\(pipeline) has no rules. weir rules add \(pipeline) 'not_null: COLUMN' adds one.\n"
        }
        return TextTable(
          headings: ["Rule", "What it is", "If broken", "Last run"],
          rows: rules.map {
            [$0.id, $0.rule, $0.onFail?.rawValue ?? "as its template says", $0.lastResult?.words ?? ""]
          }
        ).render(width: Terminal.width)
      }
    }

    private func showKinds(_ rules: [KnownRule]) throws {
      try common.show(rules) {
        TextTable(
          headings: ["Name", "Kind", "What it says"],
          rows: rules.map {
            [$0.name, $0.kind == .rule ? "rule" : $0.file ?? "template", $0.problem?.message ?? $0.summary]
          }
        ).render(width: Terminal.width)
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show how a rule is written, or what a template holds.")
    @Argument(help: "Its name.") var name: String
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let rule = try await common.open().rule(named: name)
      try common.show(rule) {
        "\(Ink.bold(rule.name, if: common.isColored))  \(rule.problem?.message ?? rule.summary)\n\n\(rule.example)\n"
          + (rule.text.map { "\n\($0)\($0.hasSuffix("\n") ? "" : "\n")" } ?? "")
      }
    }
  }
}

extension PipelineRule.LastResult {
  /// `passed`, `99.8% valid`.
  fileprivate var words: String {
    if passed { return "passed" }
    return validPercent.map { "\(QualityView.percent($0)) valid" } ?? "failed"
  }
}
