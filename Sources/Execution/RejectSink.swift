import Foundation
import Pipelines
import Synchronization

/// The dead letters of a run: one JSON object per line, appended as they come (guarantee 6).
final class RejectSink: Sendable {
  private let path: String
  private let handle = Mutex<FileHandle?>(nil)

  private let redact: @Sendable (String) -> String

  init(folder: String, redact: @escaping @Sendable (String) -> String = { $0 }) {
    path = folder + "/rejects.jsonl"
    self.redact = redact
  }

  func append(step: String, _ rows: [RejectedRow]) throws {
    guard !rows.isEmpty else { return }
    struct Line: Encodable {
      let step, position, original, rule, reason: String
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var data = Data()
    for row in rows {
      data += try encoder.encode(
        Line(step: step, position: row.position, original: redact(row.original), rule: row.rule, reason: redact(row.reason)))
      data.append(0x0A)
    }
    try handle.withLock { handle in
      if handle == nil {
        try FileManager.default.createDirectory(
          atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        handle = FileHandle(forWritingAtPath: path)
        _ = try handle?.seekToEnd()
      }
      try handle?.write(contentsOf: data)
    }
  }
}
