import Tabular

/// What a figure over values means: exact, and rounded once where the result has no room for all digits.
struct PlainFigure {
  let name: String
  let kind: PlainTable.Kind
  /// The kind of the result.
  let result: PlainTable.Kind

  static let all = ["sum", "average", "median", "count", "min", "max", "count_distinct"]

  /// Nil if there is no such figure of such a column.
  init?(_ name: String, of kind: PlainTable.Kind) {
    (self.name, self.kind) = (name, kind)
    switch (name, kind) {
    case ("count", _), ("count_distinct", _): result = .whole
    case ("min", _), ("max", _): result = kind
    case ("sum", .whole): result = .whole
    case ("sum", .decimal(_, let scale)): result = .decimal(38, scale)
    case ("average", .decimal(_, let scale)): result = .decimal(38, min(18, scale + 4))
    case ("median", .decimal(let width, let scale)): result = .decimal(min(38, width + 1), scale + 1)
    case ("average", .whole), ("median", .whole), ("sum", .double), ("average", .double), ("median", .double):
      result = .double
    default: return nil
    }
  }

  /// - Throws: `Refused` for a result without room, `Unclear` for DOUBLEs of which nothing exact is promised.
  func callAsFunction(_ all: [Value]) throws -> Value {
    let values = all.filter { $0 != .null }
    switch name {
    case "count": return .integer(Int128(values.count))
    case "count_distinct": return .integer(Int128(Set(values).count))
    case "min": return values.min(by: PlainTable.precedes) ?? .null
    case "max": return values.max(by: PlainTable.precedes) ?? .null
    default: break
    }
    guard !values.isEmpty else { return .null }
    let numbers = values.compactMap { PlainDecimal($0) }
    if kind == .double { try numbers.forEach(promised) }
    if name == "median" { return try middle(numbers) }
    let total = numbers.reduce(PlainDecimal(0), +)
    return name == "sum" ? try rounded(total, over: 1) : try rounded(total, over: numbers.count)
  }

  /// Sums of DOUBLEs are exact up to six digits behind the point, as long as they don't become too large.
  private func promised(_ number: PlainDecimal) throws {
    guard number.trimmed.scale <= 6, abs(number.digits) < PlainDecimal.power(14) else { throw PlainTable.Unclear() }
  }

  private func middle(_ numbers: [PlainDecimal]) throws -> Value {
    let sorted = numbers.sorted { ($0 + -$1).digits < 0 }
    return try rounded(sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2], over: 2)
  }

  private func rounded(_ number: PlainDecimal, over count: Int) throws -> Value {
    let divisor = PlainDecimal(Int128(count))
    switch result {
    case .whole: return try PlainTable.whole(number.digits)
    case .decimal(let width, let scale):
      guard let digits = number.quotient(divisor, scale: scale) else { throw PlainTable.Refused() }
      return try PlainTable.decimal(digits, width, scale)
    default: return .float(number.nearestDouble(over: divisor))
    }
  }
}
