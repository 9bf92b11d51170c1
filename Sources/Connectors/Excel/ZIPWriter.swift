import Foundation
import Glibc
import Pipelines

/// Writes a ZIP file (APPNOTE 6.3), one file after another.
final class ZIPWriter {
  private let path: String
  private let file: Int32
  private var position = 0
  private var directory: [UInt8] = []
  private var count = 0

  /// - Throws: `input-output`.
  init(_ path: String) throws(Problem) {
    self.path = path
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw FileTarget.failure("made", path) }
  }

  deinit { close(file) }

  /// Adds a file as it is.
  /// - Throws: `disk-full`, `input-output`.
  func add(_ name: String, _ bytes: [UInt8]) throws(Problem) {
    try head(name, method: 0, crc: ZIPWriter.crc(bytes), packed: bytes.count, size: bytes.count)
    try put(bytes)
  }

  /// Adds the one file that a gzip file of the engine's holds, without packing it again.
  /// - Throws: `disk-full`, `input-output`, `too-large`.
  func add(_ name: String, gzip: String) throws(Problem) {
    let (head, end) = (10, 8)
    guard let handle = FileHandle(forReadingAtPath: gzip), FileSet.size(gzip) >= head + end else {
      throw FileTarget.failure("read", gzip)
    }
    let packed = FileSet.size(gzip) - head - end
    let size = try ZIPWriter.size(unpacking: gzip)
    guard size < 0xFFFF_FFFF, packed < 0xFFFF_FFFF else {
      throw Problem(
        "too-large", "\"\(path)\" would hold a sheet of \(size) bytes; a workbook holds less than 4 GB.",
        hint: "Write fewer rows, or another format such as Parquet.")
    }
    do {
      try handle.seek(toOffset: UInt64(head + packed))
      let trailer = try handle.read(upToCount: end) ?? Data()
      let crc = trailer.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      try self.head(name, method: 8, crc: crc, packed: packed, size: size)
      try handle.seek(toOffset: UInt64(head))
      var rest = packed
      while rest > 0, let piece = try handle.read(upToCount: min(rest, 1 << 20)), !piece.isEmpty {
        try put(Array(piece))
        rest -= piece.count
      }
    } catch let problem as Problem {
      throw problem
    } catch {
      throw FileTarget.failure("read", gzip)
    }
  }

  /// Writes the directory.
  func finish() throws(Problem) {
    let start = position
    let end =
      ZIPWriter.bytes(0x0605_4B50, 4) + ZIPWriter.bytes(0, 4) + ZIPWriter.bytes(count, 2) + ZIPWriter.bytes(count, 2)
      + ZIPWriter.bytes(directory.count, 4) + ZIPWriter.bytes(start, 4) + ZIPWriter.bytes(0, 2)
    guard start < 0xFFFF_FFFF else {
      throw Problem(
        "too-large", "\"\(path)\" would be larger than 4 GB.", hint: "Write another format, such as Parquet.")
    }
    try put(directory + end)
  }

  private func head(_ name: String, method: Int, crc: UInt32, packed: Int, size: Int) throws(Problem) {
    // Version 2.0, names in UTF-8, 1980-01-01 00:00: the same rows make the same file.
    var common = ZIPWriter.bytes(20, 2) + ZIPWriter.bytes(1 << 11, 2) + ZIPWriter.bytes(method, 2)
    common += ZIPWriter.bytes(0, 2) + ZIPWriter.bytes(0x21, 2) + ZIPWriter.bytes(Int(crc), 4)
    common += ZIPWriter.bytes(packed, 4) + ZIPWriter.bytes(size, 4) + ZIPWriter.bytes(name.utf8.count, 2)
    common += ZIPWriter.bytes(0, 2)
    directory += ZIPWriter.bytes(0x0201_4B50, 4) + ZIPWriter.bytes(20, 2) + common + ZIPWriter.bytes(0, 10)
    directory += ZIPWriter.bytes(position, 4) + Array(name.utf8)
    count += 1
    try put(ZIPWriter.bytes(0x0403_4B50, 4) + common + Array(name.utf8))
  }

  private func put(_ bytes: [UInt8]) throws(Problem) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else { throw FileTarget.failure("written", path) }
      rest = rest.dropFirst(count)
    }
    position += bytes.count
  }

  /// How large a gzip file is unpacked; its own word for it wraps at 4 GB.
  private static func size(unpacking path: String) throws(Problem) -> Int {
    let reader = try ByteReader(path)
    var size = 0
    while try reader.fill() { size += reader.piece.count }
    return size
  }

  private static func bytes(_ number: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { $0 < 8 ? UInt8(truncatingIfNeeded: number >> ($0 * 8)) : 0 }
  }

  /// CRC-32 of ISO 3309.
  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 {
        let carry: UInt32 = crc & 1 == 1 ? 0xEDB8_8320 : 0
        crc = crc >> 1 ^ carry
      }
    }
    return ~crc
  }
}
