import Foundation
import Pipelines

/// A file that is being written: rows go to a hidden file beside it, which takes its place in one step.
struct FileTarget: Sendable {
  let path: String
  /// `.weir-<process>-<run>-<name>.tmp`
  let temporary: String

  /// - Throws: `not-writable`.
  init(_ path: String, runID: String) throws(Problem) {
    self.path = path
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    temporary = "\(folder)/.weir-\(getpid())-\(runID)-\(url.lastPathComponent).tmp"
    var existing = folder
    while !FileManager.default.fileExists(atPath: existing), existing != "/" {
      existing = URL(fileURLWithPath: existing).deletingLastPathComponent().path
    }
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: existing, isDirectory: &isFolder)
    guard isFolder.boolValue else {
      throw Problem("not-writable", "\"\(existing)\" is a file, so \"\(path)\" can't be made.")
    }
    guard access(existing, W_OK) == 0 else {
      throw Problem(
        "not-writable", "This user may not write into \"\(existing)\".", hint: "Check the folder's owner and mode.")
    }
  }

  /// The path without detours (`..`, links), so that one file has one name.
  static func normal(_ path: String) -> String {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    return url.deletingLastPathComponent().resolvingSymlinksInPath().appendingPathComponent(url.lastPathComponent).path
  }

  /// Makes the folder and takes away what crashed runs left of this target: temporary files whose process is gone.
  func makeRoom() {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent()
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let suffix = "-\(url.lastPathComponent).tmp"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    where name.hasPrefix(".weir-") && name.hasSuffix(suffix) {
      let process = name.dropFirst(6).prefix { $0.isNumber }
      guard let id = Int32(process), kill(id, 0) != 0, errno == ESRCH else { continue }
      try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
    }
  }

  /// Makes the rows durable and visible.
  /// - Returns: what went wrong after they were visible.
  /// - Throws: `input-output`; the old file is untouched then.
  func finish() throws(Problem) -> [Problem] {
    try FileTarget.synchronize(temporary)
    guard rename(temporary, path) == 0 else { throw FileTarget.failure("put in place", path) }
    do {
      try FileTarget.synchronize(URL(fileURLWithPath: path).deletingLastPathComponent().path)
      return []
    } catch {
      var warning = error.warning()
      warning.message += " The rows are visible; a power cut in the next seconds could bring the old file back."
      return [warning]
    }
  }

  func discard() {
    unlink(temporary)
    unlink(FileTarget.part(of: temporary))
  }

  /// Where a part of a file is made before the file: beside it, and swept as it is.
  static func part(of path: String) -> String {
    let url = URL(fileURLWithPath: path)
    let name = url.lastPathComponent
    let process = name.prefix(6) + name.dropFirst(6).prefix { $0.isNumber }
    return url.deletingLastPathComponent().path + "/"
      + (name.hasPrefix(".weir-") ? process + ".part" + name.dropFirst(process.count) : name + ".part")
  }

  private static func synchronize(_ path: String) throws(Problem) {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { throw failure("opened", path) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw failure("made durable", path) }
  }

  /// What the system said of a file just now.
  static func failure(_ action: String, _ path: String) -> Problem {
    let reason = String(cString: strerror(errno))
    let isFull = [ENOSPC, EDQUOT, EFBIG].contains(errno)
    return Problem(
      isFull ? "disk-full" : "input-output", "\"\(path)\" can't be \(action): \(reason).",
      hint: isFull ? "Free some space on that disk." : nil)
  }
}
