import Foundation
import Pipelines

/// A copy of a text file whose lines all end in LF, for the engine, which reads files of one line ending only. It has no name in any
/// folder and is gone with this object, or with the process.
final class UnifiedFile: Sendable {
  let original: String
  private let descriptor: Int32

  var path: String { "/proc/self/fd/\(descriptor)" }

  /// Nil if the file's lines end in one way already. Line ends inside quotes stay.
  /// - Throws: `disk-full` if the copy can't be written, `truncated-file`.
  init?(_ path: String, quote: UInt8) throws(Problem) {
    let reader = try ByteReader(path)
    let name = NSTemporaryDirectory() + "/weir-\(UUID().uuidString).csv"
    let descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Problem(
        "disk-full", "A temporary file can't be made in \(NSTemporaryDirectory()).",
        hint: "Set another folder with TMPDIR.")
    }
    unlink(name)
    original = path
    self.descriptor = descriptor
    var (isQuoted, sawCR, sawLF, pending) = (false, false, false, false)
    var buffer: [UInt8] = []
    func flush() throws(Problem) {
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else {
          throw Problem(
            "disk-full", "There is no room for a copy of \"\(path)\" in \(NSTemporaryDirectory()).",
            hint: "Set another folder with TMPDIR.")
        }
        rest = rest.dropFirst(count)
      }
      buffer.removeAll(keepingCapacity: true)
    }
    while let byte = try reader.next() {
      if pending {
        pending = false
        if byte == 0x0A { sawCR = true } else { buffer.append(0x0D) }
        if byte == 0x0A {
          buffer.append(byte)
          continue
        }
      }
      if byte == quote { isQuoted.toggle() }
      if !isQuoted, byte == 0x0D {
        pending = true
      } else {
        if !isQuoted, byte == 0x0A { sawLF = true }
        buffer.append(byte)
      }
      if buffer.count >= 1 << 18 { try flush() }
    }
    if pending { buffer.append(0x0D) }
    try flush()
    guard sawCR, sawLF else { return nil }
  }

  deinit { close(descriptor) }
}
