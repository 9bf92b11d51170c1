import Execution
import Foundation
import Pipelines

/// The files of one run: `.weir/runs/<id>/` with `events.jsonl`, `run.log` and `rejects.jsonl`.
package struct RunFolder: Sendable {
  package let url: URL

  package init(_ url: URL) { self.url = url }

  package var events: URL { url.appending(path: "events.jsonl") }
  package var log: URL { url.appending(path: "run.log") }
  package var rejects: URL { url.appending(path: "rejects.jsonl") }

  package func create() throws(Problem) {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw Problem(
        "not-writable", "The folder \(url.path) can't be made.",
        hint: "Check its permissions, or choose another with --workspace.",
        cause: error)
    }
  }

  /// The lines of the log, oldest first; empty if the run left none.
  package func logLines() -> [String] {
    guard let text = try? String(contentsOf: log, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").map(String.init)
  }
}

/// Appends lines to a file; a full disk is noticed at the latest when it is closed.
package final class LineFile: Sendable {
  private let handle: FileHandle

  package init(appendingTo url: URL) throws(Problem) {
    if !FileManager.default.fileExists(atPath: url.path) {
      _ = FileManager.default.createFile(atPath: url.path, contents: nil, attributes: [.posixPermissions: 0o600])
    }
    do {
      handle = try FileHandle(forWritingTo: url)
      try handle.seekToEnd()
    } catch {
      throw Problem("not-writable", "The file \(url.path) can't be written.", cause: error)
    }
  }

  package func append(_ line: String) throws(Problem) {
    do {
      try handle.write(contentsOf: Data((line + "\n").utf8))
    } catch {
      throw Problem(
        "disk-full", "The history of the run can't be written: \(error.localizedDescription)",
        hint: "Free some space in the workspace's .weir folder.", cause: error)
    }
  }

  deinit { try? handle.close() }
}
