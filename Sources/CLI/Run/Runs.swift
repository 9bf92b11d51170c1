import ArgumentParser
import Execution
import Foundation
import Pipelines
import Workspace

struct Runs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The history of runs.", subcommands: [List.self, Show.self, Logs.self, Alerts.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List runs, the latest first.")
    @Option(help: "Only of this pipeline.") var pipeline: String?
    @Option(help: "Only in this state.") var status: String?
    @Option(help: "At most this many.") var limit = 20
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let state = try status.map { text in
        guard let state = RunStatus(rawValue: text) else {
          throw Problem(
            "usage", "There is no run status \"\(text)\".",
            hint: Nearest.hint(text, among: RunStatus.allCases.map(\.rawValue))
              ?? "One of \(RunStatus.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return state
      }
      let count = try Usage.check(limit, "--limit", in: 0...Int.max) ?? limit
      let runs = try await common.open().store.runs(pipeline: pipeline, status: state, limit: count)
      try common.show(runs) {
        TextTable(
          headings: ["Run", "Pipeline", "Status", "Started", "Duration", "Rows"],
          rows: runs.map {
            [
              $0.id, $0.pipeline, $0.statusWords, Document.text($0.startedAt),
              ReceiptView.duration($0.metrics.durationSeconds),
              $0.metrics.rowsProcessed.grouped,
            ]
          }, numeric: [4, 5]
        ).render(width: Terminal.width)
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one run.")
    @Argument(help: "Its id, the beginning of it, or latest.") var id: String
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let run = try await common.open().requireRun(id)
      try common.show(run) {
        ReceiptView(run: run, isColored: common.isColored).text
          + run.profiles.map {
            "\n\(Ink.bold($0.step, if: common.isColored))  " + ProfileView(profile: $0.profile).text
          }.joined()
          + run.problems.map { ProblemPrinter(isColored: common.isColored).render($0) }.joined()
          + FixView(run: run, isColored: common.isColored).suggestions
      }
    }
  }

  struct Alerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List what runs raised alerts for, the latest first.")
    @Option(help: "Only of this pipeline.") var pipeline: String?
    @Option(help: "At most this many.") var limit = 20
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let count = try Usage.check(limit, "--limit", in: 0...Int.max) ?? limit
      let alerts = try await common.open().store.alerts(pipeline: pipeline, limit: count)
      try common.show(alerts) {
        TextTable(
          headings: ["Run", "Pipeline", "Started", "Step", "Severity", "Alert"],
          rows: alerts.map {
            [$0.run, $0.pipeline, $0.startedAt, $0.step, $0.alert.severity.rawValue, $0.alert.message]
          }
        ).render(width: Terminal.width)
      }
    }
  }

  struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the log of a run.")
    @Argument(help: "Its id, the beginning of it, or latest.") var id: String
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let workspace = try await common.open()
      let lines = workspace.folder(of: try await workspace.requireRun(id).id).logLines()
      try common.show(lines) { lines.map { $0 + "\n" }.joined() }
    }
  }
}
