import Execution
import Pipelines

/// One answer about broken rules as it is typed: `proceed`, `sane.2=skip`.
struct RuleAnswerText {
  private let text: String

  init(_ text: String) { self.text = text }

  /// - Throws: `unknown-choice`, `unknown-rule`; nothing is answered then.
  func apply(to run: inout Run) throws(Problem) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let typed = parts[parts.count - 1].lowercased()
    let indices = run.ruleQuestions.indices.filter {
      parts.count == 1 || names(of: run.ruleQuestions[$0]).contains(parts[0])
    }
    guard !indices.isEmpty else {
      let names = run.ruleQuestions.flatMap(names)
      throw Problem(
        "unknown-rule", "Run \(run.id) doesn't ask about a rule \"\(parts[0])\".",
        hint: Nearest.hint(parts[0], among: names)
          ?? "It asks about \(run.ruleQuestions.map(\.name).joined(separator: ", ")).")
    }
    for index in indices {
      let choices = run.ruleQuestions[index].choices
      guard let answer = choices.first(where: { $0.rawValue == typed }) else {
        throw Problem(
          "unknown-choice", "\"\(typed)\" is no answer about \(run.ruleQuestions[index].name).",
          hint: "One of \(choices.map(\.rawValue).joined(separator: ", ")), or stop, which ends the run.")
      }
      run.ruleQuestions[index].answer = answer
    }
  }

  private func names(of question: RuleQuestion) -> [String] { [question.name, question.step, question.outcome.rule] }
}
