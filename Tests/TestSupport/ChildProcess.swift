import Foundation
import Glibc

/// A program that runs beside the tests. Not Foundation's `Process`: its `run` copies whole directory entries of `/proc/self/fd`, reads past
/// the end of their buffer, and so crashes now and then in a process of hundreds of threads.
package final class ChildProcess: Sendable {
  /// Where what it prints goes to.
  package enum Output: Sendable {
    case nowhere
    case file(String)
    /// An end of a line; the child gets a copy.
    case descriptor(Int32)
  }

  package enum Ending: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
  }

  package let id: Int32

  /// - Parameters:
  ///   - environment: nil = that of the tests.
  ///   - folder: where it runs; nil = where the tests do.
  ///   - input: what it reads; nil = nothing.
  package init(
    _ program: String, _ arguments: [String] = [], environment: [String: String]? = nil, in folder: String? = nil,
    input: Int32? = nil, output: Output = .nowhere, errors: Output = .nowhere
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    Self.lead(1, to: output, &actions)
    Self.lead(2, to: errors, &actions)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let words = (["env"] + (folder.map { ["--chdir=\($0)"] } ?? []) + [program] + arguments).map { strdup($0) } + [nil]
    let variables =
      (environment ?? ProcessInfo.processInfo.environment).map { strdup("\($0)=\($1)") } + [nil]
    defer { (words + variables).forEach { free($0) } }
    var child: pid_t = 0
    let refusal = posix_spawn(&child, "/usr/bin/env", &actions, &attributes, words, variables)
    guard refusal == 0 else { throw POSIXError(POSIXErrorCode(rawValue: refusal) ?? .EIO) }
    id = child
  }

  private static func lead(_ number: Int32, to output: Output, _ actions: inout posix_spawn_file_actions_t) {
    switch output {
    case .nowhere: posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_WRONLY, 0)
    case .file(let path):
      posix_spawn_file_actions_addopen(&actions, number, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    case .descriptor(let end): posix_spawn_file_actions_adddup2(&actions, end, number)
    }
  }

  /// Whether it has not ended yet.
  package var isRunning: Bool {
    var info = siginfo_t()
    return waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == 0
  }

  /// Blocks the thread until it has ended. To be called once.
  package func wait() -> Ending {
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
  }

  /// Two ends of a line that no other child inherits, not even one that is being started at this moment.
  package static func line() throws -> (FileHandle, FileHandle) {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw POSIXError(.EMFILE) }
    return (
      FileHandle(fileDescriptor: ends[0], closeOnDealloc: true),
      FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    )
  }

  /// How it has ended, once it has. To be called once.
  package func ending() async -> Ending {
    await withCheckedContinuation { ended in
      Thread.detachNewThread { ended.resume(returning: self.wait()) }
    }
  }
}

/// What a child process prints, read while it runs.
package final class ChildOutput: @unchecked Sendable {
  private let reading: FileHandle
  /// What the child is given; closed here once it has started.
  private let writing: FileHandle

  package init() throws { (reading, writing) = try ChildProcess.line() }

  package var end: ChildProcess.Output { .descriptor(writing.fileDescriptor) }

  /// What is printed until `text` comes, or all of it if that never comes.
  package func heard(upTo text: String) async -> String {
    try? writing.close()
    return await withCheckedContinuation { found in
      Thread.detachNewThread { [self] in
        var heard = ""
        while !heard.contains(text) {
          let data = reading.availableData
          if data.isEmpty { break }
          heard += String(decoding: data, as: UTF8.self)
        }
        found.resume(returning: heard)
      }
    }
  }
}
