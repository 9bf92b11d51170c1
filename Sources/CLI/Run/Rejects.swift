import ArgumentParser
import Execution
import Foundation
import Pipelines
import Workspace

struct Rejects: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Rows that a run set aside.", subcommands: [List.self, Show.self, Export.self],
    defaultSubcommand: List.self)

  /// Which rows of which run.
  struct Choice: ParsableArguments {
    @Argument(help: "A run's id, the beginning of it, or latest.") var run = "latest"
    @Option(help: "Only those this rule set aside.") var rule: String?
    @Option(help: "Only those of this step.") var step: String?

    func rows(in workspace: Workspace) async throws -> [KeptReject] {
      let run = try await workspace.requireRun(run)
      return try await workspace.rejects(of: run).filter {
        (rule ?? $0.rule) == $0.rule && (step ?? $0.step) == $0.step
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Count them by step and rule.")
    @OptionGroup var choice: Choice
    @OptionGroup var common: CommonOptions

    func run() async throws {
      struct Count: Encodable { let step, rule, reason: String, rows, replayed: Int }
      let groups = Dictionary(grouping: try await choice.rows(in: common.open())) { [$0.step, $0.rule] }
      let counts = groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
        Count(
          step: $0.key[0], rule: $0.key[1], reason: $0.value[0].reason, rows: $0.value.count,
          replayed: $0.value.count { $0.replayedBy != nil })
      }
      try common.show(counts) {
        TextTable(
          headings: ["Step", "Rule", "Rows", "Replayed", "Reason"],
          rows: counts.map { [$0.step, $0.rule, $0.rows.grouped, $0.replayed.grouped, $0.reason] }, numeric: [2, 3]
        ).render(width: Terminal.width)
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show them as they were.")
    @OptionGroup var choice: Choice
    @Option(help: "At most this many.") var limit = 50
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let count = try Usage.check(limit, "--limit", in: 0...Int.max) ?? limit
      let rows = Array(try await choice.rows(in: common.open()).prefix(count))
      try common.show(rows) {
        TextTable(
          headings: ["Step", "Position", "Rule", "Replayed by", "Reason", "Row"],
          rows: rows.map { [$0.step, $0.position, $0.rule, $0.replayedBy ?? "", $0.reason, $0.original] }
        ).render(width: Terminal.width)
      }
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print them all, one JSON object a line.")
    @OptionGroup var choice: Choice
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let rows = try await choice.rows(in: common.open())
      if common.output != .table { return try common.show(rows) { "" } }
      for row in rows { Terminal.write(try Document.line(row) + "\n") }
    }
  }
}
