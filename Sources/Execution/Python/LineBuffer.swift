import Glibc
import Tabular

/// Reads lines of any length from a descriptor, waiting a little for each.
final class LineBuffer {
  enum Reply { case line, end, nothing }
  private let descriptor: Int32
  private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  private var filled = 0..<0

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { memory.deallocate() }

  /// Appends the next line, without its end, to `text`. After `nothing` the part that came stays in `text`; ask again with the same one.
  /// - Parameter waiting: milliseconds.
  func next(into text: ByteSink, waiting: Int32) -> Reply {
    while true {
      if filled.isEmpty {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = Glibc.poll(&poll, 1, waiting)
        if ready == 0 || ready < 0 && errno == EINTR { return .nothing }
        let count = read(descriptor, memory.baseAddress, memory.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return .end }
        filled = 0..<count
      }
      let part = UnsafeRawBufferPointer(rebasing: memory[filled])
      guard let end = part.firstIndex(of: UInt8(ascii: "\n")) else {
        text.append(part)
        filled = 0..<0
        continue
      }
      text.append(UnsafeRawBufferPointer(rebasing: part[..<end]))
      filled = (filled.lowerBound + end + 1)..<filled.upperBound
      return .line
    }
  }
}
