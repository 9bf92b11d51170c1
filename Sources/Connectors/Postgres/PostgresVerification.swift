import Pipelines
import Tabular

/// The fingerprint of rows in a table, computed by the server in one pass: the same facts as `FingerprintAccumulator` takes.
struct PostgresVerification {
  var columns: [Column]
  var table: SQL
  /// Which rows of the table; nil = all.
  var condition: SQL?
  var level: VerifyLevel
  var sample: SampleRule?
  /// Types values are cast to before they are compared, by column.
  var comparedAs: [String: String]

  /// - Parameter landing: the columns as the table names them, with the types they landed as.
  init(
    _ landing: Schema, in table: SQL, where condition: SQL? = nil, comparedAs: [String: String] = [:],
    level: VerifyLevel
  ) {
    columns = landing.columns
    self.table = table
    self.condition = condition
    self.level = level
    self.comparedAs = comparedAs
    sample = SampleRule(for: landing)
  }

  /// Columns asked for in one query: a row of a result can't be wider than 1,664 values.
  private static let columnsAtOnce = 300

  func fingerprint(on connection: PostgresConnection) throws(Problem) -> Fingerprint {
    guard level == .columns || level == .full else {
      return Fingerprint(rows: Int(try connection.value("SELECT count(*)\(rows)") ?? "") ?? 0)
    }
    var result = Fingerprint(rows: 0)
    var start = 0
    repeat {
      let part = columns[start..<min(columns.count, start + PostgresVerification.columnsAtOnce)]
      let hash: [SQL] = start == 0 ? hashFacts : []
      let facts: [SQL] = ["count(*)"] + hash + part.flatMap(facts)
      var values = (try connection.rows("SELECT \(facts)\(rows)").first ?? [])[...]
      result.rows = values.popFirst().flatMap { $0 }.flatMap { Int($0) } ?? 0
      if !hash.isEmpty {
        result.hashedRows = values.popFirst().flatMap { $0 }.flatMap { Int($0) } ?? 0
        result.hash = (values.popFirst() ?? nil) ?? "0"
      }
      for column in part { result.columns.append(print(column, rows: result.rows, &values)) }
      start += PostgresVerification.columnsAtOnce
    } while start < columns.count
    return result
  }

  private var rows: SQL { condition.map { " FROM \(table) WHERE \($0)" } ?? " FROM \(table)" }

  private func value(_ column: Column) -> SQL {
    comparedAs[column.name].map { "\(name: column.name)::\(SQL(raw: $0))" } ?? "\(name: column.name)"
  }

  private enum Kind { case number, float, date, timestamp, text, other }

  private func kind(_ type: DataType) -> Kind {
    switch type {
    case .integer, .decimal: .number
    case .float32, .float64: .float
    case .date: .date
    case .timestamp, .timestampTZ: .timestamp
    case .text, .json, .blob: .text
    default: .other
    }
  }

  private func facts(_ column: Column) -> [SQL] {
    let name = value(column)
    func ends(_ send: SQL) -> [SQL] {
      ["encode(\(send)(min(\(name))), 'hex')", "encode(\(send)(max(\(name))), 'hex')"]
    }
    let more: [SQL] =
      switch kind(column.type) {
      case .number: ["sum(\(name))", "min(\(name))", "max(\(name))"]
      case .float: column.type == .float32 ? ends("float4send") : ends("float8send")
      case .date: ends("date_send")
      case .timestamp: column.type == .timestampTZ ? ends("timestamptz_send") : ends("timestamp_send")
      case .text: column.type == .json ? ["sum(octet_length(\(name)::text))"] : ["sum(octet_length(\(name)))"]
      case .other: []
      }
    return ["count(\(name))"] + more
  }

  private func print(_ column: Column, rows: Int, _ values: inout ArraySlice<String?>) -> Fingerprint.ColumnPrint {
    func next() -> String? { values.popFirst() ?? nil }
    var print = Fingerprint.ColumnPrint(name: column.name, nulls: rows - (next().flatMap { Int($0) } ?? 0))
    switch kind(column.type) {
    case .number:
      print.sum = next().map(CanonicalText.number)
      print.smallest = next().map(CanonicalText.number)
      print.largest = next().map(CanonicalText.number)
    case .float:
      func text(_ hex: String) -> String {
        let bits = UInt64(hex, radix: 16) ?? 0
        let value =
          column.type == .float32
          ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))) : Double(bitPattern: bits)
        return value.isNaN ? "nan" : CanonicalText.float(value)
      }
      print.smallest = next().map(text)
      print.largest = next().map(text)
    case .date:
      func text(_ hex: String) -> String {
        let days = Int32(bitPattern: UInt32(hex, radix: 16) ?? 0)
        return CanonicalText.date(days == .max ? .max : days == .min ? -.max : days &+ Canonical.epochDays)
      }
      print.smallest = next().map(text)
      print.largest = next().map(text)
    case .timestamp:
      func text(_ hex: String) -> String {
        let micros = Int64(bitPattern: UInt64(hex, radix: 16) ?? 0)
        return CanonicalText.timestamp(micros == .max || micros == .min ? micros : micros &+ Canonical.epochMicros)
      }
      print.smallest = next().map(text)
      print.largest = next().map(text)
    case .text: print.length = next().flatMap { Int($0) } ?? 0
    case .other: break
    }
    return print
  }

  /// How many rows are hashed, and the sum of their hashes.
  private var hashFacts: [SQL] {
    guard level == .full || sample != nil else { return [] }
    let pieces = columns.compactMap { column -> SQL? in
      Canonical(column.type) == nil ? nil : PostgresCanonical.field(value(column), column.type)
    }
    guard !pieces.isEmpty else { return ["count(*)", "0"] }
    let hash: SQL = "sum(\(PostgresCanonical.hash(pieces)))"
    guard level == .columns, let sample else { return ["count(*)", hash] }
    let chosen = condition(sample, columns[sample.column])
    return ["count(*) FILTER (WHERE \(chosen))", "\(hash) FILTER (WHERE \(chosen))"]
  }

  private func condition(_ sample: SampleRule, _ column: Column) -> SQL {
    let name = value(column)
    func chosen(_ number: SQL) -> SQL {
      "mod(\(number), \(SampleRule.modulus)) IN (\(sample.remainder), \(sample.remainder - SampleRule.modulus))"
    }
    switch column.type {
    case .date:
      return "isfinite(\(name)) AND " + chosen("CASE WHEN isfinite(\(name)) THEN \(name) - DATE '1970-01-01' END")
    case .timestamp, .timestampTZ:
      let micros: SQL =
        "('x' || encode(\(PostgresCanonical.bytes(name, column.type)), 'hex'))::bit(64)::bigint + \(Int(Canonical.epochMicros))"
      return chosen("CASE WHEN isfinite(\(name)) THEN \(micros) END")
    default: return chosen(name)
    }
  }
}

extension SQL {
  static func + (left: SQL, right: SQL) -> SQL { "\(left)\(right)" }
}
