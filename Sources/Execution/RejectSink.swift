import Foundation
import Pipelines
import Synchronization

/// The dead letters of a run: one JSON object per line (guarantee 6). Those of a step lie apart until its attempt is over, so that an
/// attempt that is made again doesn't leave its rows twice.
final class RejectSink: Sendable {
  private let folder: String
  private let open = Mutex<[String: FileHandle]>([:])
  private let redact: @Sendable (String) -> String

  private let seal: @Sendable (String) throws -> String

  private let isMuted: Bool
  /// Whether the run set rows aside before it was paused.
  private let hasEarlier: Bool
  /// The steps that have begun since then.
  private let earlier = Mutex<Set<String>>([])

  /// - Parameter isMuted: keeps nothing.
  init(_ context: RunContext, isMuted: Bool = false) {
    self.isMuted = isMuted
    folder = context.folder
    hasEarlier = FileManager.default.fileExists(atPath: context.folder + "/rejects.jsonl")
    redact = context.redact
    seal = context.seal
  }

  /// Sets rows aside until `keep` or `drop`.
  /// - Parameter kind: a letter with all that the rows have in common.
  func append(_ rows: [RejectedRow], like kind: DeadLetter) throws {
    guard !rows.isEmpty, !isMuted else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var data = Data()
    for row in rows {
      var letter = kind
      (letter.position, letter.original, letter.rule, letter.reason) = (
        row.position, redact(row.original), row.rule, redact(row.reason)
      )
      if letter.original != row.original { letter.sealed = try seal(row.original) }
      data += try encoder.encode(letter)
      data.append(0x0A)
    }
    try open.withLock { open in
      let file = try open[kind.step] ?? Self.file(part(kind.step))
      open[kind.step] = file
      try file.write(contentsOf: data)
    }
  }

  /// What `steps` have set aside is final.
  func keep(_ steps: Set<String>) throws {
    try open.withLock { open in
      for step in steps.sorted() {
        guard let part = open.removeValue(forKey: step) else { continue }
        let all = try Self.file(folder + "/rejects.jsonl")
        try part.seek(toOffset: 0)
        while let data = try part.read(upToCount: 1 << 20), !data.isEmpty { try all.write(contentsOf: data) }
        try part.close()
        try all.close()
        try FileManager.default.removeItem(atPath: self.part(step))
      }
    }
  }

  /// `steps` are run again from their beginning.
  func drop(_ steps: Set<String>) {
    forgetEarlier(steps)
    open.withLock { open in
      for step in steps where open.removeValue(forKey: step) != nil {
        try? FileManager.default.removeItem(atPath: part(step))
      }
    }
  }

  /// A run that goes on after a pause sets the rows of `steps` aside anew.
  private func forgetEarlier(_ steps: Set<String>) {
    guard hasEarlier, !isMuted else { return }
    let new = earlier.withLock { earlier -> Set<String> in
      defer { earlier.formUnion(steps) }
      return steps.subtracting(earlier)
    }
    let path = folder + "/rejects.jsonl"
    guard !new.isEmpty, let data = FileManager.default.contents(atPath: path) else { return }
    let lines = data.split(separator: 0x0A)
    let kept = lines.filter { line in
      (try? JSONDecoder().decode(DeadLetter.self, from: Data(line))).map { !new.contains($0.step) } ?? true
    }
    guard kept.count < lines.count else { return }
    try? kept.reduce(into: Data()) { $0 += $1 + [0x0A] }.write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  private func part(_ step: String) -> String { folder + "/rejects-\(step).part" }

  /// A file at its end, made if it isn't there.
  private static func file(_ path: String) throws -> FileHandle {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seekToEnd()
    return file
  }
}
