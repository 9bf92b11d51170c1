import Execution
import Foundation
import Glibc
import Pipelines
import Synchronization
import Workspace

/// Kills a worker (SIGKILL) at one of its messages and remembers what it had told until it was dead.
package final class KillPoint: Sendable {
  private struct Heard {
    var committing: Set<String> = []
    var hasEnded = false
    var count = 0
  }

  private let number: Int
  private let heard = Mutex(Heard())

  /// - Parameter number: of the message, from 1; beyond the last one, nothing is killed.
  package init(at number: Int) { self.number = number }

  /// A worker of this workspace that will be killed.
  package func launch(in folder: String) throws -> WorkerProcess.Launch {
    var launch = WorkerProcess.Launch(program: try Program.path(), directory: folder)
    launch.onMessage = { [self] number, process, message in
      if number == self.number { kill(process, SIGKILL) }
      heard.withLock { Self.note(message, in: &$0) }
    }
    return launch
  }

  private static func note(_ message: WorkerMessage?, in heard: inout Heard) {
    heard.count += 1
    switch message {
    case .committing(let step): heard.committing.insert(step)
    case .event(let event):
      switch event.kind {
      case .receipt, .stepFailed: if let step = event.step { heard.committing.remove(step) }
      case .runFinished: heard.hasEnded = true
      default: break
      }
    case .problems, nil: break
    }
  }

  /// Whether it died between saying that it makes rows visible and saying what became of them; only then nobody can know.
  package var diedCommitting: Bool { heard.withLock { !$0.committing.isEmpty } }
  /// Whether it had told the run's end.
  package var toldTheEnd: Bool { heard.withLock { $0.hasEnded } }
  /// Up to which message a kill may come to be of use: the last one, or one more than were heard if there was no end.
  package var reach: Int { heard.withLock { $0.count + ($0.hasEnded ? 0 : 1) } }
  /// The codes of the problems the run must have.
  package var expectedCodes: [Problem.Code] { toldTheEnd ? [] : diedCommitting ? ["commit-unknown"] : ["worker-died"] }
}
