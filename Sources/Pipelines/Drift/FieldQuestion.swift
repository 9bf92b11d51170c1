/// A field of the rows that the target has no column for, and that nobody has decided about (`schema: ask`).
package struct FieldQuestion: Sendable, Codable, Hashable {
  /// A column of the target the field may mean.
  package struct Candidate: Sendable, Codable, Hashable {
    package var column: String
    /// Percent, see `FieldSimilarity`.
    package var similarity: Int
  }

  /// The write step.
  package var step: String
  /// What it writes to, in words.
  package var target: String
  package var field: String
  /// The nearest first; empty = no column is near.
  package var candidates: [Candidate]
  /// All columns of the target that no field of the rows fills: what the field may be mapped to.
  package var unfilled: [String]
  /// Up to three different values of the field.
  package var samples: [String] = []
  package var answer: FieldAnswer?

  package init(step: String, target: String, field: String, candidates: [Candidate], unfilled: [String]) {
    self.step = step
    self.target = target
    self.field = field
    self.candidates = candidates
    self.unfilled = unfilled
  }

  /// What may be answered, as it is typed behind the field's name and `=`; the likeliest first.
  package var choices: [String] { candidates.map { "map:\($0.column)" } + ["create", "ignore"] }

  /// The question as a problem, for verbs that don't run anything.
  package var problem: Problem {
    let near = candidates.map { "\"\($0.column)\" (\($0.similarity)% similarity)" }.joined(separator: ", ")
    return Problem(
      "awaiting-input",
      "Step \"\(step)\" gets a new field \"\(field)\", which \(target) has no column for"
        + (near.isEmpty ? "." : "; it may be \(near)."),
      hint:
        "A run pauses here and asks; name the column in `mapping`, leave the field out in a transform step, or use `schema: evolve`."
    )
  }
}

/// What a person decided about a field.
package struct FieldAnswer: Sendable, Codable, Hashable {
  package enum Choice: String, Sendable, Codable, CaseIterable {
    /// The field's values land in a column that is there.
    case map
    /// The target gets a column of the field's name.
    case create
    /// The field is left out.
    case ignore
  }

  package var step: String
  package var field: String
  package var choice: Choice
  /// For `map`: the column.
  package var target: String?

  package init(step: String, field: String, choice: Choice, target: String? = nil) {
    self.step = step
    self.field = field
    self.choice = choice
    self.target = target
  }

  /// `map:customer_segment`, `create`, `ignore`.
  package var words: String { choice.rawValue + (target.map { ":\($0)" } ?? "") }
}

/// A plan that can't be carried out before somebody has answered; nothing has moved.
package struct AwaitingInput: Error, Sendable {
  package var questions: [FieldQuestion]
  package init(_ questions: [FieldQuestion]) { self.questions = questions }
}
