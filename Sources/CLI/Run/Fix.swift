import ArgumentParser
import Execution
import Foundation
import Pipelines
import Workspace

struct Fix: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Try a run again that a rule has ended, with another answer to the rows that broke it.",
    discussion: """
      skip leaves the invalid rows out and keeps them as rejects; null lands them with the invalid values empty; relax writes `on_fail: warn` \
      beside the rule in the pipeline's file (--on-fail names another answer) and shows the lines that change; guide says how to correct the \
      values at their source. Without a choice the possible ones are shown; at a terminal you are asked. The new run leaves out the \
      writes that were done, and has the parameters and logical time of the failed one.
      """)
  enum Choice: String, ExpressibleByArgument, CaseIterable { case skip, null, guide, relax }
  enum Answer: String, ExpressibleByArgument, CaseIterable { case warn, flag, skip, null, alert }

  @Argument(help: "A run's id, or latest.") var id: String
  @Argument(help: "skip, null, guide or relax.") var choice: Choice?
  @Option(help: "Only rules of this kind.") var rule: String?
  @Option(help: "Only rules of this step.") var step: String?
  @Flag(help: "With skip and null: write it into the pipeline's file, too.") var always = false
  @Option(help: "With relax: what happens to rows that break the rule from now on.") var onFail: Answer?
  @Flag(help: "Run in a process of its own.") var isolated = false
  @OptionGroup var common: CommonOptions

  func run() async throws {
    guard onFail == nil || choice == .relax else {
      throw Problem("usage", "--on-fail goes with relax.", hint: "weir fix \(id) relax --on-fail flag")
    }
    guard !always || choice == .skip || choice == .null else {
      throw Problem("usage", "--always goes with skip and null.")
    }
    let workspace = try await common.open()
    let run = try await workspace.requireRun(id)
    let view = FixView(run: run, isColored: common.isColored)
    guard let choice = try choice ?? ask(run, view) else {
      _ = try await workspace.guide(run.id, rule: rule, step: step)
      return try common.show(run) { view.text }
    }
    let answer: OnFail
    switch choice {
    case .guide:
      let lines = try await workspace.guide(run.id, rule: rule, step: step)
      return try common.show(lines) { lines.enumerated().map { "\($0 + 1). \($1)\n" }.joined() }
    case .skip: answer = .skip
    case .null: answer = .null
    case .relax: answer = onFail.flatMap { OnFail(rawValue: $0.rawValue) } ?? .warn
    }
    let (request, edit) = try await workspace.requestToFix(
      run.id, answer, rule: rule, step: step, isKept: always || choice == .relax)
    if let edit, !common.quiet {
      Terminal.writeError("Changed \(edit.file):\n" + edit.lines.map { "  \(Redactor().redact($0))\n" }.joined())
    }
    try await RunInTerminal(workspace: workspace, common: common, isolated: isolated, standstill: nil).perform(request)
  }

  /// nil = nobody is there to choose.
  private func ask(_ run: Run, _ view: FixView) throws -> Choice? {
    guard Terminal.isTerminal(0), common.output == .table, !run.suggestedFixes.isEmpty else { return nil }
    Terminal.writeError(view.text + "Your choice (1 to \(run.suggestedFixes.count)): ")
    guard let line = readLine()?.trimmingCharacters(in: .whitespaces), !line.isEmpty else { return nil }
    let chosen = run.suggestedFixes.first { String($0.number) == line || $0.choice.rawValue == line.lowercased() }
    guard let chosen else { throw Problem("usage", "\"\(line)\" is none of the choices.") }
    return Choice(rawValue: chosen.choice.rawValue)
  }
}
