import Foundation
import Pipelines

/// Tells whole gzip files from truncated ones. The engine ends quietly where such a file breaks off, so rows would be lost unseen.
enum Gzip {
  /// Reads the file once with the system's zlib.
  /// - Throws: `truncated-file`.
  static func verify(_ path: String) async throws {
    try await Blocking.interruptible { stop in
      guard FileSet.size(path) > 0 else { return }
      let reader = try ByteReader(path)
      while try reader.fill() { try stop.check() }
    }
  }
}

/// Reads a file's bytes in order; gzip files unpacked.
final class ByteReader {
  private let zlib: Zlib
  private let file: OpaquePointer
  private let path: String
  private let capacity = 1 << 18
  private let buffer: UnsafeMutablePointer<UInt8>
  private var count = 0
  private var position = 0

  init(_ path: String) throws(Problem) {
    guard let zlib = Zlib.shared else {
      throw Problem("library-missing", "The library libz.so.1 is not installed.", hint: "Run `apt-get install zlib1g`.")
    }
    guard let file = zlib.open(path, "rb") else { throw Problem("file-not-found", "\"\(path)\" can't be opened.") }
    self.zlib = zlib
    self.file = file
    self.path = path
    buffer = .allocate(capacity: capacity)
  }

  deinit {
    _ = zlib.close(file)
    buffer.deallocate()
  }

  /// Reads the next piece in place of the last; false at the end.
  /// - Throws: `truncated-file`.
  func fill() throws(Problem) -> Bool {
    position = 0
    count = Int(zlib.read(file, buffer, UInt32(capacity)))
    if count > 0 { return true }
    var code: Int32 = 0
    _ = zlib.error(file, &code)
    guard count == 0, code == 0 else {
      count = 0
      throw Problem(
        "truncated-file", "The compressed file \"\(path)\" is damaged or ends too early.", hint: "Fetch it again.")
    }
    return false
  }

  /// The next byte; nil at the end.
  func next() throws(Problem) -> UInt8? {
    if position == count, try !fill() { return nil }
    defer { position += 1 }
    return buffer[position]
  }

  /// Appends the bytes up to the next LF; false if there were none at the end of the file.
  func readLine(into line: inout [UInt8]) throws(Problem) -> Bool {
    var found = false
    while true {
      if position == count, try !fill() { return found }
      found = true
      let rest = UnsafeBufferPointer(start: buffer + position, count: count - position)
      if let end = rest.firstIndex(of: 10) {
        line.append(contentsOf: rest[..<end])
        position += end + 1
        return true
      }
      line.append(contentsOf: rest)
      position = count
    }
  }
}

/// The functions of zlib's gzip interface (zlib.h) that are used.
private struct Zlib: Sendable {
  let open: @convention(c) @Sendable (UnsafePointer<CChar>, UnsafePointer<CChar>) -> OpaquePointer?
  let read: @convention(c) @Sendable (OpaquePointer, UnsafeMutableRawPointer, UInt32) -> Int32
  let error: @convention(c) @Sendable (OpaquePointer, UnsafeMutablePointer<Int32>) -> UnsafePointer<CChar>?
  let close: @convention(c) @Sendable (OpaquePointer) -> Int32

  static let shared: Zlib? = {
    guard let library = dlopen("libz.so.1", RTLD_NOW), let open = dlsym(library, "gzopen"),
      let read = dlsym(library, "gzread"),
      let error = dlsym(library, "gzerror"), let close = dlsym(library, "gzclose")
    else { return nil }
    return Zlib(
      open: unsafeBitCast(
        open, to: (@convention(c) @Sendable (UnsafePointer<CChar>, UnsafePointer<CChar>) -> OpaquePointer?).self),
      read: unsafeBitCast(
        read, to: (@convention(c) @Sendable (OpaquePointer, UnsafeMutableRawPointer, UInt32) -> Int32).self),
      error: unsafeBitCast(
        error, to: (@convention(c) @Sendable (OpaquePointer, UnsafeMutablePointer<Int32>) -> UnsafePointer<CChar>?).self
      ),
      close: unsafeBitCast(close, to: (@convention(c) @Sendable (OpaquePointer) -> Int32).self))
  }()
}
