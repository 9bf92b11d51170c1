import Foundation
import Glibc
import Synchronization

/// A line to a server on loopback that breaks in the moment its client says a certain word: before or after the word has reached the server.
/// Later connections pass, unless `isCutForGood`.
package final class CutLine: Sendable {
  package enum Moment: Sendable {
    case beforeTheWord, afterTheWord
    /// Nothing is cut: from the word on nothing passes any more, on this line or a new one.
    case silence
  }

  package let port: Int
  private let listener: Int32
  private let target: Int
  private let word: [UInt8]
  private let moment: Moment
  private let isCutForGood: Bool
  private let isCut = Mutex(false)

  package init(to target: Int, cutting word: String, _ moment: Moment, forGood isCutForGood: Bool = false) throws {
    self.target = target
    self.word = Array(word.utf8)
    self.moment = moment
    self.isCutForGood = isCutForGood
    port = try PostgresServer.freePort()
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var on: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let isBound = CutLine.withAddress(port) { bind(listener, $0, $1) == 0 } && listen(listener, 8) == 0
    guard isBound else { throw PostgresServer.Missing(description: "no free port") }
    Thread.detachNewThread { [self] in accept() }
  }

  deinit { close(listener) }

  /// Whether the line has been cut.
  package var hasCut: Bool { isCut.withLock { $0 } }

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { return }
      if moment == .silence && hasCut { continue }
      let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard !(isCutForGood && hasCut), CutLine.withAddress(target, { connect(server, $0, $1) == 0 }) else {
        close(client)
        close(server)
        continue
      }
      Thread.detachNewThread { [self] in forward(client, to: server, watching: true) }
      Thread.detachNewThread { [self] in forward(server, to: client, watching: false) }
    }
  }

  private func forward(_ from: Int32, to: Int32, watching: Bool) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(from, &buffer, buffer.count)
      guard count > 0 else { break }
      let bytes = buffer[..<count]
      if watching, !hasCut, bytes.firstRange(of: word) != nil {
        isCut.withLock { $0 = true }
        if moment == .silence { return }
        // The way back is cut first, so that no answer passes.
        shutdown(from, Int32(SHUT_RDWR))
        if moment == .afterTheWord { CutLine.send(bytes, to) }
        break
      }
      guard CutLine.send(bytes, to) else { break }
    }
    shutdown(from, Int32(SHUT_RDWR))
    shutdown(to, Int32(SHUT_WR))
  }

  @discardableResult
  private static func send(_ bytes: ArraySlice<UInt8>, _ to: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool) -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }
}
