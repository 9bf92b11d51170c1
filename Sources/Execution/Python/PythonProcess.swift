import Foundation
import Glibc
import Pipelines
import Synchronization

/// One Python process in a process group and folder of its own, with nothing of this process's environment. Its folder goes when it ends.
final class PythonProcess: Sendable {
  /// Where its standard input is written; closed by `closeInput`.
  let input: Int32
  /// Where its standard output is read; whoever reads closes it.
  let output: Int32
  let folder: String
  private let id: Int32
  private let state = Mutex<(status: Int32?, isInputOpen: Bool)>((nil, true))
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameter log: sees the lines the process prints on standard error.
  /// - Throws: `python-missing` if it can't be started.
  init(_ interpreter: PythonInterpreter, log: @escaping @Sendable (String) -> Void) throws {
    _ = Self.ignoresBrokenPipes
    folder = Scratch.path("python")
    let program = folder + "/weir.py"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try PythonRunner.text.write(toFile: program, atomically: false, encoding: .utf8)
    var (stdin, stdout, stderr) = (
      [Int32](repeating: 0, count: 2), [Int32](repeating: 0, count: 2), [Int32](repeating: 0, count: 2)
    )
    guard pipe(&stdin) == 0, pipe(&stdout) == 0, pipe(&stderr) == 0 else { throw Self.unstartable(errno) }
    for end in stdin + stdout + stderr { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let fast: Int32 = 1031  // F_SETPIPE_SZ of fcntl(2)
    for end in [stdin[1], stdout[0]] { _ = fcntl(end, fast, 1 << 20) }
    let arguments = [interpreter.path, "-I", "-X", "utf8", program]
    let environment = [
      "LC_ALL=C.UTF-8", "LANG=C.UTF-8", "TZ=UTC", "HOME=\(folder)", "TMPDIR=\(folder)", "PATH=/usr/bin:/bin",
      "OMP_NUM_THREADS=1",
      "OPENBLAS_NUM_THREADS=1", "MALLOC_ARENA_MAX=2",
    ]
    do {
      id = try ProcessStart.run(arguments, environment, standard: (stdin[0], stdout[1], stderr[1]))
    } catch {
      for end in stdin + stdout + stderr { close(end) }
      try? FileManager.default.removeItem(atPath: folder)
      throw Self.unstartable(error.code.rawValue)
    }
    for end in [stdin[0], stdout[1], stderr[1]] { close(end) }
    input = stdin[1]
    output = stdout[0]
    let errors = stderr[0]
    Thread.detachNewThread { [self] in
      Self.follow(errors, log)
      var status: Int32 = 0
      while waitpid(id, &status, 0) < 0 && errno == EINTR {}
      state.withLock { $0.status = status }
      try? FileManager.default.removeItem(atPath: folder)
      ended.signal()
    }
  }

  /// Ends it and all that it started, now.
  func stop() {
    state.withLock { if $0.status == nil { kill(-id, SIGKILL) } }
  }

  func closeInput() {
    let wasOpen = state.withLock { state in
      defer { state.isInputOpen = false }
      return state.isInputOpen
    }
    if wasOpen { close(input) }
  }

  /// Writes all bytes to its input. Blocking.
  /// - Returns: false if nobody reads any more.
  func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(input, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        return false
      }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// How it ended, once its output is over: the signal, or nil and the exit code; nil if it still runs after a second.
  func ending() -> (signal: Int32?, code: Int32)? {
    guard ended.wait(timeout: .now() + 1) == .success, let status = state.withLock({ $0.status }) else { return nil }
    ended.signal()
    let signal = status & 0x7f
    return (signal == 0 ? nil : signal, (status >> 8) & 0xff)
  }

  private static func unstartable(_ code: Int32) -> Problem {
    Problem(
      "python-missing", "Python can't be started: \(String(cString: strerror(code))).",
      hint: "Set WEIR_PYTHON to the path of a Python 3.8 or newer.")
  }

  /// Writing to a process that is gone is an error here, not the end of this process.
  private static let ignoresBrokenPipes: Bool = {
    signal(SIGPIPE, SIG_IGN)
    return true
  }()

  /// Hands on what is printed, line by line; of long lines and of a flood, only the beginning.
  private static func follow(_ descriptor: Int32, _ log: (String) -> Void) {
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    var line: [UInt8] = []
    var lines = 0
    func end() {
      lines += 1
      if lines <= longestLog { log(String(decoding: line, as: UTF8.self)) }
      if lines == longestLog + 1 { log("What the function prints after its first \(longestLog) lines is left out.") }
      line.removeAll(keepingCapacity: true)
    }
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      for byte in buffer[..<count] {
        if byte == UInt8(ascii: "\n") { end() } else if line.count < longestLine { line.append(byte) }
      }
    }
    if !line.isEmpty { end() }
  }

  private static let longestLog = 200
  private static let longestLine = 2000
}
