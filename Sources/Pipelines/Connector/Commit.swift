/// What became of the one call that makes a load's rows visible: the point of no return. Before it everything can be taken back and tried
/// again; after it nothing can, so what goes wrong then is a warning.
package enum Commit: Sendable {
  /// The rows are visible.
  case committed(LoadOutcome, warnings: [Problem] = [])
  /// The target is as it was.
  case notCommitted(any Error)
  /// The answer was lost, and the target couldn't be asked: neither tried again nor called taken back. See `Problem.commitUnknown`.
  case unknown(Problem)
}

extension Problem {
  /// Whether rows became visible isn't known. Never transient: another attempt could land them twice.
  package static func commitUnknown(_ message: String, at location: Location? = nil) -> Problem {
    Problem(
      "commit-unknown", message,
      hint:
        "Look whether the rows are there before you run it again: if they are, running it again may add them a second time.",
      at: location)
  }

  package var isCommitUnknown: Bool { code == "commit-unknown" }
}
