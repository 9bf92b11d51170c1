import Foundation

/// Where an incremental read left off for one write: the largest cursor, and which rows at exactly that value have landed already. The
/// boundary is read again next time, because rows with the same value may come later; the known ones are left out (guarantee 7).
package struct CursorState: Sendable, Hashable, Codable {
  package var cursor: String
  /// How often each row stands at the boundary, by its MD5; empty when no write appends.
  package var rows: [String: Int] = [:]

  package init(cursor: String, rows: [String: Int] = [:]) {
    self.cursor = cursor
    self.rows = rows
  }

  /// Reads what `text` wrote, or a plain cursor a person typed.
  package init(_ text: String) {
    self = (try? JSONDecoder().decode(CursorState.self, from: Data(text.utf8))) ?? CursorState(cursor: text)
  }

  /// The plain cursor, or JSON if rows are known.
  package var text: String {
    guard !rows.isEmpty else { return cursor }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? cursor
  }

  /// Whether whoever is here lacks something that `other` has: a smaller cursor, or fewer rows at the same one.
  func isBehind(_ other: CursorState) -> Bool {
    if CursorText.isBefore(cursor, other.cursor) { return true }
    return cursor == other.cursor && rows.values.reduce(0, +) < other.rows.values.reduce(0, +)
  }
}

/// Whose cursor it is: that of a read, for one of the writes its rows flow into.
package struct CursorKey: Sendable, Hashable, Codable {
  /// The read step; empty = all of the pipeline.
  package var read: String
  /// The write step; nil = all that have no cursor of their own.
  package var write: String?

  package init(read: String, write: String? = nil) {
    self.read = read
    self.write = write
  }
}

/// A cursor as the workspace remembers it.
package struct KeptCursor: Sendable, Hashable, Codable {
  /// nil = a person cleared it: everything is read again.
  package var value: String?
  /// Whether a person set or cleared it; then it wins over what the target remembers.
  package var isForced: Bool

  package init(value: String?, isForced: Bool = false) {
    self.value = value
    self.isForced = isForced
  }
}
