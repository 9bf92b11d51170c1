import Foundation
import Pipelines

/// The cells of one sheet of an XLS workbook (BIFF8, [MS-XLS]).
struct XLSWorkbook {
  enum Cell: Hashable {
    case text(String), number(Double), boolean(Bool)
    /// Days since 1970-01-01 with a fraction.
    case moment(Double)
  }

  private(set) var sheets: [(name: String, offset: Int)] = []
  private let path: String
  private let stream: [UInt8]
  private var strings: [String] = []
  private var formats: [Int: String] = [:]
  private var cellFormats: [Int] = []
  private var is1904 = false

  /// - Throws: `invalid-file`, `encrypted-file`.
  init(_ path: String) throws(Problem) {
    self.path = path
    stream = try CompoundFile(path).stream(["Workbook", "Book"])
    var shared: [[UInt8]] = []
    var isShared = false
    var version = 0
    try XLSWorkbook.records(of: stream, path, from: 0) { (kind: Int, data: [UInt8]) throws(Problem) -> Bool in
      if kind != 0x3C { isShared = kind == 0xFC }
      switch kind {
      case 0x809: version = XLSWorkbook.short(data, 0)
      case 0x2F:
        throw Problem("encrypted-file", "\"\(path)\" is protected with a password.", hint: "Save it without one.")
      case 0x85 where data.count > 8:
        sheets.append((XLSString.read([Array(data.dropFirst(6))], shortLength: true), Int(XLSWorkbook.word(data, 0))))
      case 0x22: is1904 = XLSWorkbook.short(data, 0) == 1
      case 0x41E: formats[XLSWorkbook.short(data, 0)] = XLSString.read([Array(data.dropFirst(2))], shortLength: false)
      case 0xE0: cellFormats.append(XLSWorkbook.short(data, 2))
      case 0xFC: shared = [data]
      case 0x3C where isShared: shared.append(data)
      default: break
      }
      return kind != 0x0A
    }
    guard version == 0x600 else { throw CompoundFile.damaged(path, "is older than Excel 97") }
    if let first = shared.first, first.count >= 8 {
      strings = XLSString.list(shared, count: Int(XLSWorkbook.word(first, 4)))
    }
  }

  /// Rows of cells, in order; missing cells are nil.
  func rows(of sheet: Int) throws(Problem) -> [[Cell?]] {
    var cells: [Int: [Int: Cell]] = [:]
    var awaiting: (row: Int, column: Int)?
    var depth = 0
    func put(_ data: [UInt8], _ cell: Cell?) {
      if let cell { cells[XLSWorkbook.short(data, 0), default: [:]][XLSWorkbook.short(data, 2)] = cell }
    }
    try XLSWorkbook.records(of: stream, path, from: sheets[sheet].offset) {
      (kind: Int, data: [UInt8]) throws(Problem) -> Bool in
      switch kind {
      case 0x809: depth += 1
      case 0x0A: depth -= 1
      case 0xFD where data.count >= 10:
        let index = Int(XLSWorkbook.word(data, 6))
        put(data, strings.indices.contains(index) ? .text(strings[index]) : nil)
      case 0x204 where data.count > 8: put(data, .text(XLSString.read([Array(data.dropFirst(6))], shortLength: false)))
      case 0x203 where data.count >= 14:
        put(data, number(XLSWorkbook.double(data, 6), format: XLSWorkbook.short(data, 4)))
      case 0x27E where data.count >= 10:
        put(data, number(XLSWorkbook.compressed(XLSWorkbook.word(data, 6)), format: XLSWorkbook.short(data, 4)))
      case 0xBD where data.count >= 6:
        let first = XLSWorkbook.short(data, 2)
        for (place, start) in stride(from: 4, to: data.count - 7, by: 6).enumerated() {
          let value = XLSWorkbook.compressed(XLSWorkbook.word(data, start + 2))
          cells[XLSWorkbook.short(data, 0), default: [:]][first + place] = number(
            value, format: XLSWorkbook.short(data, start))
        }
      case 0x205 where data.count >= 8: put(data, data[7] == 0 ? .boolean(data[6] != 0) : nil)
      case 0x06 where data.count >= 14:
        if data[12] == 0xFF, data[13] == 0xFF {
          if data[6] == 0 { awaiting = (XLSWorkbook.short(data, 0), XLSWorkbook.short(data, 2)) }
          if data[6] == 1 { put(data, .boolean(data[8] != 0)) }
        } else {
          put(data, number(XLSWorkbook.double(data, 6), format: XLSWorkbook.short(data, 4)))
        }
      case 0x207:
        if let place = awaiting {
          cells[place.row, default: [:]][place.column] = .text(XLSString.read([data], shortLength: false))
        }
        awaiting = nil
      default: break
      }
      return depth > 0
    }
    // A sheet has at most 256 columns.
    let width = min(256, (cells.values.compactMap { $0.keys.max() }.max() ?? -1) + 1)
    guard let last = cells.keys.max() else { return [] }
    let blank = [Cell?](repeating: nil, count: width)
    return (0...last).map { row in cells[row].map { found in (0..<width).map { found[$0] } } ?? blank }
  }

