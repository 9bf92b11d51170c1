import Execution
import Foundation
import Glibc
import Pipelines
import Synchronization

/// A run's own process: the hidden verb `worker`, in a process group of its own, so that cancelling always works and a crash takes nothing
/// else down. The request goes in on standard input, which stays open as long as this process lives; a worker that falls silent or stands
/// still is killed with the cause stated.
package final class WorkerProcess: Sendable {
  package struct Launch: Sendable {
    /// The weir program.
    package var program: String
    /// The workspace's folder.
    package var directory: String
    /// Seconds without any sign of life until the worker is killed.
    package var silence: Double = 30
    /// Seconds without a row or a step getting on; nil = as long as it takes.
    package var standstill: Double?
    /// Sees every message as it comes, nil for one that can't be understood; for tests that kill the worker at a chosen one.
    package var onMessage: @Sendable (_ number: Int, _ process: Int32, _ message: WorkerMessage?) -> Void = { _, _, _ in
    }

    package init(program: String, directory: String) {
      self.program = program
      self.directory = directory
    }
  }

  /// How the process ended.
  package struct Ending: Sendable {
    var signal: Int32?
    var code: Int32
    var cause: String?
    /// Steps of which nobody heard whether their rows became visible.
    var committing: [String] = []

    /// Whether nobody knows if all that landed is told.
    var leavesOpen: Bool { !committing.isEmpty }

    /// Why a run whose worker didn't report an end has failed.
    func problem(memoryBytes: Int?) -> Problem {
      let how = signal.map { "was ended by signal \($0)" } ?? "ended with code \(code)"
      let end = cause ?? "The process of the run \(how) before the run was over."
      if !committing.isEmpty {
        let steps = committing.map { "\"\($0)\"" }.joined(separator: ", ")
        return .commitUnknown("\(end) The rows of \(steps) were just being made visible; whether they are isn't known.")
      }
      if cause != nil {
        return Problem("stalled", end, hint: "What isn't visible yet was taken back. See weir runs logs.")
      }
      let limit = memoryBytes.map { "\(RunLog.size($0)) were allowed" } ?? "no --memory was set"
      return Problem(
        "worker-died", end,
        hint: signal == SIGKILL
          ? "If nobody killed it, the machine ran out of memory (\(limit)): run it with less --memory."
          : "Run it again; nothing was half-written.")
    }
  }

  private struct State {
    var cause: String?
    var lastSign = Date()
    var lastStep = Date()
    var committing: Set<String> = []
    var ending: Ending?
    var waiting: [CheckedContinuation<Ending, Never>] = []
  }

  package let id: Int32
  /// What the worker tells, in order; a failure is a line that can't be understood.
  package let messages: AsyncStream<Result<WorkerMessage, Problem>>
  private let state = Mutex(State())

  /// - Throws: `worker-died` if the process can't be started.
  package init(_ launch: Launch, request: RunRequest) throws {
    let request = Data((try Document.line(request) + "\n").utf8)
    let input = try Line()
    let output = try Line()
    id = try Self.spawn(launch, input: input.readEnd.number, output: output.writeEnd.number)
    input.readEnd.close()
    output.writeEnd.close()
    let (messages, continuation) = AsyncStream<Result<WorkerMessage, Problem>>.makeStream()
    self.messages = messages
    let hasEnded = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      try? FileHandle(fileDescriptor: input.writeEnd.number, closeOnDealloc: false).write(contentsOf: request)
      hasEnded.wait()
      input.writeEnd.close()
    }
    Thread.detachNewThread { [self] in
      follow(output.readEnd, launch, continuation)
      hasEnded.signal()
    }
    Thread.detachNewThread { [self] in watch(launch) }
  }

  /// Asks the worker to take back what it does; a second later it is killed, but given a minute if it is just making rows visible.
  package func cancel() {
    state.withLock { if $0.ending == nil { kill(id, SIGTERM) } }
    Thread.detachNewThread { [self] in
      var patience = 60
      repeat {
        sleep(1)
        patience -= 1
      } while !end(isPatient: patience > 0)
    }
  }

  /// Kills the worker unless it must be waited for; returns whether that is settled.
  private func end(isPatient: Bool) -> Bool {
    state.withLock { state in
      guard state.ending == nil else { return true }
      if isPatient && !state.committing.isEmpty { return false }
      kill(-id, SIGKILL)
      return true
    }
  }

  /// How it ended; once `messages` are over this comes soon.
  package func ending() async -> Ending {
    await withCheckedContinuation { continuation in
      let ending = state.withLock { state in
        if state.ending == nil { state.waiting.append(continuation) }
        return state.ending
      }
      if let ending { continuation.resume(returning: ending) }
    }
  }

  private static func spawn(_ launch: Launch, input: Int32, output: Int32) throws -> Int32 {
    do throws(POSIXError) {
      return try ProcessStart.run(
        [launch.program, "worker", "--workspace", launch.directory], standard: (input, output, nil))
    } catch { throw unstartable(error.code.rawValue) }
  }

  fileprivate static func unstartable(_ code: Int32) -> Problem {
    Problem("worker-died", "The process of the run can't be started: \(String(cString: strerror(code))).")
  }

  /// Hands on every message until the worker closes its output, then reaps it.
  private func follow(
    _ output: FileEnd, _ launch: Launch, _ continuation: AsyncStream<Result<WorkerMessage, Problem>>.Continuation
  ) {
    var number = 0
    if let file = fdopen(fcntl(output.number, F_DUPFD_CLOEXEC, 0), "r") {
      var buffer: UnsafeMutablePointer<CChar>?
      var capacity = 0
      while getline(&buffer, &capacity, file) > 0, let buffer {
        var line = String(cString: buffer)
        // A line without an end is one the worker died over.
        guard line.hasSuffix("\n") else { break }
        line.removeLast()
        number += 1
        let message = Self.message(line)
        launch.onMessage(number, id, try? message.get())
        state.withLock { note(message, in: &$0) }
        continuation.yield(message)
      }
      free(buffer)
      fclose(file)
    }
    output.close()
    var info = siginfo_t()
    while waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
    let (ending, waiting) = state.withLock { state in
      // Until it is reaped its number is its own.
      kill(-id, SIGKILL)
      var status: Int32 = 0
      while waitpid(id, &status, 0) < 0 && errno == EINTR {}
      let signal = status & 0x7f
      let ending = Ending(
        signal: signal == 0 ? nil : signal, code: (status >> 8) & 0xff, cause: state.cause,
        committing: state.committing.sorted())
      state.ending = ending
      defer { state.waiting = [] }
      return (ending, state.waiting)
    }
    for waiter in waiting { waiter.resume(returning: ending) }
    continuation.finish()
  }

  private static func message(_ line: String) -> Result<WorkerMessage, Problem> {
    do {
      return .success(try Document.read(WorkerMessage.self, from: line))
    } catch {
      return .failure(
        WorkerMessage.unreadable("The process of the run told something that can't be understood: \(error)"))
    }
  }

  private func note(_ message: Result<WorkerMessage, Problem>, in state: inout State) {
    state.lastSign = Date()
    switch message {
    case .success(.event(let event)):
      switch event.kind {
      case .heartbeat: return
      case .receipt, .stepFailed: if let step = event.step { state.committing.remove(step) }
      default: break
      }
    case .success(.committing(let step)): state.committing.insert(step)
    case .success(.problems), .failure: break
    }
    state.lastStep = Date()
  }

  private func watch(_ launch: Launch) {
    while state.withLock({ $0.ending }) == nil {
      usleep(100_000)
      state.withLock { state in
        guard state.ending == nil, state.cause == nil else { return }
        if Date().timeIntervalSince(state.lastSign) > launch.silence {
          state.cause = "The run gave no sign of life for \(Int(launch.silence)) seconds and was ended."
        } else if let standstill = launch.standstill, Date().timeIntervalSince(state.lastStep) > standstill {
          state.cause = "The run made no progress for \(Int(standstill)) seconds and was ended."
        }
        if state.cause != nil { kill(-id, SIGKILL) }
      }
    }
  }
}

/// One end of a line; closed once, at the latest when nobody holds it.
private final class FileEnd: Sendable {
  let number: Int32
  private let isOpen = Mutex(true)

  init(_ number: Int32) { self.number = number }

  func close() {
    let wasOpen = isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
    if wasOpen { Glibc.close(number) }
  }

  deinit { close() }
}

/// A line no other child inherits, not even one that is being started at this moment.
private struct Line {
  let readEnd: FileEnd
  let writeEnd: FileEnd

  init() throws {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw WorkerProcess.unstartable(errno) }
    (readEnd, writeEnd) = (FileEnd(ends[0]), FileEnd(ends[1]))
  }
}
