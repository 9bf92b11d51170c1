import Execution
import Foundation
import Pipelines

extension Workspace {
  /// Takes one event of a run in. What a pausing run was asked to do is kept first, so that a run that says it is paused can go on.
  func take(
    _ event: RunEvent, _ recorder: RunRecorder, _ request: RunRequest, _ onEvent: @Sendable (RunEvent) async -> Void
  ) async throws {
    switch event.kind {
    case .paused, .asked:
      try await store.keep(request: try vault.sealed(Document.line(request), as: request.id), of: request.id)
    default: break
    }
    await onEvent(try await recorder.record(event))
  }

  /// Answers questions of a paused run.
  /// - Parameter texts: `FIELD=map:COLUMN`, `FIELD=create` or `FIELD=ignore`; `STEP.FIELD=…` where only one of several writes is meant. About
  ///   broken rules: `proceed`, `skip`, `null` or `fixed`; `STEP.NUMBER=…`, `STEP=…` or `KIND=…` where only some of several are meant.
  /// - Parameter isKept: whether the answers hold for all runs of this pipeline to come, too.
  /// - Returns: the run, still paused.
  /// - Throws: `unknown-run`, `not-paused`, `unknown-field`, `unknown-choice`, `unknown-column`, `taken-column`; nothing is answered then.
  package func answer(_ id: String, _ texts: [String], isKept: Bool = false) async throws -> Run {
    let run = try await requireRun(id)
    if isKept, !run.ruleQuestions.isEmpty {
      throw Problem(
        "usage", "--always is for answers about fields; what a rule does from now on stands in the pipeline's file.",
        hint: run.file.map { "weir rules edit \($0) \(run.ruleQuestions[0].name) --on-fail warn" })
    }
    let answered = try await store.answer(run.id) { run in
      for text in texts {
        if run.ruleQuestions.isEmpty {
          try AnswerText(text).apply(to: &run)
        } else {
          try RuleAnswerText(text).apply(to: &run)
        }
      }
    }
    if isKept {
      let given = try texts.flatMap { text in try AnswerText(text).questions(of: answered).compactMap(\.answer) }
      try await store.decide(given, for: answered)
    }
    return answered
  }

  /// Goes on with a paused run whose questions are all answered: the same text, parameters, options and logical time.
  /// - Throws: `unknown-run`, `not-paused`, `missing-answer`.
  package func requestToContinue(_ id: String) async throws -> RunRequest {
    let run = try await requireRun(id)
    guard run.status == .paused, let kept = try await store.keptRequest(of: run.id) else {
      throw Problem(
        "not-paused", "Run \(run.id) is \(run.status.rawValue): it waits for no answer.",
        hint: "weir runs list --status paused shows those that do.")
    }
    let open = run.openQuestions
    guard open.isEmpty else {
      throw Problem(
        "missing-answer", "Run \(run.id) still asks about \(open.map { "\"\($0.field)\"" }.joined(separator: ", ")).",
        hint: open.prefix(3).map { "weir answer \(run.id) \($0.field)=\($0.choices[0])" }.joined(separator: "\n  "))
    }
    let undecided = run.openRuleQuestions
    guard undecided.isEmpty else {
      throw Problem(
        "missing-answer",
        "Run \(run.id) still asks what to do about \(undecided.map { "\($0.name) (\($0.outcome.words))" }.joined(separator: ", ")).",
        hint: "weir answer \(run.id) \(undecided[0].choices.map(\.rawValue).joined(separator: "|"))|stop")
    }
    var request = try Document.read(RunRequest.self, from: vault.opened(kept, as: run.id))
    request.options.fixes += run.ruleQuestions.compactMap(\.fix)
    request.options.done.formUnion(run.steps.filter { $0.kind == "write" && $0.status == .success }.map(\.id))
    request.answers = run.questions.compactMap(\.answer)
    request.continues = true
    return request
  }

  /// What a run of a paused request should know: its file has been changed since, and counts as it was.
  package func changeSince(_ request: RunRequest) -> Problem? {
    guard let now = try? pipeline(request.text.file), now.hash != request.text.hash else { return nil }
    return Problem(
      "changed-text",
      "The file \(request.text.file) has changed since the run paused; the run goes on with the text as it was.",
      hint: "To run what it says now: weir answer \(request.id) --cancel, then weir run \(request.text.file)."
    ).warning()
  }

  /// Ends a paused run; nothing has moved.
  package func cancelPaused(_ id: String) async throws -> Run {
    let run = try await store.cancelPaused(try await requireRun(id).id)
    let log = try LineFile(appendingTo: folder(of: run.id).log)
    try log.append("[\(RunLog.stamp(Date()))] WARNING: Pipeline execution cancelled")
    return run
  }
}

