import ArgumentParser
import Execution
import Foundation
import Pipelines
import Workspace

struct Answer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer what a paused run asks, and let it go on.",
    discussion: """
      A write with `schema: ask` pauses its run before any row moves when a field has no column in the target. Each answer is \
      FIELD=map:COLUMN (its values land in that column), FIELD=create (the target gets the column) or FIELD=ignore (it is left out); \
      STEP.FIELD=… answers for one of several writes. When all is answered the same run goes on, with its text, parameters and logical time. \
      A broken rule with `on_fail: ask` pauses its run before its rows are visible: proceed lets them pass with a warning, skip sets those that break \
      it aside, null leaves the values empty, fixed reads them again once they have been corrected at their source, stop ends the run; \
      STEP.NUMBER=… answers for one of several rules. At a terminal, weir answer RUN asks for what is missing. Exit code 3 says that \
      questions are still open.
      """)
  @Argument(help: "A run's id, or latest.") var id: String
  @Argument(
    help: ArgumentHelp(
      "FIELD=map:COLUMN, FIELD=create or FIELD=ignore; for rules proceed, skip, null, fixed or stop.",
      valueName: "answer"))
  var answers: [String] = []
  @Flag(help: "Apply these answers to future runs of the pipeline, too.") var always = false
  @Flag(help: "End the run instead; nothing has moved.") var cancel = false
  @Flag(help: "Run in a process of its own.") var isolated = false
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let workspace = try await common.open()
    if cancel || answers == ["stop"] {
      guard answers.isEmpty || !cancel, !always else {
        throw Problem("usage", "--cancel ends the run, so answers are of no use.", hint: "Leave them away.")
      }
      let run = try await workspace.cancelPaused(id)
      return try common.show(run) { "cancelled run \(run.id)\n" }
    }
    var run = try await workspace.answer(id, answers, isKept: always)
    if run.isAsking, Terminal.isTerminal(0), common.output == .table {
      run = try await ask(run, workspace)
      for question in run.openRuleQuestions {
        guard let answered = try await ask(question, run, workspace) else {
          let run = try await workspace.cancelPaused(id)
          return try common.show(run) { "cancelled run \(run.id)\n" }
        }
        run = answered
      }
    }
    guard !run.isAsking || answers.isEmpty else {
      try common.show(run) { QuestionView(run: run, isColored: common.isColored).text }
      throw Leave(code: 3)
    }
    let request = try await workspace.requestToContinue(run.id)
    if let change = workspace.changeSince(request), !common.quiet {
      Terminal.writeError(ProblemPrinter(isColored: common.isColored).render(change))
    }
    try await RunInTerminal(workspace: workspace, common: common, isolated: isolated, standstill: nil).perform(request)
  }

  /// Asks for one answer after the other; what has been answered stays if the rest isn't.
  private func ask(_ run: Run, _ workspace: Workspace) async throws -> Run {
    var run = run
    while let question = run.openQuestions.first {
      let view = QuestionView(run: run, isColored: common.isColored)
      Terminal.writeError("\n" + view.describe(question))
      for (number, choice) in question.choices.enumerated() {
        Terminal.writeError("  \(number + 1). \(words(choice, question))\n")
      }
      Terminal.writeError("Your choice (1 to \(question.choices.count), or map:COLUMN): ")
      guard let line = readLine()?.trimmingCharacters(in: .whitespaces), !line.isEmpty else {
        throw Problem("missing-answer", "Run \(run.id) stays paused.", hint: "weir answer \(run.id) asks again.")
      }
      let chosen =
        Int(line).flatMap { question.choices.indices.contains($0 - 1) ? question.choices[$0 - 1] : nil } ?? line
      let isKept: Bool
      if always {
        isKept = true
      } else {
        Terminal.writeError("Apply this decision to future occurrences? [y/N] ")
        isKept = ["y", "yes"].contains((readLine() ?? "").lowercased())
      }
      do {
        run = try await workspace.answer(run.id, ["\(view.name(of: question))=\(chosen)"], isKept: isKept)
      } catch let problem as Problem
        where ["unknown-choice", "unknown-column", "taken-column"].contains(problem.code.description)
      {
        Terminal.writeError(ProblemPrinter(isColored: common.isColored).render(problem))
      }
    }
    return run
  }

  /// - Returns: nil to end the run.
  private func ask(_ question: RuleQuestion, _ run: Run, _ workspace: Workspace) async throws -> Run? {
    Terminal.writeError("\n" + QuestionView(run: run, isColored: common.isColored).describe(question))
    for (number, choice) in question.choices.enumerated() {
      Terminal.writeError("  \(number + 1). \(QuestionView.words(choice))\n")
    }
    let last = question.choices.count + 1
    Terminal.writeError("  \(last). Stop\nYour choice (1 to \(last)): ")
    guard let line = readLine()?.trimmingCharacters(in: .whitespaces), !line.isEmpty else {
      throw Problem("missing-answer", "Run \(run.id) stays paused.", hint: "weir answer \(run.id) asks again.")
    }
    if line == "stop" || Int(line) == last { return nil }
    let chosen =
      Int(line).flatMap { question.choices.indices.contains($0 - 1) ? question.choices[$0 - 1].rawValue : nil } ?? line
    return try await workspace.answer(run.id, ["\(question.name)=\(chosen)"])
  }

  private func words(_ choice: String, _ question: FieldQuestion) -> String {
    switch choice {
    case "create": "Create new field \"\(question.field)\""
    case "ignore": "Ignore this field"
    default:
      question.candidates.first { "map:\($0.column)" == choice }.map { "\($0.column) (\($0.similarity)% similarity)" }
        ?? choice
    }
  }
}

struct Decisions: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answers that hold for future runs.", subcommands: [List.self, Remove.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List what weir answer --always has kept.")
    @Argument(help: "A pipeline's name.") var pipeline: String?
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let decisions = try await common.open().store.decisions(pipeline: pipeline)
      try common.show(decisions) {
        TextTable(
          headings: ["Pipeline", "Step", "Field", "Decision", "Run", "When"],
          rows: decisions.map { [$0.pipeline, $0.step, $0.field, $0.answer.words, $0.run ?? "", $0.decidedAt] }
        ).render(width: Terminal.width)
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget decisions; the next run asks again.")
    @Argument(help: "A pipeline's name.") var pipeline: String
    @Argument(help: "The field; otherwise all of them.") var field: String?
    @Option(help: "Only for this write step.") var step: String?
    @Flag(name: .shortAndLong, help: "Don't ask.") var yes = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let store = try await common.open().store
      let known = try await store.decisions(pipeline: pipeline)
      guard
        known.contains(where: {
          (field ?? $0.field).lowercased() == $0.field.lowercased() && (step ?? $0.step) == $0.step
        })
      else {
        throw Problem(
          "unknown-decision", "There is no decision about \(field.map { "field \"\($0)\" of " } ?? "")\"\(pipeline)\".",
          hint: field.flatMap { Nearest.hint($0, among: known.map(\.field)) } ?? "weir decisions list shows them.")
      }
      try Confirmation.ask(
        "Forget what was decided about \(field.map { "\"\($0)\" of " } ?? "")\"\(pipeline)\"?", isGiven: yes)
      let count = try await store.forgetDecisions(pipeline: pipeline, field: field, step: step)
      try common.show(["removed": count]) { "removed \(count)\n" }
    }
  }
}
