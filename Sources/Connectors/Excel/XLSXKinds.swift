import Pipelines

/// Which kinds of cells each column of a sheet has: the engine looks at the first row only, which may be empty.
struct XLSXKinds {
  struct Kinds: OptionSet {
    var rawValue: Int
    static let number = Kinds(rawValue: 1)
    static let day = Kinds(rawValue: 2)
    static let time = Kinds(rawValue: 4)
    static let boolean = Kinds(rawValue: 8)
    static let text = Kinds(rawValue: 16)
  }

  /// By place, the first column being 0; a column beyond the last has no cells.
  private(set) var columns: [Kinds] = []
  private let bytes: ByteReader
  private var tag: [UInt8] = []

  /// - Parameter rows: the rows that count, the first being 1.
  /// - Throws: `invalid-file`, `disk-full`.
  init(_ book: XLSXBook, sheet: Int, rows: Range<Int>, until stop: Stop) throws(Problem) {
    guard let (bytes, owner) = try book.archive.read(book.sheets[sheet].path) else { throw book.missing(sheet) }
    defer { withExtendedLifetime(owner) {} }
    self.bytes = bytes
    var (row, column) = (0, -1)
    var kind: Kinds = []
    while try nextTag() {
      switch name {
      case "row":
        row = attribute("r").flatMap { Int($0) } ?? row + 1
        column = -1
        try stop.check()
      case "c":
        column = attribute("r").flatMap { CellRange.column(of: $0) } ?? column + 1
        switch attribute("t") {
        case nil, "n":
          switch book.shape(style: attribute("s").flatMap { Int($0) } ?? 0) {
          case .number: kind = .number
          case .day: kind = .day
          case .time: kind = .time
          }
        case "b": kind = .boolean
        case "e": kind = []
        default: kind = .text
        }
      case "v", "is":
        guard rows.contains(row), column >= 0, column < CellRange.widest, tag.last != UInt8(ascii: "/") else { break }
        if column >= columns.count { columns += [Kinds](repeating: [], count: column - columns.count + 1) }
        columns[column].formUnion(kind)
      default: break
      }
    }
  }

  private var name: String {
    let name = tag.prefix { $0 > 32 && $0 != UInt8(ascii: "/") }
    return String(decoding: name.split(separator: UInt8(ascii: ":")).last ?? [], as: UTF8.self)
  }

  /// The value of an attribute whose name is one letter.
  private func attribute(_ name: String) -> String? {
    guard let letter = name.utf8.first else { return nil }
    for place in tag.indices.dropFirst().dropLast(2)
    where tag[place] == letter && tag[place - 1] <= 32 && tag[place + 1] == UInt8(ascii: "=") {
      let quote = tag[place + 2]
      return String(decoding: tag[(place + 3)...].prefix { $0 != quote }, as: UTF8.self)
    }
    return nil
  }

  /// Puts the next tag that opens an element into `tag`; false at the end.
  private mutating func nextTag() throws(Problem) -> Bool {
    while let byte = try bytes.next() {
      guard byte == UInt8(ascii: "<") else { continue }
      tag.removeAll(keepingCapacity: true)
      while let byte = try bytes.next(), byte != UInt8(ascii: ">") || isInside { tag.append(byte) }
      if let first = tag.first, ![UInt8(ascii: "/"), UInt8(ascii: "!"), UInt8(ascii: "?")].contains(first) {
        return true
      }
    }
    return false
  }

  /// Whether a comment or a text in brackets goes on behind this `>`.
  private var isInside: Bool {
    (tag.starts(with: "!--".utf8) && !(tag.count >= 5 && tag.suffix(2) == Array("--".utf8)[...]))
      || (tag.starts(with: "![CDATA[".utf8) && tag.suffix(2) != Array("]]".utf8)[...])
  }
}

extension XLSXBook {
  fileprivate func missing(_ sheet: Int) -> Problem {
    Problem("invalid-file", "The workbook's sheet \"\(sheets[sheet].name)\" is missing.", hint: "Fetch the file again.")
  }
}

/// The cells `B2:F100`.
struct CellRange {
  static let widest = 16_384
  static let highest = 1_048_576
  var rows = 1..<CellRange.highest + 1

  /// - Parameter text: as the user wrote it; nil = all cells.
  init(_ text: String?) {
    let ends = (text ?? "").split(separator: ":").map { Int($0.drop { $0.isLetter }) }
    guard ends.count == 2 else { return }
    let (first, last) = (ends[0] ?? 1, ends[1] ?? CellRange.highest)
    if first <= last { rows = first..<last + 1 }
  }

  /// The place of `C7`'s column: 2.
  static func column(of cell: String) -> Int? {
    var place = 0
    for byte in cell.utf8 {
      guard byte >= UInt8(ascii: "A"), byte <= UInt8(ascii: "Z"), place < widest else { break }
      place = place * 26 + Int(byte - UInt8(ascii: "A")) + 1
    }
    return place == 0 ? nil : place - 1
  }

  /// The letters of a column's place: `C` of 2.
  static func letters(of column: Int) -> String {
    var rest = column + 1
    var letters = ""
    while rest > 0 {
      letters = String(UnicodeScalar(UInt8(ascii: "A") + UInt8((rest - 1) % 26))) + letters
      rest = (rest - 1) / 26
    }
    return letters
  }
}
