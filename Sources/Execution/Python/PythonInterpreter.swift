import Foundation
import Glibc
import Pipelines
import Synchronization

/// The Python that runs functions: `WEIR_PYTHON`, else the first `python3` of `PATH`. Version 3.8 or newer.
package struct PythonInterpreter: Sendable {
  package let path: String
  private static let known = Mutex<[String: String]>([:])

  /// - Throws: `python-missing`.
  package static func find(
    in environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> PythonInterpreter {
    let named = environment["WEIR_PYTHON"].flatMap { $0.isEmpty ? nil : $0 }
    let candidates =
      named.map { [$0] }
      ?? (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map { "\($0)/python3" }
    guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw Problem(
        "python-missing",
        named.map { "There is no Python at \"\($0)\", which WEIR_PYTHON names." } ?? "There is no python3 in PATH.",
        hint: "Install it (apt-get install python3), or set WEIR_PYTHON to the path of a Python 3.8 or newer.")
    }
    if let path = known.withLock({ $0[found] }) { return PythonInterpreter(path: path) }
    let path = try real(found)
    known.withLock { $0[found] = path }
    return PythonInterpreter(path: path)
  }

  /// A `python3` may be a script that looks for one; functions run without its environment, so it is asked once which one it means.
  private static func real(_ path: String) throws -> String {
    guard let file = FileHandle(forReadingAtPath: path), try file.read(upToCount: 2) == Data("#!".utf8) else {
      return path
    }
    let said = try output(of: [path, "-I", "-c", "import sys; print(sys.executable)"])
    let found = said.trimmingCharacters(in: .whitespacesAndNewlines)
    guard access(found, X_OK) == 0 else {
      throw Problem(
        "python-missing", "\"\(path)\" doesn't start a Python.",
        hint: "Set WEIR_PYTHON to the path of a Python 3.8 or newer.")
    }
    return found
  }

  /// What a program prints until its end.
  private static func output(of arguments: [String]) throws -> String {
    let line = Pipe()
    let nothing = FileHandle.nullDevice.fileDescriptor
    let (reading, writing) = (line.fileHandleForReading, line.fileHandleForWriting)
    for end in [reading, writing] { _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC) }
    let id = try ProcessStart.run(arguments, standard: (nothing, writing.fileDescriptor, nothing))
    try writing.close()
    let said = reading.readDataToEndOfFile()
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0 && errno == EINTR {}
    return String(decoding: said, as: UTF8.self)
  }
}
