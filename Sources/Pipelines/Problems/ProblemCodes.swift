/// What a problem's code means. Every code is declared in one of two lists, which say how a command ends that meets it.
extension Problem.Code {
  package struct Meaning: Sendable {
    package let code: Problem.Code
    package let meaning: String
    /// What to do.
    package let advice: String

    init(_ code: Problem.Code, _ meaning: String, _ advice: String) {
      self.code = code
      self.meaning = meaning
      self.advice = advice
    }
  }

  /// Whether the person has to change the command or a file before it can work, as opposed to a system or data that failed.
  package var isWrongUsage: Bool { Problem.Code.codesOfWrongUsage.contains(self) }

  /// The exit code of a command that ends with such a problem.
  package var exitCode: Int32 { isWrongUsage ? 2 : 1 }

  /// All codes there are, by name.
  package static var all: [Meaning] { (wrongUsage + failures).sorted { $0.code.description < $1.code.description } }

  private static let codesOfWrongUsage = Set(wrongUsage.map(\.code))

  /// `docs/reference/problems.md`.
  package static var reference: String {
    """
    # Problems

    Every problem has a code that doesn't change, so that programs can tell them apart. A command that can't do its work for one of them ends
    with the exit code beside it: 2 where the command or a file has to be changed first, 1 where a system or the data failed. A run that has
    begun and then fails ends with 1 whatever its problem. This file is written by a test from the lists in the program.

    | Code | Exit | Meaning | What to do |
    |---|---|---|---|

    """ + all.map { "| `\($0.code)` | \($0.code.exitCode) | \($0.meaning) | \($0.advice) |\n" }.joined()
  }
}
