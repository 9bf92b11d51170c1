import Execution
import Foundation
import Synchronization
import Workspace

/// Shows a run while it goes on, on standard error: one redrawn line on a terminal, plain lines elsewhere.
final class Progress: Sendable {
  private struct State {
    var log = RunLog()
    var step = ""
    var rows = 0
    var since = Date()
    var memory = 0
    var isDrawn = false
  }
  private let state = Mutex(State())
  private let isShown: Bool
  private let isLive: Bool
  private let isDebug: Bool

  init(isShown: Bool, isLive: Bool, isDebug: Bool) {
    self.isShown = isShown
    self.isLive = isLive
    self.isDebug = isDebug
  }

  func show(_ event: RunEvent) {
    guard isShown else { return }
    state.withLock { state in
      for line in state.log.lines(for: event) where isDebug || !line.contains("] DEBUG:") {
        clear(&state)
        Terminal.writeError(line + "\n")
      }
      switch event.kind {
      case .stepStarted:
        state.step = event.step ?? ""
        state.rows = 0
        state.since = event.time
      case .progressed(let rows, _):
        state.step = event.step ?? state.step
        state.rows = rows
      case .heartbeat(let memory): state.memory = memory
      default: return
      }
      if isLive { draw(&state, at: event.time) }
    }
  }

  func end() { state.withLock { clear(&$0) } }

  private func draw(_ state: inout State, at time: Date) {
    let rate = Int(Double(state.rows) / max(0.001, time.timeIntervalSince(state.since)))
    let rows = "\(state.rows.grouped) rows  \(rate.grouped) rows/s"
    Terminal.writeError("\r\u{1B}[K  \(state.step)  \(rows)  \(state.memory / 1_000_000) MB")
    state.isDrawn = true
  }

  private func clear(_ state: inout State) {
    if state.isDrawn { Terminal.writeError("\r\u{1B}[K") }
    state.isDrawn = false
  }
}
