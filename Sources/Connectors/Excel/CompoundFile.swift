import Foundation
import Pipelines

/// The streams of a compound file ([MS-CFB]), the container of XLS workbooks. Reads outside of the file are refused, never made.
struct CompoundFile {
  private let path: String
  private let bytes: [UInt8]
  private let sectorSize: Int
  private var table: [UInt32] = []

  /// - Throws: `invalid-file`.
  init(_ path: String) throws(Problem) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Problem("file-not-found", "\"\(path)\" can't be opened.")
    }
    self.path = path
    bytes = Array(data)
    guard bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]), bytes.count >= 512 else {
      throw CompoundFile.damaged(path, "is no XLS workbook")
    }
    let shift = Int(bytes[30])
    guard shift == 9 || shift == 12 else { throw CompoundFile.damaged(path, "has sectors of an unknown size") }
    sectorSize = 1 << shift
    var places = (0..<109).map { word(76 + $0 * 4) }
    var next = word(68)
    var guardCount = 0
    while next < 0xFFFF_FFFA, guardCount < 4096 {
      let start = try offset(next)
      places += (0..<(sectorSize / 4 - 1)).map { word(start + $0 * 4) }
      next = word(start + sectorSize - 4)
      guardCount += 1
    }
    for place in places where place < 0xFFFF_FFFA {
      let start = try offset(place)
      table += (0..<sectorSize / 4).map { word(start + $0 * 4) }
    }
  }

  static func damaged(_ path: String, _ words: String) -> Problem {
    Problem(
      "invalid-file", "\"\(path)\" \(words), or it is damaged.",
      hint: "Open it in a spreadsheet program and save it again.")
  }

  private func word(_ place: Int) -> UInt32 {
    guard place >= 0, place + 4 <= bytes.count else { return 0xFFFF_FFFF }
    return UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16 | UInt32(
      bytes[place + 3]) << 24
  }

  private func offset(_ sector: UInt32) throws(Problem) -> Int {
    let start = (Int(sector) + 1) * sectorSize
    guard start < bytes.count else { throw CompoundFile.damaged(path, "is cut off") }
    return start
  }

  private func chain(_ first: UInt32) throws(Problem) -> [UInt8] {
    var result: [UInt8] = []
    var sector = first
    while sector < 0xFFFF_FFFA {
      let start = try offset(sector)
      result += bytes[start..<min(start + sectorSize, bytes.count)]
      guard Int(sector) < table.count, result.count <= bytes.count else {
        throw CompoundFile.damaged(path, "has a broken chain of sectors")
      }
      sector = table[Int(sector)]
    }
    return result
  }

  /// The first stream of one of the names.
  func stream(_ names: [String]) throws(Problem) -> [UInt8] {
    let directory = try chain(word(48))
    var root: (start: UInt32, size: Int)?
    for entry in stride(from: 0, to: directory.count - 127, by: 128) {
      let length = Int(directory[entry + 64]) | Int(directory[entry + 65]) << 8
      guard length >= 2, length <= 64 else { continue }
      let units = stride(from: 0, to: length - 2, by: 2).map {
        UInt16(directory[entry + $0]) | UInt16(directory[entry + $0 + 1]) << 8
      }
      func number(_ place: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(directory[entry + place + $1]) << UInt32(8 * $1) }
      }
      let (start, size) = (number(116), Int(number(120)))
      if directory[entry + 66] == 5 { root = (start, size) }
      guard directory[entry + 66] == 2, names.contains(String(decoding: units, as: UTF16.self)) else { continue }
      if size >= Int(word(56)) { return Array(try chain(start).prefix(size)) }
      guard let root else { break }
      return try small(start, size, in: chain(root.start))
    }
    throw CompoundFile.damaged(path, "holds no workbook")
  }

  /// A stream shorter than the cutoff stands in sectors of 64 bytes inside the root's stream.
  private func small(_ first: UInt32, _ size: Int, in container: [UInt8]) throws(Problem) -> [UInt8] {
    let links = try chain(word(60))
    var result: [UInt8] = []
    var sector = Int(first)
    while sector < 0xFFFF_FFFA, result.count < size {
      guard (sector + 1) * 64 <= container.count, sector * 4 + 4 <= links.count, result.count <= container.count else {
        throw CompoundFile.damaged(path, "is cut off")
      }
      result += container[sector * 64..<(sector + 1) * 64]
      sector = (0..<4).reduce(0) { $0 | Int(links[sector * 4 + $1]) << (8 * $1) }
    }
    return Array(result.prefix(size))
  }
}
