import ArgumentParser
import Foundation
import Pipelines
import Workspace

struct RuleList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Rules for checks, and rule templates of the workspace, for - use: NAME.",
    subcommands: [List.self, Show.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the rules, and the templates in rules/.")
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let rules = try await common.open().rules()
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
