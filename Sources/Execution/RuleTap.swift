import DuckDB
import Pipelines
import Synchronization
import Tabular

/// Evaluates row rules while rows flow past, and does to each failing row what its rule says (C42).
final class RuleTap: Sendable {
  let step: String
  let rules: [RowRule]
  private let schema: Schema
  private let rejects: RejectSink
  /// Where the operation stands that has the rules, from 0; nil = they stand by themselves.
  let operation: Int?
  private let seen = RowCounter()
  private let failures: [RowCounter]
  /// The column with the names of the rules that flagged a row.
  static let flags = "_weir_flags"
  private let examples: Mutex<[[RejectedRow]]>
  /// Values emptied by each rule.
  private let emptied: [RowCounter]

  init(step: String, rules: [RowRule], schema: Schema, operation: Int? = nil, rejects: RejectSink) {
    self.step = step
    self.rules = rules
    self.schema = schema
    self.operation = operation
    self.rejects = rejects
    failures = rules.map { _ in RowCounter() }
    emptied = rules.map { _ in RowCounter() }
    examples = Mutex(rules.map { _ in [] })
  }

  /// The relation with the rules applied: rows that stay, with nulls and flags where rules ask for them.
  func wrap(_ rows: SQL, as name: String, on connection: Connection) async throws -> SQL {
    try await connection.registerTap(name) { batch, keep in try self.judge(batch, keep) }
    let verdicts = verdicts
    let conditions: [SQL] = zip(rules, verdicts).map { "coalesce(\($0.condition), false) AS \($1)" }
    if looksAround, let taken = schema[name: RuleTest.position] {
      throw Problem(
        "name-taken", "The column \"\(taken.name)\" has a name that this check needs for itself.",
        hint: "Rename it before the check.")
    }
    let place: SQL = "\(name: RuleTest.position)"
    // Looking at other rows mixes them up; numbered before, they come out in their order.
    let numbered: SQL = looksAround ? "SELECT *, row_number() OVER () AS \(place) FROM (\(rows))" : rows
    let order: SQL = looksAround ? " ORDER BY \(place)" : ""
    let judged: SQL = """
      SELECT * FROM (SELECT *, \(conditions) FROM (\(numbered))\(order)) \
      WHERE \(SQL(raw: name))(\(verdicts), \(names: schema.names)\(looksAround ? ", \(place)" : "")) LIMIT 9223372036854775807
      """
    return "SELECT \(columns(verdicts)) FROM (\(judged))"
  }

  /// The columns with what the rules say, called as no column of the rows is.
  private var verdicts: [SQL] {
    var prefix = "__rule_"
    while schema.names.contains(where: { $0.lowercased().hasPrefix(prefix) }) { prefix += "_" }
    return rules.indices.map { "\(name: prefix + String($0))" }
  }

  private var looksAround: Bool { rules.contains(where: \.looksAround) }

  private func columns(_ verdicts: [SQL]) -> [SQL] {
    var list: [SQL] = schema.columns.map { column in
      let places = rules.indices.filter { rules[$0].onFail == .null }.flatMap { index in
        rules[index].columns.filter { $0.root.name == column.name }.map { (path: $0.path, unless: verdicts[index]) }
      }
      guard !places.isEmpty else { return "\(name: column.name)" }
      return "\(NestedRecord.emptying(column, places)) AS \(name: column.name)"
    }
    let flagging = rules.indices.filter { rules[$0].onFail == .flag }
    guard !flagging.isEmpty else { return list }
    var flags: [SQL] = flagging.map { "CASE WHEN NOT \(verdicts[$0]) THEN \(text: rules[$0].name) END" }
    // Rows that were flagged before keep those flags.
    let earlier = schema.columns.firstIndex { $0.name.lowercased() == Self.flags }
    if let earlier { flags.insert("nullif(CAST(\(name: schema.columns[earlier].name) AS VARCHAR), '')", at: 0) }
    let joined: SQL = "nullif(concat_ws(', ', \(flags)), '') AS \(name: Self.flags)"
    if let earlier { list[earlier] = joined } else { list.append(joined) }
    return list
  }

