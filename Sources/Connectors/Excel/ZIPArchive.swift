import Foundation
import Glibc
import Pipelines

/// The files inside a ZIP file (APPNOTE 6.3), read one at a time.
struct ZIPArchive {
  fileprivate struct Entry {
    var method: Int
    var crc: UInt32
    var packedSize: Int
    var size: Int
    var offset: Int
  }

  private let path: String
  private var entries: [String: Entry] = [:]

  /// - Throws: `invalid-file`, `encrypted-file`.
  init(_ path: String) throws(Problem) {
    self.path = path
    let size = FileSet.size(path)
    // The directory's end is followed by a comment of at most 65,535 bytes.
    let tail = try ZIPArchive.bytes(of: path, from: max(0, size - 65_557), count: min(size, 65_557))
    if try ZIPArchive.bytes(of: path, from: 0, count: 4) == [0xD0, 0xCF, 0x11, 0xE0] {
      throw Problem("encrypted-file", "\"\(path)\" is protected with a password.", hint: "Save it without one.")
    }
    guard let end = tail.indices.last(where: { tail[$0...].starts(with: [0x50, 0x4B, 5, 6]) }) else { throw damaged }
    let directory = try ZIPArchive.bytes(
      of: path, from: ZIPArchive.number(tail, end + 16, 4), count: ZIPArchive.number(tail, end + 12, 4))
    var place = 0
    while place + 46 <= directory.count, directory[place...].starts(with: [0x50, 0x4B, 1, 2]) {
      func field(_ offset: Int, _ width: Int) -> Int { ZIPArchive.number(directory, place + offset, width) }
      let (name, extra) = (field(28, 2), field(30, 2))
      guard place + 46 + name + extra <= directory.count else { throw damaged }
      var entry = Entry(
        method: field(10, 2), crc: UInt32(field(16, 4)), packedSize: field(20, 4), size: field(24, 4),
        offset: field(42, 4))
      entry.widen(directory[(place + 46 + name)..<(place + 46 + name + extra)])
      entries[String(decoding: directory[(place + 46)..<(place + 46 + name)], as: UTF8.self)] = entry
      place += 46 + name + extra + field(32, 2)
    }
  }

  private var damaged: Problem {
    Problem("invalid-file", "\"\(path)\" is damaged: it is no whole ZIP file.", hint: "Fetch it again.")
  }

  /// A file's bytes, unpacked as they are read; nil if there is none of that name.
  /// - Throws: `invalid-file`, `disk-full`.
  func read(_ name: String) throws(Problem) -> (bytes: ByteReader, owner: UnnamedFile)? {
    guard let entry = entries[name] else { return nil }
    let head = try ZIPArchive.bytes(of: path, from: entry.offset, count: 30)
    guard head.count == 30, [0, 8].contains(entry.method) else { throw damaged }
    let copy = try UnnamedFile()
    // Packed as in a gzip file, only with another head and end.
    if entry.method == 8 { try copy.append([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF], of: path) }
    var place = entry.offset + 30 + ZIPArchive.number(head, 26, 2) + ZIPArchive.number(head, 28, 2)
    let end = place + entry.packedSize
    while place < end {
      let piece = try ZIPArchive.bytes(of: path, from: place, count: min(1 << 20, end - place))
      guard !piece.isEmpty else { throw damaged }
      try copy.append(piece, of: path)
      place += piece.count
    }
    if entry.method == 8 {
      let end = [entry.crc, UInt32(truncatingIfNeeded: entry.size)]
      try copy.append(end.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }, of: path)
    }
    return (try ByteReader(copy.path, named: path), copy)
  }

  /// The events of an XML file inside; nil if there is none of that name.
  func events(_ name: String, _ body: (XMLEvents.Event) throws(Problem) -> Void) throws(Problem) -> Void? {
    guard let (bytes, owner) = try read(name) else { return nil }
    defer { withExtendedLifetime(owner) {} }
    let events = try XMLEvents("\(path), \(name)") { () throws(Problem) in try bytes.next() }
    while let event = try events.next() { try body(event) }
    return ()
  }

  fileprivate static func number(_ bytes: some Collection<UInt8>, _ place: Int, _ width: Int) -> Int {
    bytes.dropFirst(place).prefix(width).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private static func bytes(of path: String, from offset: Int, count: Int) throws(Problem) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Problem("file-not-found", "\"\(path)\" can't be opened.") }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: max(0, min(count, FileSet.size(path))))
    var length = 0
    while length < bytes.count {
      let more = bytes.withUnsafeMutableBytes { buffer in
        pread(file, buffer.baseAddress.map { $0 + length }, buffer.count - length, offset + length)
      }
      guard more > 0 else { break }
      length += more
    }
    return Array(bytes.prefix(length))
  }
}

extension ZIPArchive.Entry {
  /// Takes numbers beyond 32 bits from where they stand (APPNOTE 4.5.3).
  fileprivate mutating func widen(_ extra: ArraySlice<UInt8>) {
    var rest = extra
    while rest.count >= 4 {
      let length = ZIPArchive.number(rest, 2, 2)
      if ZIPArchive.number(rest, 0, 2) == 1 {
        var place = 4
        for field in [\Self.size, \Self.packedSize, \Self.offset] where self[keyPath: field] == 0xFFFF_FFFF {
          self[keyPath: field] = ZIPArchive.number(rest, place, 8)
          place += 8
        }
      }
      rest = rest.dropFirst(4 + length)
    }
  }
}
