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
    "a", "b c", "sélect", "Order", "x\"y", "o'k", "naïve\\", "日本", "group", "12", "-- n", "e_mail",
  ]
  private static let texts = [
    "", " ", "a", "A", "abc", "Jon  Smith", " o'neil ", "x;--", "ÄRGER", "école", "e\u{301}cole", "日本語", "🦊 fox",
    "\ttab\n", "12", " 7 ",
    "9223372036854775807", "9223372036854775808", "1.5", "2.0", "-0", "null", "%_", "\\1", "$1", "x\u{A0}", "true",
  ]
  private static let wholes: [Int128] = [
    0, 1, -1, 2, 3, 7, 10, 42, 1_000_000, 9_007_199_254_740_993, 9_223_372_036_854_775_807, -9_223_372_036_854_775_808,
  ]

  /// Often empty, often the same as another one.
  mutating func value(_ kind: PlainTable.Kind) -> Value {
    if below(6) == 0 { return .null }
    switch kind {
    case .whole: return .integer(below(3) == 0 ? pick(Self.wholes) : Int128(below(5)))
    case .text: return .text(pick(Self.texts))
    case .flag: return .boolean(below(2) == 0)
    }
  }

  mutating func table() -> PlainTable {
    let names = shuffled(Self.names).prefix(3 + below(2))
    let columns = names.enumerated().map { index, name in
      PlainTable.PlainColumn(
        name: name, kind: index == 0 ? .whole : index == 1 ? .text : pick(PlainTable.Kind.allCases))
    }
    let rows = (0..<below(18)).map { _ in columns.map { value($0.kind) } }
    return PlainTable(columns: columns, rows: rows)
  }

  /// A name no column of `table` has.
  mutating func freshName(_ table: PlainTable) -> String {
    while true {
      let name = pick(Self.names) + (below(2) == 0 ? "" : " \(below(100))")
      if !table.columns.contains(where: { $0.name.lowercased() == name.lowercased() }) { return name }
    }
  }
}
