import Tabular

/// Values of a column as pipeline files write them (`jan`, `1`, `2.50`, `2025-01-31`).
enum ValueMatch {
  /// SQL that is true for rows whose value is `written`, compared as values of the column's type; null where the value is empty.
  /// - Throws: `wrong-type` if no value of the column can be equal to it.
  static func sql(
    _ access: FieldAccess, of field: FieldName, equals written: String, at location: Location
  ) throws(Problem) -> SQL {
    let value = Setting(.text(written), at: location)
    let type = access.type
    if type == .numeric {
      return "(TRY_CAST(\(access.sql) AS DOUBLE) = \(try Literal.comparable(value, with: .float64, field: field)))"
    }
    if type.isNumber || type == .boolean || type.isMoment {
      return "(\(access.sql) = \(try Literal.comparable(value, with: type, field: field)))"
    }
    let text: SQL = type == .text ? access.sql : "CAST(\(access.sql) AS VARCHAR)"
    return "(\(text) = \(Literal.text(written)))"
  }
}