  /// Called on the engine's threads: the first columns are the verdicts, then the row.
  private func judge(_ batch: Batch, _ keep: UnsafeMutableBufferPointer<UInt8>) throws {
    let first = seen.reserve(batch.rowCount)
    for (index, rule) in rules.enumerated() {
      var failed: [RejectedRow] = []
      var kept: [RejectedRow] = []
      var (count, lost) = (0, 0)
      let verdict = batch.columns[index]
      for row in 0..<batch.rowCount where verdict.load(row, as: UInt8.self) == 0 {
        count += 1
        let losses = rule.onFail == .null ? self.losses(to: rule, batch, row) : 0
        lost += losses
        let isKept = rule.onFail == .skip || rule.onFail == .flag || losses > 0
        if isKept || count <= 3 {
          let found = RejectedRow(
            position: "row \(place(of: row, in: batch) ?? first + row + 1)", original: original(batch, row),
            rule: rule.name, reason: rule.reason, value: count <= 3 ? values(of: rule, batch, row) : nil)
          if count <= 3 { failed.append(found) }
          if isKept { kept.append(found) }
        }
        if rule.onFail == .skip { keep[row] = 0 }
      }
      guard count > 0 else { continue }
      failures[index].add(count)
      emptied[index].add(lost)
      examples.withLock { $0[index] += failed.prefix(max(0, 3 - $0[index].count)) }
      if rule.onFail == .skip || rule.onFail == .flag || lost > 0 { try rejects.append(kept, like: letter(rule)) }
    }
  }

  private func letter(_ rule: RowRule) -> DeadLetter {
    var letter = DeadLetter(in: step)
    letter.operation = operation
    letter.isFlagged = rule.onFail == .flag ? true : nil
    letter.isEmptied = rule.onFail == .null ? true : nil
    return letter
  }

  /// How many values of a row the rule empties: those that aren't empty anyway.
  private func losses(to rule: RowRule, _ batch: Batch, _ row: Int) -> Int {
    rule.columns.count { field in value(of: field, batch, row) != .null }
  }

  /// What `field` leads to; inside JSON text, the text.
  private func value(of field: FieldAccess, _ batch: Batch, _ row: Int) -> Value {
    guard let index = schema.names.firstIndex(of: field.root.name) else { return .null }
    var value = batch.columns[rules.count + index].value(row)
    for part in field.path {
      guard case .structure(let fields) = value else { break }
      value = fields.first { $0.name == part }?.value ?? .null
    }
    return plain(value)
  }

  private func place(of row: Int, in batch: Batch) -> Int? {
    guard looksAround, case .integer(let place) = batch.columns[rules.count + schema.columns.count].value(row) else {
      return nil
    }
    return Int(place)
  }

  private func original(_ batch: Batch, _ row: Int) -> String {
    Value.structure(
      schema.columns.enumerated().map { (name: $1.name, value: plain(batch.columns[rules.count + $0].value(row))) }
    ).jsonText
  }

  /// The values the rule is about.
  private func values(of rule: RowRule, _ batch: Batch, _ row: Int) -> String? {
    let values = rule.columns.map { (name: $0.name, value: value(of: $0, batch, row)) }
    return values.count == 1 ? values[0].value.jsonText : values.isEmpty ? nil : Value.structure(values).jsonText
  }

  /// Whole numbers may have come by way of a double; they are written as they stood.
  private func plain(_ value: Value) -> Value {
    guard case .float(let number) = value, let whole = Int64(exactly: number), abs(whole) < 1 << 53 else {
      return value
    }
    return .integer(Int128(whole))
  }

  /// What was found; to be asked when the rows have flowed.
  func outcomes() -> [CheckOutcome] {
    let found = examples.withLock { $0 }
    return rules.indices.map { index in
      var outcome = CheckOutcome(
        rule: rules[index].name, words: rules[index].words, onFail: rules[index].onFail.rawValue,
        passed: failures[index].rows == 0, rows: seen.rows, failedRows: failures[index].rows, observed: nil,
        examples: found[index])
      outcome.columns = rules[index].columns.map(\.name)
      outcome.emptiedValues = rules[index].onFail == .null ? emptied[index].rows : nil
      outcome.place = operation ?? rules[index].place
      return outcome
    }
  }

  /// Rows that have broken a rule so far.
  var failedRows: Int { failures.reduce(0) { $0 + $1.rows } }

  /// Begins another attempt.
  func reset() {
    seen.reset()
    (failures + emptied).forEach { $0.reset() }
    examples.withLock { $0 = rules.map { _ in [] } }
  }
}
