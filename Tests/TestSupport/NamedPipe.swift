import Foundation
import Glibc

/// A pipe with a path: whoever reads it waits until somebody writes.
package struct NamedPipe: Sendable {
  package let path: String

  package init(_ path: String) throws {
    self.path = path
    guard mkfifo(path, 0o600) == 0 else { throw POSIXError(.EIO) }
  }

  /// Waits for a reader on a thread of its own.
  /// - Returns: the end to write into.
  package func reader() async -> FileHandle? {
    await withCheckedContinuation { found in
      Thread.detachNewThread {
        var descriptor: Int32
        repeat { descriptor = open(path, O_WRONLY | O_CLOEXEC) } while descriptor < 0 && errno == EINTR
        found.resume(returning: descriptor < 0 ? nil : FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
      }
    }
  }
}