/// One answer as it is typed.
struct AnswerText {
  private let text: String

  init(_ text: String) { self.text = text }

  /// The questions it is about.
  func questions(of run: Run) throws(Problem) -> [FieldQuestion] {
    try match(in: run).indices.map { run.questions[$0] }
  }

  func apply(to run: inout Run) throws(Problem) {
    let (name, indices) = try match(in: run)
    let typed = String(text.dropFirst(name.count + 1))
    for index in indices { run.questions[index].answer = try answer(typed, to: run.questions[index], of: run) }
  }

  private func match(in run: Run) throws(Problem) -> (name: String, indices: [Int]) {
    guard text.contains("=") else {
      throw Problem(
        "usage", "An answer is written FIELD=map:COLUMN, FIELD=create or FIELD=ignore, not \"\(text)\".",
        hint: run.questions.first.map { "For example \($0.field)=\($0.choices[0])." })
    }
    let names = run.questions.map { [$0.field, "\($0.step).\($0.field)"] }
    // A field's name may hold an equals sign itself.
    let name = names.joined().filter { text.lowercased().hasPrefix($0.lowercased() + "=") }.max { $0.count < $1.count }
    guard let name else {
      let typed = String(text.prefix { $0 != "=" })
      throw Problem(
        "unknown-field", "Run \(run.id) doesn't ask about a field \"\(typed)\".",
        hint: Nearest.hint(typed, among: Array(names.joined()))
          ?? "It asks about \(run.questions.map { "\"\($0.field)\"" }.joined(separator: ", ")).")
    }
    return (name, names.indices.filter { names[$0].contains(name) })
  }

  private func answer(_ typed: String, to question: FieldQuestion, of run: Run) throws(Problem) -> FieldAnswer {
    let parts = typed.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let choice = FieldAnswer.Choice(rawValue: parts[0].lowercased()), (choice == .map) == (parts.count == 2)
    else {
      throw Problem(
        "unknown-choice", "\"\(typed)\" is no answer about \"\(question.field)\".",
        hint: "One of \(question.choices.joined(separator: ", ")).")
    }
    guard choice == .map else { return FieldAnswer(step: question.step, field: question.field, choice: choice) }
    guard let column = question.unfilled.first(where: { $0.lowercased() == parts[1].lowercased() }) else {
      throw Problem(
        "unknown-column", "There is no column \"\(parts[1])\" in \(question.target) that the rows leave unfilled.",
        hint: Nearest.hint(parts[1], among: question.unfilled)
          ?? (question.unfilled.isEmpty
            ? "All its columns are filled by other fields: answer create or ignore."
            : "Unfilled are \(question.unfilled.joined(separator: ", "))."))
    }
    if let other = run.questions.first(where: {
      $0.step == question.step && $0.field != question.field && $0.answer?.target == column
    }) {
      throw Problem(
        "taken-column", "Column \"\(column)\" takes the values of \"\(other.field)\" already.",
        hint: "Answer otherwise for one of them.")
    }
    return FieldAnswer(step: question.step, field: question.field, choice: .map, target: column)
  }
}

extension Plan {
  /// What a run tells that begins and pauses at once.
  func pause(for waiting: AwaitingInput) -> [RunEvent] {
    [
      RunEvent(.runStarted(steps: steps.map { StepOutline(id: $0.id, kind: $0.work.kind, inputs: $0.inputs) })),
      RunEvent(.paused(questions: waiting.questions)),
    ]
  }
}
