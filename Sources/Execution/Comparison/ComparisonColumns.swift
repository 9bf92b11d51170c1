import Pipelines
import Tabular

/// A column that both sides have.
struct ComparedColumn: Sendable {
  var a: Column
  var b: Column
  var types: TypeComparison

  init(_ a: Column, _ b: Column) {
    self.a = a
    self.b = b
    types = TypeComparison(a.type, b.type)
  }

  /// Its name, as A spells it.
  var name: String { a.name }
  var form: ComparisonForm { types.form }
  var isFloat: Bool { [a.type, b.type].contains { $0 == .float32 || $0 == .float64 } }
}

/// Which columns of two relations are compared with which, the key first.
struct ComparisonColumns: Sendable {
  private(set) var all: [ComparedColumn] = []
  private(set) var key = 0
  private(set) var onlyInA: [String] = []
  private(set) var onlyInB: [String] = []

  /// - Parameter knownKey: what discovery says of either side, for a request that names no key.
  /// - Throws: `Problems`: `unknown-column`, `missing-key`, `incomparable-key`, `nothing-in-common`.
  init(_ a: Schema, _ b: Schema, _ options: ComparisonOptions, knownKey: [String]) throws(Problems) {
    var problems: [Problem] = []
    let names = Array(Set(a.names + b.names)).sorted()
    for name in options.key + (options.columns ?? []) + options.exclude
    where a[name: name] == nil && b[name: name] == nil {
      let near = Nearest.hint(name, among: names)
      problems.append(
        Problem("unknown-column", "Neither side has a column \"\(name)\".", hint: near ?? ComparisonColumns.list(names))
      )
    }
    guard problems.isEmpty else { throw Problems(problems) }
    let common = a.columns.compactMap { left in b[name: left.name].map { ComparedColumn(left, $0) } }
    guard !common.isEmpty else {
      throw Problems([
        Problem(
          "nothing-in-common", "The two have no column of the same name.",
          hint:
            "A has \(a.names.joined(separator: ", ")); B has \(b.names.joined(separator: ", ")). Rename some with a query."
        )
      ])
    }
    let wanted = options.key.isEmpty ? knownKey : options.key
    guard !wanted.isEmpty else { throw Problems([ComparisonColumns.missingKey(common)]) }
    let keys = try ComparisonColumns.keys(wanted, common, a, b)
    func isNamed(_ column: ComparedColumn, in list: [String]) -> Bool {
      list.contains { $0.lowercased() == column.a.name.lowercased() || $0.lowercased() == column.b.name.lowercased() }
    }
    let others = common.filter { column in
      !keys.contains { $0.name == column.name } && !isNamed(column, in: options.exclude)
        && options.columns.map { isNamed(column, in: $0) } != false
    }
    all = keys + others
    key = keys.count
    func only(_ schema: Schema, _ other: Schema) -> [String] {
      schema.names.filter { name in
        func named(_ list: [String]) -> Bool { list.contains { $0.lowercased() == name.lowercased() } }
        return other[name: name] == nil && !named(options.exclude) && options.columns.map(named) != false
      }
    }
    onlyInA = only(a, b)
    onlyInB = only(b, a)
  }

  private static func keys(
    _ wanted: [String], _ common: [ComparedColumn], _ a: Schema, _ b: Schema
  ) throws(Problems) -> [ComparedColumn] {
    var problems: [Problem] = []
    var keys: [ComparedColumn] = []
    for name in wanted {
      guard let column = common.first(where: { $0.a.name == a[name: name]?.name && $0.b.name == b[name: name]?.name })
      else {
        problems.append(
          Problem(
            "unknown-column", "The key's column \"\(name)\" is only on side \(a[name: name] == nil ? "B" : "A").",
            hint: "A key stands on both sides. Both have \(common.map(\.name).joined(separator: ", "))."))
        continue
      }
      if !column.types.isComparable || isNested(column.a.type) || isNested(column.b.type) {
        problems.append(
          Problem(
            "incomparable-key",
            "The key's column \"\(name)\" is \(column.a.type) in A and \(column.b.type) in B, which can't be matched.",
            hint: "Choose another key, or cast it in a query on one side."))
      }
      keys.append(column)
    }
    guard problems.isEmpty else { throw Problems(problems) }
    return keys
  }

