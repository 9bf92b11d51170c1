import Foundation
import Glibc
import Pipelines
import Synchronization

/// A worker's line to the process that started it: the request comes in on standard input, which stays open as long as the other process
/// lives; messages go out on standard output.
package final class ParentLine: Sendable {
  private let writing = Mutex(())

  package init() {}

  /// What is to be run; nil if nothing sensible came.
  package func request() -> RunRequest? { readLine().flatMap { try? Document.read(RunRequest.self, from: $0) } }

  /// Cancels as soon as the other process is gone: nobody would record what the run does.
  package func watch(cancelling cancellation: Cancellation) {
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let count = read(0, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { return cancellation.cancel() }
      }
    }
  }

  /// Sends a message; when it returns, the other process has it for certain, even if this one is killed.
  /// - Throws: `worker-protocol` if the message can't be written down (the other process is told that); `CancellationError` if nobody is there.
  package func tell(_ message: WorkerMessage) throws {
    let line: String
    do {
      line = try Document.line(message)
    } catch {
      let problem = WorkerMessage.unreadable(
        "The process of the run has something to tell that it can't write down: \(error)")
      try send(Document.line(WorkerMessage.problems([problem])))
      throw problem
    }
    try send(line)
  }

  private func send(_ line: String) throws {
    try writing.withLock { _ in
      var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      if poll(&input, 1, 0) > 0, input.revents & Int16(POLLHUP) != 0 { throw CancellationError() }
      var bytes = Array((line + "\n").utf8)[...]
      while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw CancellationError() }
        bytes = bytes.dropFirst(count)
      }
    }
  }
}
