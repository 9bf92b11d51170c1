import Foundation
import Pipelines
import Synchronization

/// The dead letters of a run: one JSON object per line, appended as they come (guarantee 6).
final class RejectSink: Sendable {
  private let path: String
  private let handle = Mutex<FileHandle?>(nil)

  private let redact: @Sendable (String) -> String

  private let seal: @Sendable (String) throws -> String

  private let isMuted: Bool

  /// - Parameter isMuted: keeps nothing.
  init(_ context: RunContext, isMuted: Bool = false) {
    self.isMuted = isMuted
    path = context.folder + "/rejects.jsonl"
    redact = context.redact
    seal = context.seal
  }

  /// - Parameter kind: a letter with all that the rows have in common.
  func append(_ rows: [RejectedRow], like kind: DeadLetter) throws {
    guard !rows.isEmpty, !isMuted else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var data = Data()
    for row in rows {
      var letter = kind
      (letter.position, letter.original, letter.rule, letter.reason) = (row.position, redact(row.original), row.rule, redact(row.reason))
      if letter.original != row.original { letter.sealed = try seal(row.original) }
      data += try encoder.encode(letter)
      data.append(0x0A)
    }
    try handle.withLock { handle in
      if handle == nil {
        try FileManager.default.createDirectory(
          atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) }
        handle = FileHandle(forWritingAtPath: path)
        _ = try handle?.seekToEnd()
      }
      try handle?.write(contentsOf: data)
    }
  }
}
