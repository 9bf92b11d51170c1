import Tabular
import TestSupport

/// Random values and choices that are the same for a seed.
struct SeededChoice {
  private var numbers: SeededNumbers
  init(seed: UInt64) { numbers = SeededNumbers(seed: seed) }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(1, bound), using: &numbers) }
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
  mutating func pick<Element>(optional elements: [Element]) -> Element? { elements.isEmpty ? nil : pick(elements) }
  mutating func shuffled<Element>(_ elements: [Element]) -> [Element] { elements.shuffled(using: &numbers) }

  private static let names = [
    "a", "b c", "sélect", "Order", "x\"y", "o'k", "naïve\\", "日本", "group", "12", "-- n", "e_mail", "q\"\u{301}",
  ]
  private static let texts = [
    "", " ", "a", "A", "abc", "Jon  Smith", " o'neil ", "x;--", "ÄRGER", "école", "e\u{301}cole", "日本語", "🦊 fox",
    "\ttab\n", "12", " 7 ",
    "9223372036854775807", "9223372036854775808", "1.5", "2.0", "-0", "null", "%_", "\\1", "$1", "x\u{A0}", "true",
    "ann@example.com", "ü@é@x.org", "@", "2024-02-29", "2023-02-29", "2024-05-06 07:08:09", "29.02.2024", "x'\u{301}",
    "'\u{200D}; --",
  ]
  private static let wholes: [Int128] = [
    0, 1, -1, 2, 3, 7, 10, 42, 1_000_000, 9_007_199_254_740_993, 9_223_372_036_854_775_807, -9_223_372_036_854_775_808,
  ]

  private static let doubles = [
    0, 0.1, 0.2, 0.3, 29.99, -1.5, 1e-6, 3.141593, 1234.56789, 100_000_000, -0.7, 2.5, 0.000123, 99_999_999.999999,
  ]
  private static let dates = [
    "1970-01-01", "2024-02-29", "2024-12-31", "2025-01-31", "1999-11-30", "2000-01-01", "1900-03-01", "2023-01-01",
    "2024-03-31", "1969-12-31",
  ]
  private static let times = ["00:00:00", "23:59:59", "12:30:00", "09:00:01"]
  /// Without the point.
  private static let digits: [Int128] = [
    0, 1, -1, 5, 10, 50, 199, 1250, -375, 100_000, 333_333, 999_999_999_999_999_999, -999_999_999_999_999_998,
    123_456_789_012_345_678, 123_456_789_012_345_679,
  ]

  /// Often empty, often the same as another one.
  mutating func value(_ kind: PlainTable.Kind) -> Value {
    if below(6) == 0 { return .null }
    switch kind {
    case .whole: return .integer(below(3) == 0 ? pick(Self.wholes) : Int128(below(5)))
    case .text: return .text(pick(Self.texts))
    case .flag: return .boolean(below(2) == 0)
    case .double: return .float(pick(Self.doubles))
    case .date: return .moment(pick(Self.dates))
    case .moment: return .moment(pick(Self.dates) + "T" + pick(Self.times))
    case .decimal(let width, let scale):
      let digits = below(3) == 0 ? Int128(below(2_000_000) - 1_000_000) : pick(Self.digits)
      return .decimal(abs(digits) < PlainDecimal.power(width) ? digits : 1, scale: scale)
    case .records:
      return .list(
        (0..<below(4)).map { _ in .structure([(name: "sku", value: value(.text)), (name: "n", value: value(.whole))]) })
    }
  }

  mutating func table() -> PlainTable {
    let names = shuffled(Self.names).prefix(3 + below(3))
    let columns = names.enumerated().map { index, name in
      PlainTable.PlainColumn(
        name: name, kind: index == 0 ? .whole : index == 1 ? .text : pick(PlainTable.Kind.given))
    }
    let rows = (0..<below(18)).map { _ in columns.map { value($0.kind) } }
    return PlainTable(columns: columns, rows: rows)
  }

  /// With a column of lists of records.
  mutating func tableWithRecords() -> PlainTable {
    var table = table()
    table.columns.insert(.init(name: "records", kind: .records), at: 1)
    for row in table.rows.indices { table.rows[row].insert(value(.records), at: 1) }
    return table
  }

  /// A name no column of `table` has.
  mutating func freshName(_ table: PlainTable) -> String {
    while true {
      let name = pick(Self.names) + (below(2) == 0 ? "" : " \(below(100))")
      if !table.columns.contains(where: { $0.name.lowercased() == name.lowercased() }) { return name }
    }
  }
}
