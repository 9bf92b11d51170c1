import Foundation
import Glibc

/// A program run to its end. Not Foundation's `Process`: its `run` copies whole directory entries of `/proc/self/fd`, reads past the end of
/// their buffer, and so crashes now and then in a process of hundreds of threads.
enum ChildProcess {
  /// - Parameters:
  ///   - output: the file for what it prints; `errors` for the rest.
  /// - Returns: its exit status, or the signal that ended it.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String], in folder: String, output: String,
    errors: String
  ) async throws -> Int32 {
    let child = try start(program, arguments, environment, folder, output, errors)
    return await withCheckedContinuation { ended in
      Thread.detachNewThread {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        ended.resume(returning: signal == 0 ? (status >> 8) & 0xFF : signal)
      }
    }
  }

  private static func start(
    _ program: String, _ arguments: [String], _ environment: [String: String], _ folder: String, _ output: String,
    _ errors: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let words = (["env", "--chdir=\(folder)", program] + arguments).map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { (words + variables).forEach { free($0) } }
    var child: pid_t = 0
    let refusal = posix_spawn(&child, "/usr/bin/env", &actions, &attributes, words, variables)
    guard refusal == 0 else { throw POSIXError(POSIXErrorCode(rawValue: refusal) ?? .EIO) }
    return child
  }
}
