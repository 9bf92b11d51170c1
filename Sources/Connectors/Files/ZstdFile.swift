import Foundation
import Pipelines

/// A file packed with Zstandard, by the system's libzstd.
final class ZstdFile: UnpackedFile {
  private let zstd: Zstd
  private let stream: OpaquePointer
  private let file: Int32
  private let packed = UnsafeMutableRawPointer.allocate(byteCount: 1 << 17, alignment: 16)
  private var input: Zstd.Buffer
  /// Whether a frame has begun that isn't at its end.
  private var isInside = false
  /// Whether the last call filled its buffer, so that more may be held back.
  private var isFull = false

  /// - Throws: `file-not-found`, `library-missing`.
  init(_ path: String) throws(Problem) {
    guard let zstd = Zstd.shared, let stream = zstd.create() else {
      throw .missingLibrary("libzstd.so.1", package: "libzstd1")
    }
    file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      _ = zstd.free(stream)
      throw Problem("file-not-found", "\"\(path)\" can't be opened.")
    }
    self.zstd = zstd
    self.stream = stream
    input = Zstd.Buffer(start: packed, size: 0, position: 0)
  }

  deinit {
    _ = zstd.free(stream)
    close(file)
    packed.deallocate()
  }

  func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int? {
    var output = Zstd.Buffer(start: buffer.baseAddress, size: buffer.count, position: 0)
    while output.position == 0 {
      if input.position == input.size, !isFull {
        let count = Glibc.read(file, packed, 1 << 17)
        guard count > 0 else { return count == 0 && !isInside ? 0 : nil }
        input.size = count
        input.position = 0
      }
      let missing = zstd.decompress(stream, &output, &input)
      guard zstd.isError(missing) == 0 else { return nil }
      isInside = missing != 0
      isFull = isInside && output.position == output.size
    }
    return output.position
  }
}

/// The functions of libzstd's streaming interface (zstd.h) that are used.
private struct Zstd: Sendable {
  /// `ZSTD_inBuffer` and `ZSTD_outBuffer`.
  struct Buffer {
    var start: UnsafeMutableRawPointer?
    var size: Int
    var position: Int
  }

  let create: @convention(c) @Sendable () -> OpaquePointer?
  let free: @convention(c) @Sendable (OpaquePointer) -> Int
  let decompress: @convention(c) @Sendable (OpaquePointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int
  let isError: @convention(c) @Sendable (Int) -> UInt32

  static let shared: Zstd? = {
    guard let library = dlopen("libzstd.so.1", RTLD_NOW), let create = dlsym(library, "ZSTD_createDStream"),
      let free = dlsym(library, "ZSTD_freeDStream"), let decompress = dlsym(library, "ZSTD_decompressStream"),
      let isError = dlsym(library, "ZSTD_isError")
    else { return nil }
    return Zstd(
      create: unsafeBitCast(create, to: (@convention(c) @Sendable () -> OpaquePointer?).self),
      free: unsafeBitCast(free, to: (@convention(c) @Sendable (OpaquePointer) -> Int).self),
      decompress: unsafeBitCast(
        decompress,
        to: (@convention(c) @Sendable (OpaquePointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Int).self),
      isError: unsafeBitCast(isError, to: (@convention(c) @Sendable (Int) -> UInt32).self))
  }()
}
