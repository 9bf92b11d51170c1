import Tabular

/// Casts: a value that would lose something stops the run or becomes empty.
extension ChainStep {
  static func cast(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.names(.text)) else { return nil }
    switch numbers.below(3) {
    case 0:
      return cast(name, to: .whole, numbers.below(4) == 0) { PlainText.whole($0.words ?? "").map { .integer($0) } }
    case 1:
      return cast(name, to: .date, numbers.below(4) == 0) { value in
        guard let moment = PlainMoment(PlainText.stripped(value.words ?? "")), moment.seconds == 0 else { return nil }
        return moment.dateValue()
      }
    default:
      return cast(name, to: .money, numbers.below(4) == 0) { PlainText.number($0.words ?? "").flatMap(money) }
    }
  }

  static func castNumber(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.names(\.isNumber)) else { return nil }
    let stops = numbers.below(4) == 0
    switch numbers.pick([PlainTable.Kind.text, .whole, .money, .double]) {
    case .text: return cast(name, to: .text, stops) { .text(try PlainTable.shown($0)) }
    case .whole:
      return cast(name, to: .whole, stops) { value in
        PlainDecimal(value)?.digits(at: 0).flatMap { Int64(exactly: $0) }.map { .integer(Int128($0)) }
      }
    case .double:
      return cast(name, to: .double, stops) { value in
        guard let number = PlainDecimal(value), let same = PlainDecimal(.float(number.nearestDouble)) else {
          return nil
        }
        return (number + -same).digits == 0 ? .float(number.nearestDouble) : nil
      }
    default: return cast(name, to: .money, stops) { PlainDecimal($0).flatMap(money) }
    }
  }

  static func castMoment(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.names(\.isMoment)) else { return nil }
    let stops = numbers.below(4) == 0
    switch numbers.pick([PlainTable.Kind.text, .date, .moment]) {
    case .text: return cast(name, to: .text, stops) { .text(try PlainTable.shown($0)) }
    case .date:
      return cast(name, to: .date, stops) { value in
        PlainMoment(value).flatMap { $0.seconds == 0 ? $0.dateValue() : nil }
      }
    default: return cast(name, to: .moment, stops) { PlainMoment($0)?.value(isDate: false) }
    }
  }

  private static func money(_ number: PlainDecimal) -> Value? {
    number.digits(at: 2).flatMap { try? PlainTable.decimal($0, 18, 2) }
  }

  /// - Parameter exact: nil for a value that doesn't fit without loss.
  private static func cast(
    _ name: String, to kind: PlainTable.Kind, _ stops: Bool, exact: @escaping (Value) throws -> Value?
  ) -> ChainStep {
    let type = [
      PlainTable.Kind.whole: "integer", .double: "double", .date: "date", .moment: "timestamp", .text: "text",
    ]
    let settings =
      "{ columns: { \(quoted(name)): \(quoted(type[kind] ?? "decimal(18,2)")) }, on_error: \(stops ? "stop" : "null") }"
    return ChainStep("cast", settings, sets: name, kind) { table, row in
      let value = row[table.index(name)]
      if value == .null { return .null }
      if let found = try exact(value) { return found }
      if stops { throw PlainTable.Refused() }
      return .null
    }
  }
}
