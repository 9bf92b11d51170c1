import Foundation
import Glibc
import Synchronization

/// A web server on loopback that serves bytes from memory, a thread per connection, until this object is gone.
package final class HTTPServer: Sendable {
  package enum Page: Sendable {
    case bytes(Data)
    /// Elsewhere: an address or a path.
    case redirect(String)
    /// Announced in full, but the line is cut after so many bytes.
    case cut(Data, after: Int)
  }

  package let port: Int
  private let listener: Int32
  private let content: Content

  private final class Content: Sendable {
    let pages = Mutex<[String: Page]>([:])
    let requests = Mutex<[String]>([])
    let knowsRanges: Bool
    init(knowsRanges: Bool) { self.knowsRanges = knowsRanges }
  }

  /// - Parameter knowsRanges: whether parts of a page can be asked for.
  package init(knowsRanges: Bool = true) throws {
    content = Content(knowsRanges: knowsRanges)
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) { [listener] pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard isOpen else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [listener, content] in
      while true {
        let line = accept(listener, nil, nil)
        guard line >= 0 else { break }
        Thread.detachNewThread {
          HTTPServer.answer(line, content)
          close(line)
        }
      }
      close(listener)
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  package func put(_ path: String, _ page: Page) { content.pages.withLock { $0[path] = page } }
  package func address(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }
  /// The requests so far: `GET /a.csv`.
  package var requests: [String] { content.requests.withLock { $0 } }

  private static func answer(_ line: Int32, _ content: Content) {
    var head = Data()
    var buffer = [UInt8](repeating: 0, count: 4096)
    while head.range(of: Data("\r\n\r\n".utf8)) == nil {
      let count = recv(line, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      head.append(contentsOf: buffer[..<count])
    }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count > 1 else { return }
    let path = String(words[1].prefix { $0 != "?" })
    content.requests.withLock { $0.append("\(words[0]) \(path)") }
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }?.split(separator: "=").last
    switch content.pages.withLock({ $0[path] }) {
    case nil: send(line, "404 Not Found", [], Data(), isHead: words[0] == "HEAD")
    case .redirect(let place)?: send(line, "302 Found", ["Location: \(place)"], Data(), isHead: words[0] == "HEAD")
    case .bytes(let bytes)?: send(line, bytes, range, bytes.count, content, isHead: words[0] == "HEAD")
    case .cut(let bytes, let end)?: send(line, bytes, range, end, content, isHead: words[0] == "HEAD")
    }
  }

  private static func send(
    _ line: Int32, _ bytes: Data, _ range: Substring?, _ end: Int, _ content: Content, isHead: Bool
  ) {
    guard content.knowsRanges, let range else {
      let ranges = content.knowsRanges ? ["Accept-Ranges: bytes"] : []
      return send(line, "200 OK", ranges, bytes, end: end, isHead: isHead)
    }
    let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    let first = min(ends.first.flatMap { $0 } ?? 0, bytes.count)
    let last = min(ends.last.flatMap { $0 } ?? bytes.count - 1, bytes.count - 1)
    let part = first <= last ? Data(bytes[(bytes.startIndex + first)...(bytes.startIndex + last)]) : Data()
    send(
      line, "206 Partial Content", ["Content-Range: bytes \(first)-\(last)/\(bytes.count)", "Accept-Ranges: bytes"],
      part,
      end: max(0, end - first), isHead: isHead)
  }

  private static func send(
    _ line: Int32, _ status: String, _ headers: [String], _ body: Data, end: Int = .max, isHead: Bool
  ) {
    let fields = ["HTTP/1.1 \(status)"] + headers + ["Content-Length: \(body.count)", "Connection: close", "", ""]
    var bytes = [UInt8](fields.joined(separator: "\r\n").utf8)
    if !isHead { bytes += body.prefix(end) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(line, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
