import Foundation
import Glibc
import Pipelines

/// Files only their owner may read, written in one step.
enum PrivateFile {
  /// Replaces what is there.
  static func write(_ text: String, to url: URL) throws(Problem) {
    try place(text, at: url) { rename($0, url.path) }
  }

  /// Never replaces what is there.
  /// - Throws: `exists`, `not-writable`.
  static func create(_ text: String, at url: URL) throws(Problem) {
    try place(text, at: url) { temporary in
      defer { unlink(temporary) }
      return link(temporary, url.path)
    }
  }

  /// Writes beside `url` and lets `publish` give it its name.
  private static func place(_ text: String, at url: URL, publish: (String) -> Int32) throws(Problem) {
    let folder = url.deletingLastPathComponent()
    let temporary = folder.appending(path: ".\(url.lastPathComponent).\(UUID().uuidString)").path
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw notWritable(url, cause: error)
    }
    let handle = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard handle >= 0 else { throw notWritable(url) }
    let bytes = Array(text.utf8)
    var count = 0
    while count < bytes.count {
      let written = bytes[count...].withUnsafeBytes { Glibc.write(handle, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { break }
      count += written
    }
    let isWhole = count == bytes.count && fsync(handle) == 0
    guard close(handle) == 0, isWhole, publish(temporary) == 0 else {
      let reason = errno
      unlink(temporary)
      if reason == EEXIST {
        throw Problem("exists", "There is a file \(url.path) already.", hint: "Delete it first, or use it.")
      }
      throw notWritable(url, code: reason)
    }
  }

  private static func notWritable(_ url: URL, code: Int32 = errno, cause: (any Error)? = nil) -> Problem {
    Problem(
      "not-writable", "The file \(url.path) can't be written: \(String(cString: strerror(code))).",
      hint: "Check the space on its disk and the permissions of its folder.", cause: cause)
  }
}

/// Holds a file's lock, waiting for it first; for changes that processes may make at the same time.
struct FolderLock {
  private let handle: Int32

  /// - Throws: `not-writable`.
  init(_ url: URL) throws(Problem) {
    try? FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    handle = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard handle >= 0 else {
      throw Problem(
        "not-writable", "The file \(url.path) can't be written: \(String(cString: strerror(errno))).",
        hint: "Check the permissions of its folder.")
    }
    while flock(handle, LOCK_EX) != 0, errno == EINTR {}
  }

  func release() { close(handle) }
}
