import Foundation
import Pipelines
import Workspace

/// What a paused run asks, and how to answer.
struct QuestionView {
  var run: Run
  var isColored: Bool

  var text: String {
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
