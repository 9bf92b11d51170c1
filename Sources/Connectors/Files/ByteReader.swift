import Foundation
import Pipelines

/// Reads a file's bytes in order; packed files unpacked.
final class ByteReader {
  private let file: any UnpackedFile
  private let path: String
  private let capacity = 1 << 18
  private let buffer: UnsafeMutablePointer<UInt8>
  private var count = 0
  private var position = 0

  /// - Parameter name: what the file is called in messages, if not by its path.
  init(_ path: String, named name: String? = nil) throws(Problem) {
    file = try Compression(path) == .zstd ? ZstdFile(path) : GzipFile(path)
    self.path = name ?? path
    buffer = .allocate(capacity: capacity)
  }

  deinit { buffer.deallocate() }

  /// Reads the next piece in place of the last; false at the end.
  /// - Throws: `truncated-file`.
  func fill() throws(Problem) -> Bool {
    position = 0
    count = 0
    guard let count = file.read(UnsafeMutableRawBufferPointer(start: buffer, count: capacity)) else {
      throw Problem(
        "truncated-file", "The compressed file \"\(path)\" is damaged or ends too early.", hint: "Fetch it again.")
    }
    self.count = count
    return count > 0
  }

  /// What `fill` has read.
  var piece: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: buffer + position, count: count - position) }

  /// Passes by what the file begins with, if it does.
  /// - Returns: whether it did.
  func skip(_ prefix: [UInt8]) throws(Problem) -> Bool {
    if position == count, try !fill() { return false }
    guard piece.starts(with: prefix) else { return false }
    position += prefix.count
    return true
  }

  /// The next byte; nil at the end.
  func next() throws(Problem) -> UInt8? {
    if position == count, try !fill() { return nil }
    defer { position += 1 }
    return buffer[position]
  }

  /// Appends the bytes up to the next LF; false if there were none at the end of the file.
  func readLine(into line: inout [UInt8]) throws(Problem) -> Bool {
    var found = false
    while true {
      if position == count, try !fill() { return found }
      found = true
      let rest = UnsafeBufferPointer(start: buffer + position, count: count - position)
      if let end = rest.firstIndex(of: 10) {
        line.append(contentsOf: rest[..<end])
        position += end + 1
        return true
      }
      line.append(contentsOf: rest)
      position = count
    }
  }
}

/// A file that is unpacked as it is read.
protocol UnpackedFile: AnyObject {
  /// Fills the buffer as far as it can; 0 at the end, nil if the file is damaged or ends too early.
  func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int?
}

extension Problem {
  static func missingLibrary(_ library: String, package: String) -> Problem {
    Problem(
      "library-missing", "The library \(library) is not installed.", hint: "Run `apt-get install \(package)`.")
  }
}
