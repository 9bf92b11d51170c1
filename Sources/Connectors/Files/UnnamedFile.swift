import Foundation
import Pipelines

/// A temporary file without a name in any folder: it is gone with this object, or with the process.
final class UnnamedFile: Sendable {
  private let descriptor: Int32
  /// Under which it can be opened in this process.
  var path: String { "/proc/self/fd/\(descriptor)" }

  /// - Throws: `disk-full`.
  init() throws(Problem) {
    let name = Scratch.path("copy")
    descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Problem(
        "disk-full", "A temporary file can't be made in \(NSTemporaryDirectory()).",
        hint: "Set another folder with TMPDIR.")
    }
    unlink(name)
  }

  /// Adds bytes at its end.
  /// - Parameter origin: what they are a copy of, for messages.
  /// - Throws: `disk-full`.
  func append(_ bytes: UnsafeRawBufferPointer, of origin: String) throws(Problem) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      guard count > 0 else {
        throw Problem(
          "disk-full", "There is no room for a copy of \"\(origin)\" in \(NSTemporaryDirectory()).",
          hint: "Set another folder with TMPDIR.")
      }
      rest = rest.dropFirst(count)
    }
  }

  /// - Throws: `disk-full`.
  func append(_ bytes: [UInt8], of origin: String) throws(Problem) {
    let written: Result<Void, Problem> = bytes.withUnsafeBytes { bytes in
      do throws(Problem) { return .success(try append(bytes, of: origin)) } catch { return .failure(error) }
    }
    try written.get()
  }

  deinit { close(descriptor) }
}
