import Pipelines
import Tabular

/// A column of a read: what it is in PostgreSQL and what it becomes.
struct PostgresReadColumn: Sendable {
  /// How a value's bytes become the engine's.
  enum Decoding: Sendable {
    case boolean, int16, int32, int64, float32, float64, text, bytes, uuid, date, time, timeTZ, timestamp, interval, bit
    /// JSON behind a version byte.
    case jsonb
    case decimal(precision: Int, scale: Int)
    case numericText
    indirect case list(Decoding)
  }

  var name: String
  var type: DataType
  var decoding: Decoding
  var isNullable = true
  /// The type in PostgreSQL's words, where `type` says less.
  var native: NativeType?
  /// Sent as text because its own binary form means nothing elsewhere.
  var isCastToText = false
  /// An array of such values, sent as `text[]`.
  var isCastToTextArray = false
  /// `character(n)`, which its own cast to text would shorten.
  var isPadded = false
  /// Whether its binary form is the canonical one of `type`.
  var isCanonical = true

  /// What stands in the SELECT list.
  var expression: SQL {
    if isCastToText { return "\(name: name)::text" }
    return isCastToTextArray ? "\(name: name)::text[]" : "\(name: name)"
  }

  /// The columns of a query's result.
  /// - Parameter dimensions: of array columns, by name, where the catalog knows them.
  static func columns(
    of query: SQL, dimensions: [String: Int], on connection: PostgresConnection
  ) throws(Problem) -> [PostgresReadColumn] {
    let described = try connection.describe(query)
    let oids = Set(described.map(\.oid)).map { oid -> SQL in "\(Int(oid))" }
    guard !oids.isEmpty else { return [] }
    let types = try connection.rows(
      """
      SELECT t.oid, t.typname, t.typtype, e.typname, e.typtype FROM pg_type t \
      LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' WHERE t.oid IN (\(oids))
      """)
    let shapes = described.map { column -> SQL in "(\(Int(column.oid))::oid, \(column.modifier))" }
    let names = try connection.rows("SELECT format_type(o, m) FROM (VALUES \(shapes)) AS w (o, m)")
    return zip(described, names).map { column, words in
      let row = types.first { $0[0] == String(column.oid) } ?? []
      var result =
        row.count < 5 || row[3] == nil
        ? scalar(
          row.count < 5 ? "" : row[1] ?? "", kind: row.count < 5 ? "b" : row[2] ?? "b", modifier: column.modifier)
        : array(row[3] ?? "", kind: row[4] ?? "b", modifier: column.modifier, dimensions: dimensions[column.name] ?? 1)
      result.name = column.name
      if let words = words[0], words != PostgresTypes.landing(of: result.type)?.staged {
        result.native = NativeType(system: Postgres.manifest.id, name: words)
      }
      return result
    }
  }

  private static func array(_ element: String, kind: String, modifier: Int, dimensions: Int) -> PostgresReadColumn {
    var inner = scalar(element, kind: kind, modifier: modifier)
    let isCast = inner.isCastToText || !inner.isCanonical || element == "varchar" || element == "bpchar" || kind == "e"
    if isCast { inner = scalar("text", kind: "b", modifier: -1) }
    var result = PostgresReadColumn(name: "", type: inner.type, decoding: inner.decoding)
    for _ in 0..<max(1, dimensions) {
      result.type = .list(result.type)
      result.decoding = .list(result.decoding)
    }
    result.isCastToTextArray = isCast
    return result
  }

  private static func scalar(_ type: String, kind: String, modifier: Int) -> PostgresReadColumn {
    func make(_ type: DataType, _ decoding: Decoding) -> PostgresReadColumn {
      PostgresReadColumn(name: "", type: type, decoding: decoding)
    }
    switch type {
    case "bool": return make(.boolean, .boolean)
    case "int2": return make(.int16, .int16)
    case "int4": return make(.int32, .int32)
    case "int8": return make(.int64, .int64)
    case "float4": return make(.float32, .float32)
    case "float8": return make(.float64, .float64)
    case "numeric":
      // The modifier holds the precision above, the scale (11 bits, signed) below, plus 4.
      let precision = (modifier - 4) >> 16 & 0xffff
      let scale = ((modifier - 4) & 0x7ff ^ 1024) - 1024
      let digits = scale < 0 ? precision - scale : max(precision, scale)
      guard modifier >= 4, digits <= 38 else { return make(.numeric, .numericText) }
      let places = max(scale, 0)
      return make(.decimal(precision: digits, scale: places), .decimal(precision: digits, scale: places))
    case "text", "varchar", "name", "citext": return make(.text, .text)
    case "bpchar":
      var column = make(.text, .text)
      column.isPadded = true
      return column
    case "json": return make(.json, .text)
    case "jsonb":
      var column = make(.json, .jsonb)
      column.isCanonical = false
      return column
    case "bytea": return make(.blob, .bytes)
    case "uuid": return make(.uuid, .uuid)
    case "date": return make(.date, .date)
    case "time": return make(.time, .time)
    case "timetz": return make(.timeTZ, .timeTZ)
    case "timestamp": return make(.timestampMicros, .timestamp)
    case "timestamptz": return make(.timestampTZ, .timestamp)
    case "interval": return make(.interval, .interval)
    case "bit", "varbit": return make(.bit, .bit)
    default:
      if kind == "e" { return make(.text, .text) }
      var column = make(.text, .text)
      column.isCastToText = true
      return column
    }
  }
}
