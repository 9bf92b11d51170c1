import Execution
import Foundation
import Pipelines
import Workspace

/// What a paused run asks, and how to answer.
struct QuestionView {
  var run: Run
  var isColored: Bool

  var text: String {
    if !run.ruleQuestions.isEmpty { return rules }
    let open = run.openQuestions
    var text = "\n" + Ink.bold("Ambiguous data mapping detected", if: isColored) + "\n"
    for question in run.questions {
      text += "\n" + describe(question)
      if let answer = question.answer {
        text += "  Answer: \(answer.words)\n"
      } else {
        text += question.choices.map {
          Ink.dim("  weir answer \(run.id) \(Self.quoted(name(of: question) + "=" + $0))", if: isColored) + "\n"
        }.joined()
      }
    }
    if !open.isEmpty {
      text += "\nWith --always the answer holds for future runs, too. weir answer \(run.id) --cancel ends the run.\n"
    }
    return text + Ink.yellow(run.statusWords, if: isColored) + "  \(run.pipeline)  run \(run.id)\n"
  }

  private var rules: String {
    var text = "\n" + Ink.bold("Data quality warning", if: isColored) + "\n"
    for question in run.ruleQuestions {
      text += "\n" + describe(question)
      if let answer = question.answer { text += "  Answer: \(answer.rawValue)\n" }
    }
    if let first = run.openRuleQuestions.first {
      let name = run.ruleQuestions.count > 1 ? "[\(first.name)=]" : ""
      text += "\n"
      for choice in first.choices {
        text +=
          "  \(Self.words(choice)): " + Ink.dim("weir answer \(run.id) \(name)\(choice.rawValue)", if: isColored) + "\n"
      }
      text += "  Stop: " + Ink.dim("weir answer \(run.id) stop", if: isColored) + "\n"
    }
    return text + Ink.yellow(run.statusWords, if: isColored) + "  \(run.pipeline)  run \(run.id)\n"
  }

  /// The broken rule, and some of the values that break it.
  func describe(_ question: RuleQuestion) -> String {
    "\(Ink.bold(question.name, if: isColored))  \(QualityView.words(question.outcome))\n"
      + question.outcome.examples.map { "  \($0.position): \($0.value ?? $0.original)\n" }.joined()
  }

  static func words(_ choice: RuleQuestion.Answer) -> String {
    switch choice {
    case .proceed: "Proceed anyway, with a warning"
    case .skip: "Fix: set these rows aside"
    case .null: "Fix: leave these values empty"
    case .fixed: "Fixed at the source: read and check again"
    }
  }

  /// The field, what it may mean, and some of its values.
  func describe(_ question: FieldQuestion) -> String {
    var text =
      "New field: \(Ink.bold("\"\(question.field)\"", if: isColored)) in step \(question.step), not in \(question.target)\n"
    if question.candidates.isEmpty {
      text += "  No column is like it.\n"
    } else {
      text +=
        "  Possible matches: "
        + question.candidates.map { "\($0.column) (\($0.similarity)% similarity)" }.joined(separator: ", ") + "\n"
    }
    if !question.samples.isEmpty {
      text += "  Values: " + question.samples.map { "\"\($0)\"" }.joined(separator: ", ") + "\n"
    }
    return text
  }

  /// The field, with its step where several steps ask about it.
  func name(of question: FieldQuestion) -> String {
    run.questions.count { $0.field == question.field } > 1 ? "\(question.step).\(question.field)" : question.field
  }

  private static func quoted(_ word: String) -> String {
    word.wholeMatch(of: /[A-Za-z0-9_.:=\/-]+/) != nil
      ? word : "'\(word.unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }.joined())'"
  }
}
