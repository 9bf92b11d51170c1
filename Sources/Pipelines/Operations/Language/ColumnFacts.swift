import Tabular

/// What can be told of a relation's columns in one pass over its rows, without keeping them: one row for each column.
///
/// `column`, `type`, `rows`, `nulls`, `distinct` (exact up to 100, else estimated), `min`, `max`, `mean`, `q25`, `median`, `q75`
/// (estimated), `shortest` and `longest` text in characters, `top` and `patterns` (the most frequent values and shapes, first the most
/// frequent).
package enum ColumnFacts {
  /// Longer values are cut to so many characters.
  package static let shownLength = 80
  /// Up to so many distinct values are counted exactly.
  package static let counted = 100

  /// - Parameter top: how many values and shapes.
  package static func select(of columns: [Column], from relation: SQL, top: Int) -> SQL {
    let facts = columns.map { "{\(fields(of: $0, top), separator: ", ")}" as SQL }
    return "SELECT unnest([\(facts)], recursive := true) FROM \(relation)"
  }

  private static func fields(_ pairs: [(String, SQL)]) -> [SQL] { pairs.map { "\(text: $0): \($1)" } }

  private static func fields(of column: Column, _ top: Int) -> [SQL] {
    let value: SQL = "\(name: column.name)"
    let kind = Kind(column.type)
    let most: SQL = "approx_top_k(\(value), \(counted + 1))"
    let distinct: SQL =
      "CASE WHEN count(\(value)) = 0 THEN 0 WHEN len(\(most)) <= \(counted) THEN len(\(most)) ELSE approx_count_distinct(\(value)) END"
    func cut(_ text: SQL) -> SQL { "left(CAST(\(text) AS VARCHAR), \(shownLength))" }
    func quantile(_ share: SQL) -> SQL {
      kind.hasQuantiles ? cut("approx_quantile(\(value), \(share))") : "CAST(NULL AS VARCHAR)"
    }
    let number: SQL = "CAST(\(value) AS DOUBLE)"
    let length: SQL = "length(\(value))"
    let none: SQL = "CAST(NULL AS VARCHAR[])"
    return fields([
      ("column", "\(text: column.name)"), ("type", "\(text: column.type.description)"), ("rows", "count(*)"),
      ("nulls", "count(*) - count(\(value))"),
      ("distinct", kind == .opaque ? "CAST(NULL AS BIGINT)" : "CAST(\(distinct) AS BIGINT)"),
      ("min", kind == .opaque ? "CAST(NULL AS VARCHAR)" : cut("min(\(value))")),
      ("max", kind == .opaque ? "CAST(NULL AS VARCHAR)" : cut("max(\(value))")),
      ("mean", kind == .number ? "avg(\(number)) FILTER (isfinite(\(number)))" : "CAST(NULL AS DOUBLE)"),
      ("q25", quantile("0.25")), ("median", quantile("0.5")), ("q75", quantile("0.75")),
      ("shortest", kind == .text ? "min(\(length))" : "CAST(NULL AS BIGINT)"),
      ("longest", kind == .text ? "max(\(length))" : "CAST(NULL AS BIGINT)"),
      ("top", kind == .opaque ? none : "CAST(\(most) AS VARCHAR[])[1:\(top)]"),
      ("patterns", kind == .text ? "approx_top_k(weir_pattern(\(value)), \(top))" : none),
    ])
  }

  /// Which facts a type has.
  private enum Kind {
    case number, moment, text, plain, opaque

    var hasQuantiles: Bool { self == .number || self == .moment }

    init(_ type: DataType) {
      switch type {
      case .integer, .decimal, .float32, .float64: self = .number
      case .date, .time, .timestamp, .timestampTZ: self = .moment
      case .text, .numeric: self = .text
      case .boolean, .uuid, .enumeration: self = .plain
      case .json, .blob, .bit, .timeTZ, .interval, .list, .array, .structure, .map, .null, .other: self = .opaque
      }
    }
  }
}
