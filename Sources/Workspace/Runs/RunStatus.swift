/// Where a run stands (RUN-02, RUN-03, C14).
package enum RunStatus: String, Sendable, Codable, CaseIterable {
  case pending, running, success, failed, warning, cancelled, paused, retrying

  /// The states that may follow this one.
  package var successors: Set<RunStatus> {
    switch self {
    case .pending: [.running, .cancelled]
    case .running: [.success, .warning, .failed, .cancelled, .paused]
    case .failed: [.retrying]
    case .retrying: [.running, .cancelled]
    case .paused: [.running, .cancelled]
    case .success, .warning, .cancelled: []
    }
  }

  package func canBecome(_ next: RunStatus) -> Bool { successors.contains(next) }

  /// Nothing more happens in this run unless a person asks for it.
  package var isOver: Bool { [.success, .warning, .failed, .cancelled].contains(self) }
}

/// Why a run is paused (C16).
package enum PauseReason: String, Sendable, Codable {
  /// Somebody has to answer its questions.
  case awaitingInput = "awaiting_input"
}

/// Where a step of a run stands.
package enum StepStatus: String, Sendable, Codable, CaseIterable {
  case pending, running, success, failed, retrying, skipped, cancelled
}
