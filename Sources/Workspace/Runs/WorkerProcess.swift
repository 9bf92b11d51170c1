import Execution
import Foundation
import Glibc
import Pipelines
import Synchronization

/// What a worker tells on its standard output, one JSON document a line.
package enum WorkerMessage: Sendable, Codable {
  case event(RunEvent)
  case problems([Problem])
}

/// A run's own process: the hidden verb `worker`, in a process group of its own, so that cancelling always works and a crash takes nothing
/// else down. The request goes in on standard input; a worker that falls silent or stands still is killed with the cause stated.
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
    /// Sees every message as it comes; for tests that kill the worker at a chosen one.
    package var onMessage: @Sendable (_ number: Int, _ process: Int32) -> Void = { _, _ in }

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

    /// Why a run whose worker didn't report an end has failed.
    func problem(memoryBytes: Int?) -> Problem {
      if let cause { return Problem("stalled", cause, hint: "What isn't visible yet was taken back. See weir runs logs.") }
      let how = signal.map { "was ended by signal \($0)" } ?? "ended with code \(code)"
      return Problem(
        "worker-died", "The process of the run \(how) before the run was over.",
        hint: signal == SIGKILL ? "If nobody killed it, the machine ran out of memory: lower --memory." : "Run it again; nothing was half-written.")
    }
  }

  package let id: Int32
  package let lines: AsyncStream<String>
  private let state: Mutex<(cause: String?, lastSign: Date, lastStep: Date, ending: Ending?)>

  package init(_ launch: Launch, request: RunRequest) throws {
    var input: [Int32] = [0, 0]
    var output: [Int32] = [0, 0]
    guard pipe(&input) == 0, pipe(&output) == 0 else { throw Self.unstartable(errno) }
    for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    id = try Self.spawn(launch, input: input[0], output: output[1])
    close(input[0])
    close(output[1])
    let (lines, continuation) = AsyncStream<String>.makeStream()
    self.lines = lines
    state = Mutex((nil, Date(), Date(), nil))
    let request = try Document.line(request)
    let (readEnd, writeEnd) = (output[0], input[1])
    Thread.detachNewThread {
      try? FileHandle(fileDescriptor: writeEnd, closeOnDealloc: true).write(contentsOf: Data((request + "\n").utf8))
    }
    Thread.detachNewThread { [self] in follow(readEnd, launch, continuation) }
    Thread.detachNewThread { [self] in watch(launch) }
  }

  /// Asks the worker to take back what it does; after a second it is killed.
  package func cancel() {
    kill(id, SIGTERM)
    Thread.detachNewThread { [self] in
      let deadline = Date().addingTimeInterval(1)
      while Date() < deadline, state.withLock({ $0.ending }) == nil { usleep(20_000) }
      if state.withLock({ $0.ending }) == nil { kill(-id, SIGKILL) }
    }
  }

  /// How it ended; once `lines` are over this comes soon.
  package func ending() async -> Ending {
    while true {
      if let ending = state.withLock({ $0.ending }) { return ending }
      try? await Task.sleep(for: .milliseconds(5))
    }
  }

  private static func spawn(_ launch: Launch, input: Int32, output: Int32) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, 0)
    let arguments = [launch.program, "worker", "--workspace", launch.directory]
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var id: pid_t = 0
    let code = posix_spawn(&id, launch.program, &actions, &attributes, &argv, environ)
    guard code == 0 else { throw unstartable(code) }
    return id
  }

  private static func unstartable(_ code: Int32) -> Problem {
    Problem("worker-died", "The process of the run can't be started: \(String(cString: strerror(code))).")
  }

  /// Hands on every line until the worker closes its output, then reaps it.
  private func follow(_ descriptor: Int32, _ launch: Launch, _ continuation: AsyncStream<String>.Continuation) {
    var number = 0
    if let file = fdopen(descriptor, "r") {
      var buffer: UnsafeMutablePointer<CChar>?
      var capacity = 0
      while getline(&buffer, &capacity, file) > 0, let buffer {
        let line = String(cString: buffer).trimmingCharacters(in: .newlines)
        number += 1
        launch.onMessage(number, id)
        let isProgress = !line.contains("\"heartbeat\"")
        state.withLock { state in
          state.lastSign = Date()
          if isProgress { state.lastStep = Date() }
        }
        continuation.yield(line)
      }
      free(buffer)
      fclose(file)
    }
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0 && errno == EINTR {}
    kill(-id, SIGKILL)
    let signal = status & 0x7f
    state.withLock { $0.ending = Ending(signal: signal == 0 ? nil : signal, code: (status >> 8) & 0xff, cause: $0.cause) }
    continuation.finish()
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
