import ArgumentParser
import Execution
import Foundation
import Pipelines
import Tabular
import Workspace

struct Validate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Check a pipeline file without asking any system.")
  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    struct Verdict: Encodable {
      var valid = true
      var pipeline: String
      var steps: [String]
      var warnings: [Problem]
    }
    let workspace = try await common.open()
    let plan = try await workspace.validate(pipeline.request(in: workspace))
    try common.show(Verdict(pipeline: plan.name, steps: plan.steps.map(\.id), warnings: plan.warnings)) {
      plan.warnings.map { ProblemPrinter(isColored: common.isColored).render($0) }.joined()
        + "\(pipeline.file) is valid: \(plan.steps.count) steps (\(plan.steps.map(\.id).joined(separator: " → ")))\n"
    }
  }
}

struct ShowPlan: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what a run would do, without doing it.")
  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let workspace = try await common.open()
    var request = try pipeline.request(in: workspace)
    try limits.apply(to: &request)
    let explanation = try await workspace.explain(request)
    try common.show(explanation) { explanation.steps.map(words).joined(separator: "\n") }
  }

  private func words(_ step: Explanation.Step) -> String {
    let ink = common.isColored
    let inputs = step.inputs.isEmpty ? "" : "  from \(step.inputs.joined(separator: ", "))"
    var text = Ink.bold(step.id, if: ink) + "  \(step.kind)\(inputs)\n"
    let size = [
      step.estimatedRows.map { "\($0.grouped) rows" }, step.estimatedBytes.map { RunLog.size($0) },
    ].compactMap { $0 }
    if !size.isEmpty { text += "  about \(size.joined(separator: ", "))\n" }
    if let cursor = step.cursor {
      text += "  \(cursor.column) from \(cursor.after ?? "the beginning") to \(cursor.upTo ?? "the end")\n"
    }
    text += "  columns: " + step.columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ") + "\n"
    for effect in step.effects ?? [] { text += "  - \(effect)\n" }
    if let strategy = step.strategy { text += "  \(strategy)\n" }
    if let rows = step.existingRows { text += "  \(rows.grouped) rows stand there now\n" }
    for statement in step.statements ?? [] { text += Ink.dim("  \(statement)", if: ink) + "\n" }
    if let dependents = step.dependents, !dependents.isEmpty {
      text += "  depends on it: \(dependents.joined(separator: ", "))\n"
    }
    return text
  }
}

struct Preview: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show the first rows of a step. Nothing is written.")
  @OptionGroup var pipeline: PipelineOptions
  @Option(help: "The step; otherwise the last one.") var step: String?
  @Option(help: "How many rows.") var rows = 10
  @Flag(help: "Count what the step does even where there may be many rows; at most a million are counted.") var count =
    false
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let limit = try Usage.check(rows, "--rows", in: 0...Int.max) ?? rows
    let workspace = try await common.open()
    let shown = try await workspace.preview(pipeline.request(in: workspace), step: step, rows: limit, counting: count)
    try common.show(shown) {
      CommonOptions.table(shown.rows) + StepView(shown: shown, isColored: common.isColored).text
    }
  }
}

struct Query: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show the rows of a SELECT, over files or in a connection.")
  @Argument(help: "The SELECT; files are tables: SELECT * FROM 'orders.csv'.") var sql: String
  @Option(name: .shortAndLong, help: "A connection's name, URL or path; then the SQL is that system's own.")
  var connection: String?
  @Option(help: "At most this many rows.") var limit = 1000
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let count = try Usage.check(limit, "--limit", in: 0...Int.max) ?? limit
    try common.show(try await common.open().query(sql, connection: connection, rows: count))
  }
}

extension CommonOptions {
  func show(_ rows: RowsShown) throws {
    try show(rows) { Self.table(rows) }
  }

  static func table(_ rows: RowsShown) -> String {
    let numeric = rows.schema.columns.enumerated().filter { $1.type.isNumber }.map(\.offset)
    return TextTable(
      headings: rows.schema.names, rows: rows.rows.map { $0.map(\.description) }, numeric: Set(numeric)
    ).render(width: Terminal.width)
  }
}