  private func number(_ value: Double, format: Int) -> Cell {
    guard cellFormats.indices.contains(format), XLSWorkbook.isDate(cellFormats[format], formats[cellFormats[format]])
    else { return .number(value) }
    // Day 60 of the 1900 epoch is a 29 February that never was; days before it are one off.
    return .moment(is1904 ? value - 24107 : value < 60 ? value - 25568 : value - 25569)
  }

  /// Whether a number of that format is a point in time.
  /// - Parameter format: nil = the built-in one of that number.
  static func isDate(_ id: Int, _ format: String?) -> Bool {
    guard let format else {
      return (14...22).contains(id) || (27...36).contains(id) || (45...47).contains(id) || (50...58).contains(id)
    }
    return !letters(of: format).isEmpty
  }

  /// The parts of a point in time (y, m, d, h, s) that a format shows.
  static func letters(of format: String) -> Set<Character> {
    var found: Set<Character> = []
    var (isQuoted, isBracket, isEscaped) = (false, false, false)
    for character in format.lowercased() {
      if isEscaped {
        isEscaped = false
        continue
      }
      switch character {
      case "\\": isEscaped = true
      case "\"": isQuoted.toggle()
      case "[": isBracket = true
      case "]": isBracket = false
      case "y", "m", "d", "h", "s": if !isQuoted, !isBracket { found.insert(character) }
      default: break
      }
    }
    return found
  }

  private static func records(
    of stream: [UInt8], _ path: String, from start: Int, _ body: (Int, [UInt8]) throws(Problem) -> Bool
  ) throws(Problem) {
    var place = start
    while place + 4 <= stream.count {
      let (kind, length) = (
        Int(stream[place]) | Int(stream[place + 1]) << 8, Int(stream[place + 2]) | Int(stream[place + 3]) << 8
      )
      guard place + 4 + length <= stream.count else { break }
      if try !body(kind, Array(stream[place + 4..<place + 4 + length])) { return }
      place += 4 + length
    }
    throw CompoundFile.damaged(path, "ends too early")
  }

  static func short(_ data: [UInt8], _ place: Int) -> Int {
    place + 2 <= data.count ? Int(data[place]) | Int(data[place + 1]) << 8 : 0
  }
  static func word(_ data: [UInt8], _ place: Int) -> UInt32 {
    UInt32(short(data, place)) | UInt32(short(data, place + 2)) << 16
  }
  private static func double(_ data: [UInt8], _ place: Int) -> Double {
    Double(bitPattern: UInt64(word(data, place)) | UInt64(word(data, place + 4)) << 32)
  }
  /// An RK number: 30 bits of an integer or of a double, perhaps a hundredfold.
  private static func compressed(_ bits: UInt32) -> Double {
    let value =
      bits & 2 != 0 ? Double(Int32(bitPattern: bits) >> 2) : Double(bitPattern: UInt64(bits & 0xFFFF_FFFC) << 32)
    return bits & 1 != 0 ? value / 100 : value
  }
}

/// Strings of BIFF8: 8 or 16 bits a character, with formatting runs and phonetics to be skipped, broken over CONTINUE records.
enum XLSString {
  static func read(_ blocks: [[UInt8]], shortLength: Bool) -> String {
    var reader = Blocks(blocks)
    let length = shortLength ? reader.byte() : reader.byte() | reader.byte() << 8
    return reader.string(length)
  }

  static func list(_ blocks: [[UInt8]], count: Int) -> [String] {
    var reader = Blocks(blocks, at: 8)
    var strings: [String] = []
    while strings.count < count, !reader.isAtEnd { strings.append(reader.string(reader.byte() | reader.byte() << 8)) }
    return strings
  }

  private struct Blocks {
    private let blocks: [[UInt8]]
    private var block = 0
    private var place: Int

    init(_ blocks: [[UInt8]], at place: Int = 0) {
      self.blocks = blocks
      self.place = place
    }

    var isAtEnd: Bool { block >= blocks.count || (block == blocks.count - 1 && place >= blocks[block].count) }

    mutating func byte() -> Int {
      while block < blocks.count, place >= blocks[block].count { nextBlock() }
      guard block < blocks.count else { return 0 }
      defer { place += 1 }
      return Int(blocks[block][place])
    }

    private mutating func nextBlock() {
      block += 1
      place = 0
    }

    mutating func string(_ length: Int) -> String {
      var flags = byte()
      let runs = flags & 8 != 0 ? byte() | byte() << 8 : 0
      let phonetics = flags & 4 != 0 ? byte() | byte() << 8 | byte() << 16 | byte() << 24 : 0
      var units: [UInt16] = []
      while units.count < length, !isAtEnd {
        if place >= blocks[block].count {
          // A continued string begins with its flags again.
          nextBlock()
          flags = byte()
          continue
        }
        units.append(flags & 1 != 0 ? UInt16(byte() | byte() << 8) : UInt16(byte()))
      }
      for _ in 0..<min(runs * 4 + phonetics, 1 << 20) where !isAtEnd { _ = byte() }
      return String(decoding: units, as: UTF16.self)
    }
  }
}
