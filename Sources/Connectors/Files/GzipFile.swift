import Foundation
import Pipelines

/// A file packed with gzip, or not packed at all, by the system's zlib.
final class GzipFile: UnpackedFile {
  private let zlib: Zlib
  private let file: OpaquePointer

  /// - Throws: `file-not-found`, `library-missing`.
  init(_ path: String) throws(Problem) {
    guard let zlib = Zlib.shared else { throw .missingLibrary("libz.so.1", package: "zlib1g") }
    guard let file = zlib.open(path, "rb") else { throw Problem("file-not-found", "\"\(path)\" can't be opened.") }
    self.zlib = zlib
    self.file = file
  }

  deinit { _ = zlib.close(file) }

  func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int? {
    guard let start = buffer.baseAddress else { return 0 }
    let count = zlib.read(file, start, UInt32(buffer.count))
    if count > 0 { return Int(count) }
    var code: Int32 = 0
    _ = zlib.error(file, &code)
    return count == 0 && code == 0 ? 0 : nil
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
