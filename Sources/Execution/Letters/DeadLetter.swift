/// A row that was set aside, as the file of its run keeps it, one JSON object a line (guarantee 6).
package struct DeadLetter: Sendable, Codable, Hashable {
  package var step: String
  /// `file:line`, or the row's number in its step.
  package var position: String
  /// A line of a file, or the row as JSON; secrets in it are hidden.
  package var original: String
  package var rule: String
  package var reason: String
  /// `original` encrypted, if a secret is hidden in it.
  package var sealed: String?
  /// The operation of a transform whose rule set it aside, counted from 0.
  package var operation: Int?
  /// Whether `original` is a line of a file as the reader found it.
  package var isLine: Bool?
  /// Whether the row went on all the same, with a flag.
  package var isFlagged: Bool?
  /// Whether the row went on all the same, with the values emptied that break the rule.
  package var isEmptied: Bool?

  init(in step: String) {
    self.step = step
    (position, original, rule, reason) = ("", "", "", "")
  }

  /// Whether the row isn't missing in the target.
  package var hasGoneOn: Bool { isFlagged == true || isEmptied == true }

  /// Where rows of this kind go in again.
  package var entrance: Entrance { Entrance(step: step, operation: operation, isLine: isLine == true) }

  /// A place of a plan where rows were set aside.
  package struct Entrance: Sendable, Hashable {
    var step: String
    var operation: Int?
    var isLine: Bool
  }

  /// Names the row: several rules may have set it aside.
  package var row: Row { Row(entrance: entrance, position: position) }

  package struct Row: Sendable, Hashable {
    var entrance: Entrance
    var position: String
  }
}

/// Dead letters of a run on their way into its pipeline again, one for each row.
package struct LetterBatch: Sendable {
  /// Names exactly these rows of exactly that run; what landed of them is remembered under it.
  package var name: String
  package var letters: [DeadLetter]

  package init(name: String, letters: [DeadLetter]) {
    self.name = name
    self.letters = letters
  }

  package func letters(into step: String, operation: Int? = nil, lines: Bool = false) -> [DeadLetter] {
    letters.filter { $0.entrance == DeadLetter.Entrance(step: step, operation: operation, isLine: lines) }
  }

  func goes(into step: String) -> Bool { letters.contains { $0.step == step } }

  /// The key under which a target remembers that the batch has landed.
  package func stateKey(_ step: String, in context: RunContext) -> String {
    "\(context.stateKey(step))/letters/\(name)"
  }
}
