import Tabular

/// A table as plain arrays of rows: what operations mean, without an engine.
struct PlainTable {
  enum Kind: Hashable {
    case whole, text, flag, double, date, moment
    case decimal(_ width: Int, _ scale: Int)
    /// A list of records of a text `sku` and a whole number `n`.
    case records

    static let money = Kind.decimal(18, 2)
    /// Those of given tables.
    static let given: [Kind] = [.whole, .text, .flag, .double, .date, .moment, .money]

    var isNumber: Bool {
      switch self {
      case .whole, .double, .decimal: true
      default: false
      }
    }
    var isMoment: Bool { self == .date || self == .moment }
  }

  struct PlainColumn: Equatable {
    var name: String
    var kind: Kind
  }

  /// Where an operation has no result, the run must stop.
  struct Refused: Error {}
  /// What comes out depends on the order in which an engine adds, or is promised nowhere.
  struct Unclear: Error {}

  typealias Row = [Value]

  var columns: [PlainColumn]
  var rows: [Row]

  func index(_ name: String) -> Int { columns.firstIndex { $0.name == name } ?? 0 }
  func kind(_ name: String) -> Kind { columns[index(name)].kind }
  func names(_ kind: Kind) -> [String] { names { $0 == kind } }
  func names(_ fits: (Kind) -> Bool) -> [String] { columns.filter { fits($0.kind) }.map(\.name) }

  /// The rows as a SELECT with the types of the columns.
  var select: SQL {
    let names = columns.map { "\(name: $0.name)" as SQL }
    let casts = columns.map { "CAST(\(name: $0.name) AS \(Self.type($0.kind))) AS \(name: $0.name)" as SQL }
    let lines = rows.map { row -> SQL in "(\(row.map(Self.literal)))" }
    guard !lines.isEmpty else {
      return "SELECT \(columns.map { "CAST(NULL AS \(Self.type($0.kind))) AS \(name: $0.name)" as SQL }) WHERE false"
    }
    return "SELECT \(casts) FROM (VALUES \(lines)) AS v(\(names))"
  }

  private static func type(_ kind: Kind) -> SQL {
    switch kind {
    case .whole: "BIGINT"
    case .text: "VARCHAR"
    case .flag: "BOOLEAN"
    case .double: "DOUBLE"
    case .date: "DATE"
    case .moment: "TIMESTAMP"
    case .decimal(let width, let scale): "DECIMAL(\(width), \(scale))"
    case .records: "STRUCT(sku VARCHAR, n BIGINT)[]"
    }
  }

  private static func literal(_ value: Value) -> SQL {
    switch value {
    case .text(let text): "\(text: text)"
    case .integer(let number): "\(text: String(number))"
    case .boolean(let flag): flag ? "TRUE" : "FALSE"
    case .decimal(let text), .moment(let text): "\(text: text)"
    case .float: "\(text: value.jsonText)"
    case .list(let values): "[\(values.map(literal))]"
    case .structure(let fields): "{\(fields.map { "\(text: $0.name): \(literal($0.value))" as SQL })}"
    default: "NULL"
    }
  }

  /// The rows in an order of their own, for comparing.
  var sortedRows: [[Value]] {
    rows.sorted { left, right in
      let texts = [left, right].map { $0.map(\.jsonText).joined(separator: ",").utf8 }
      return texts[0].lexicographicallyPrecedes(texts[1])
    }
  }

  mutating func set(_ name: String, _ kind: Kind, after: String? = nil, _ value: (Row) throws -> Value) rethrows {
    let values = try rows.map(value)
    if let place = columns.firstIndex(where: { $0.name == name }) {
      columns[place].kind = kind
      for (row, value) in values.enumerated() { rows[row][place] = value }
      return
    }
    let place = after.map { index($0) + 1 } ?? columns.count
    columns.insert(PlainColumn(name: name, kind: kind), at: place)
    for (row, value) in values.enumerated() { rows[row].insert(value, at: place) }
  }

  func picking(_ names: [String]) -> PlainTable {
    let places = names.map(index)
    return PlainTable(columns: places.map { columns[$0] }, rows: rows.map { row in places.map { row[$0] } })
  }

  /// Rows with the same values in `names`, in the order in which they first occur.
  func groups(by names: [String]) -> [[Row]] {
    let places = names.map(index)
    var order: [[Value]] = []
    var found: [[Value]: [Row]] = [:]
    for row in rows {
      let key = places.map { row[$0] }
      if found[key] == nil { order.append(key) }
      found[key, default: []].append(row)
    }
    return order.map { found[$0] ?? [] }
  }

  /// By `keys`, empty values last in either direction; texts by their UTF-8 bytes.
  func sorted(by keys: [(name: String, isDescending: Bool)]) -> PlainTable {
    let places = keys.map { (index($0.name), $0.isDescending) }
    var copy = self
    copy.rows = rows.enumerated().sorted { left, right in
      for (place, isDescending) in places {
        let (a, b) = (left.element[place], right.element[place])
        if a == b { continue }
        if a == .null || b == .null { return b == .null }
        return Self.precedes(a, b) != isDescending
      }
      return left.offset < right.offset
    }.map(\.element)
    return copy
  }

  static func precedes(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.integer(let a), .integer(let b)): a < b
    case (.text(let a), .text(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
    case (.boolean(let a), .boolean(let b)): !a && b
    case (.float(let a), .float(let b)): a < b
    case (.moment(let a), .moment(let b)): a < b
    case (.decimal, .decimal):
      PlainDecimal(left).flatMap { a in PlainDecimal(right).map { (a + -$0).digits < 0 } } ?? false
    default: false
    }
  }

  /// - Throws: `Refused` for what has no room in 64 bits.
  static func whole(_ number: Int128) throws -> Value {
    guard Int64(exactly: number) != nil else { throw Refused() }
    return .integer(number)
  }

  /// - Throws: `Refused` for what has no room in a DECIMAL of this width.
  static func decimal(_ digits: Int128, _ width: Int, _ scale: Int) throws -> Value {
    guard abs(digits) < PlainDecimal.power(width) else { throw Refused() }
    return .decimal(digits, scale: scale)
  }

  /// A value as text, as the engine shows it.
  /// - Throws: `Unclear` for very large and very small DOUBLEs.
  static func shown(_ value: Value) throws -> String {
    switch value {
    case .moment(let text): return text.replacing("T", with: " ")
    case .float(let number):
      guard number == 0 || (1e-4..<1e15).contains(abs(number)) else { throw Unclear() }
      return value.jsonText
    default: return value.description
    }
  }
}

extension Value {
  var number: Int128? { if case .integer(let number) = self { number } else { nil } }
  var words: String? { if case .text(let text) = self { text } else { nil } }

  /// Changes a text; anything else stays.
  func mapText(_ change: (String) -> String) -> Value { words.map { .text(change($0)) } ?? self }
}
