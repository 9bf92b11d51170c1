import Tabular

/// A pipeline resolved: settings read, connectors and operations made, steps in an order in which they can run.
package struct Plan: Sendable {
  package var name: String
  package var steps: [PlannedStep]
  package var warnings: [Problem]

  package init(name: String, steps: [PlannedStep], warnings: [Problem] = []) {
    self.name = name
    self.steps = steps
    self.warnings = warnings
  }

  package subscript(id id: String) -> PlannedStep? { steps.first { $0.id == id } }
}

package struct PlannedStep: Sendable {
  package var id: String
  /// The steps whose rows it reads.
  package var inputs: [String]
  /// Those of them it reads more than once: a table joined with itself.
  package var rereads: Set<String> = []
  /// Steps that must have succeeded before, though it doesn't read their rows: a write waits for the checks of its rows.
  package var after: [String] = []
  package var work: Work
  package var retry: RetryPolicy
  package var timeout: Double?
  /// Whether the run tells what its rows are like; for a write, those it lands.
  package var isProfiled = false
  package var location: Location

  package init(id: String, inputs: [String], work: Work, retry: RetryPolicy, timeout: Double?, location: Location) {
    self.id = id
    self.inputs = inputs
    self.work = work
    self.retry = retry
    self.timeout = timeout
    self.location = location
  }
}

extension Work {
  /// The word for it in pipeline files.
  package var kind: String {
    switch self {
    case .read: "read"
    case .transform: "transform"
    case .check: "check"
    case .write: "write"
    }
  }
}

/// What a planned step does. Closed on purpose: the compiler lists what a fifth kind touches.
package enum Work: Sendable {
  case read(any Source, ReadSpec)
  case transform(Transform)
  case check([any Rule])
  case write(any Destination, WriteSpec)
}

package enum Transform: Sendable {
  /// SQL over the steps it names, with the place where it starts.
  case sql(String, Location)
  /// Operations over the first input, in order.
  case operations([any Operation])
}
