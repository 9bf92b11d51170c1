import Execution
import Pipelines

/// What a worker tells on its standard output, one JSON document a line.
package enum WorkerMessage: Sendable, Codable {
  case event(RunEvent)
  case problems([Problem])
  /// The rows of a step are about to become visible: from here until its receipt or failure, only the target knows whether they are.
  case committing(step: String)

  /// A message that got lost: what the run did can't be told in full.
  static func unreadable(_ message: String) -> Problem {
    Problem(
      "worker-protocol", message,
      hint:
        "The run was stopped. Steps that succeeded have landed; for the others look at the target. Please report this with the output of `weir doctor`."
    )
  }
}
