import Tabular

/// Values hidden behind marks, tokens and hashes.
extension ChainStep {
  static func mask(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.columns.map(\.name)) else { return nil }
    let method = numbers.pick(["partial", "email", "full", "token", "null"])
    let mark = numbers.pick(["*", "'", "\\", "日", "--"])
    let keep = numbers.below(6)
    let salt = numbers.pick(["", "s'alt;--", "日"])
    let settings =
      "{ field: \(quoted(name)), method: \(quoted(method)), character: \(quoted(mark)), keep: \(keep), salt: \(quoted(salt)) }"
    return ChainStep("mask", settings, sets: name, .text) { table, row in
      let value = row[table.index(name)]
      if value == .null || method == "null" { return .null }
      let text = try PlainTable.shown(value)
      let scalars = Array(text.unicodeScalars)
      func marks(_ count: Int) -> String { String(repeating: mark, count: max(0, count)) }
      func words(_ some: some Sequence<Unicode.Scalar>) -> String {
        some.reduce(into: "") { $0.unicodeScalars.append($1) }
      }
      switch method {
      case "token": return .text("tok_" + PlainHash.sha256(salt + text).prefix(16))
      case "partial":
        let hidden = scalars.count <= keep ? scalars.count : scalars.count - keep
        return .text(marks(hidden) + words(scalars[hidden...]))
      case "email":
        guard let at = scalars.firstIndex(of: "@") else { return .text(marks(scalars.count)) }
        return .text(words(scalars.prefix(1)) + marks(3) + words(scalars[at...]))
      default: return .text(marks(scalars.count))
      }
    }
  }

  static func hash(_ table: PlainTable, _: PlainTable, _ numbers: inout SeededChoice) -> ChainStep? {
    guard let name = numbers.pick(optional: table.columns.map(\.name)) else { return nil }
    let salt = numbers.pick(["", "s'alt;--", "日"])
    let output = numbers.below(2) == 0 ? name : numbers.freshName(table)
    let settings = "{ field: \(quoted(name)), salt: \(quoted(salt)), output_field: \(quoted(output)) }"
    return ChainStep("hash", settings, sets: output, .text, after: name) { table, row in
      let value = row[table.index(name)]
      return value == .null ? .null : .text(PlainHash.sha256(salt + (try PlainTable.shown(value))))
    }
  }
}
