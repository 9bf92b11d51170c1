import Pipelines

extension FileSet {
  /// Puts copies in the place of files that begin with a byte order mark, which the engine takes for a part of the first document.
  /// - Throws: `disk-full`, `truncated-file`.
  mutating func dropByteOrderMarks() async throws {
    for path in paths {
      if let copy = try await Blocking.interruptible({ try FileSet.unmarked(path, until: $0) }) {
        replace(path, with: copy.path, copy)
      }
    }
  }

  /// A copy of the file without its mark; nil if it has none.
  private static func unmarked(_ path: String, until stop: Stop) throws -> UnnamedFile? {
    let reader = try ByteReader(path)
    guard try reader.skip([0xEF, 0xBB, 0xBF]) else { return nil }
    let copy = try UnnamedFile()
    repeat {
      try copy.append(reader.piece, of: path)
      try stop.check()
    } while try reader.fill()
    return copy
  }
}
