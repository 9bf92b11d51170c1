import Foundation
import Glibc

/// Starts processes. Not Foundation's `Process`, which crashes now and then in a process of hundreds of threads: it copies whole directory
/// entries of `/proc/self/fd` and reads past the end of their buffer.
package enum ProcessStart {
  /// Starts a program in a process group of its own, with all signals unblocked.
  /// - Parameters:
  ///   - arguments: the program's path first.
  ///   - environment: `NAME=value`; nil = this process's own.
  ///   - standard: what becomes its input, output and errors; nil = as here.
  /// - Returns: its number.
  package static func run(
    _ arguments: [String], _ environment: [String]? = nil, standard: (input: Int32?, output: Int32?, errors: Int32?)
  ) throws(POSIXError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for case (let end?, let place) in [(standard.input, Int32(0)), (standard.output, 1), (standard.errors, 2)] {
      posix_spawn_file_actions_adddup2(&actions, end, place)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = (environment ?? []).map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var id: pid_t = 0
    let code =
      environment == nil
      ? posix_spawn(&id, arguments[0], &actions, &attributes, &argv, environ)
      : posix_spawn(&id, arguments[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
    return id
  }
}
