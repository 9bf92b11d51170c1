import Pipelines

/// A copy of a text file whose lines all end in LF, for the engine, which reads files of one line ending only.
struct UnifiedFile: Sendable {
  let original: String
  private let copy: UnnamedFile
  var path: String { copy.path }

  /// Nil if the file's lines end in one way already. Line ends inside quotes stay.
  /// - Throws: `disk-full` if the copy can't be written, `truncated-file`.
  init?(_ path: String, quote: UInt8) throws(Problem) {
    let reader = try ByteReader(path)
    let copy = try UnnamedFile()
    original = path
    self.copy = copy
    var (isQuoted, sawCR, sawLF, pending) = (false, false, false, false)
    var buffer: [UInt8] = []
    func flush() throws(Problem) {
      try copy.append(buffer, of: path)
      buffer.removeAll(keepingCapacity: true)
    }
    while let byte = try reader.next() {
      if pending {
        pending = false
        if byte == 0x0A { sawCR = true } else { buffer.append(0x0D) }
        if byte == 0x0A {
          buffer.append(byte)
          continue
        }
      }
      if byte == quote { isQuoted.toggle() }
      if !isQuoted, byte == 0x0D {
        pending = true
      } else {
        if !isQuoted, byte == 0x0A { sawLF = true }
        buffer.append(byte)
      }
      if buffer.count >= 1 << 18 { try flush() }
    }
    if pending { buffer.append(0x0D) }
    try flush()
    guard sawCR, sawLF else { return nil }
  }
}