  private static func isNested(_ type: DataType) -> Bool {
    switch type {
    case .structure, .map, .list, .array, .json, .other: true
    default: false
    }
  }

  private static func missingKey(_ common: [ComparedColumn]) -> Problem {
    let candidates = common.filter { !isNested($0.a.type) && !$0.isFloat && $0.types.isComparable }.map(\.name)
    func rank(_ name: String) -> Int {
      let name = name.lowercased()
      if ["id", "uuid", "key", "pk"].contains(name) { return 0 }
      if ["id", "uuid", "key"].contains(where: { name.hasSuffix($0) }) { return 1 }
      return ["code", "number", "no", "email", "sku", "name"].contains { name.hasSuffix($0) } ? 2 : 3
    }
    let likely = candidates.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }.map(
      \.element
    ).prefix(5)
    return Problem(
      "missing-key", "Neither side says which columns identify a row.",
      hint: "Say it with --key \(likely.first ?? "id"). Likely are: \(likely.joined(separator: ", ")).")
  }

  private static func list(_ names: [String]) -> String { "There are \(names.prefix(20).joined(separator: ", "))." }

  /// Whether each system can hash its rows alike, so that only those that differ need to be read.
  var isHashable: Bool { all.allSatisfy(\.types.isHashable) }

  /// The first column of the key whose ranges can be segments.
  var range: Int? {
    (0..<key).first { all[$0].form == .typed(.int64) && isWhole(all[$0].a.type) && isWhole(all[$0].b.type) }
  }

  private func isWhole(_ type: DataType) -> Bool { if case .integer = type { true } else { false } }

  func layout(_ side: KeyPath<ComparedColumn, Column>) -> HashLayout {
    HashLayout(all.map { .init($0[keyPath: side].name, $0.form) }, key: key, range: range)
  }

  var typeDifferences: [ComparisonReport.TypeDifference] {
    all.filter { $0.a.type != $0.b.type }.map { column in
      let form =
        switch column.form {
        case .typed(let type): type.name
        case .digits: "number"
        case .text: "text"
        case .json: "JSON"
        }
      return .init(column: column.name, a: column.a.type.name, b: column.b.type.name, comparedAs: form)
    }
  }
}

extension DataType {
  /// The type as people call it; exact numbers carried as text are still numbers.
  fileprivate var name: String { self == .numeric ? "NUMERIC" : description }
}

extension ComparisonForm {
  /// A value of the engine brought into this form.
  /// - Parameter isHashed: in the form whose bytes are hashed, where JSON keeps its spaces.
  func sql(_ value: SQL, of source: DataType, isHashed: Bool = false) -> SQL {
    let text: SQL = source == .text || source == .numeric ? value : "CAST(\(value) AS VARCHAR)"
    switch self {
    case .typed(let type): return type == source ? value : type == .text ? text : "CAST(\(value) AS \(type))"
    case .text: return text
    case .json:
      return isHashed ? text : "CASE WHEN json_valid(\(value)) THEN CAST(json(\(value)) AS VARCHAR) ELSE \(text) END"
    case .digits:
      guard source == .text else { return ComparisonForm.trimmed(text) }
      // Without a sign +, without zeros before the first digit.
      let plain: SQL = "regexp_replace(\(text), '^[+]?(-?)0*([0-9])', '\\1\\2')"
      return
        "CASE WHEN regexp_full_match(\(text), '[-+]?[0-9]+([.][0-9]+)?') THEN \(ComparisonForm.trimmed(plain)) ELSE \(text) END"
    }
  }

  private static func trimmed(_ text: SQL) -> SQL {
    """
    CASE WHEN regexp_full_match(\(text), '-0([.]0*)?') THEN '0' WHEN strpos(\(text), '.') = 0 THEN \(text) \
    ELSE rtrim(rtrim(\(text), '0'), '.') END
    """
  }
}
