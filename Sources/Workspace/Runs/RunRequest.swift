import Execution
import Foundation
import Pipelines
import Synchronization

/// One wish to run a pipeline, with everything that decides what the run does. Also what a worker process is given.
package struct RunRequest: Sendable, Codable {
  package var id: String
  package var text: PipelineText
  package var trigger: Trigger
  package var parameters: [String: String]
  /// The run's logical time.
  package var time: Date
  package var limits: EngineLimits
  package var options: RunOptions
  /// The run that this one goes on after.
  package var resumes: String?
  /// What was decided about fields this run asked about.
  package var answers: [FieldAnswer] = []
  /// Whether the run with this id is paused and goes on now.
  package var continues = false
  /// The dead letters this one feeds in; it reads nothing else.
  package var letters: LetterChoice?

  package init(
    _ text: PipelineText, because trigger: Trigger = .manual, parameters: [String: String] = [:], time: Date = Date(),
    limits: EngineLimits = EngineLimits(), options: RunOptions = RunOptions()
  ) {
    id = Run.newID(at: Date())
    self.text = text
    self.trigger = trigger
    self.parameters = parameters
    self.time = time
    self.limits = limits
    self.options = options
  }
}

/// Stops a run from outside: from a signal, a button, a watchdog.
package final class Cancellation: Sendable {
  private struct State {
    var isCancelled = false
    var action: (@Sendable () -> Void)?
  }
  private let state = Mutex(State())

  package init() {}

  package var isCancelled: Bool { state.withLock { $0.isCancelled } }

  package func cancel() {
    let action = state.withLock { state in
      state.isCancelled = true
      return state.action
    }
    action?()
  }

  /// Calls `action` when cancelled, at once if that has happened.
  func onCancel(_ action: @escaping @Sendable () -> Void) {
    let isCancelled = state.withLock { state in
      state.action = action
      return state.isCancelled
    }
    if isCancelled { action() }
  }
}
