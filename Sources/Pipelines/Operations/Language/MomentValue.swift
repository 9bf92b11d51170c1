import Tabular

/// A value read as a date or time.
enum MomentValue {
  /// Text in ISO form is read; a text that is no time that exists, or has an offset other than UTC's, ends the query.
  /// - Parameter operation: the name to say in messages.
  /// - Throws: `wrong-type` for numbers and the like.
  static func sql(
    _ access: FieldAccess, _ field: FieldName, of operation: String, at location: Location
  ) throws(Problem) -> SQL {
    if access.type.isMoment || access.type.isUnknown { return access.sql }
    guard access.type.isText else {
      throw Problem(
        "wrong-type", "\"\(operation)\" needs a date or time; column \"\(field.name)\" is \(access.type.inWords).",
        at: field.location)
    }
    let time: SQL = "CASE WHEN NOT \(ExactCast.hasOffset(access.sql)) THEN TRY_CAST(\(access.sql) AS TIMESTAMP) END"
    let refusal: SQL = """
      CASE WHEN \(ExactCast.hasOffset(access.sql)) \
      THEN \(refusal(access, "has an offset; cast the column to timestamptz first", of: operation, at: location)) \
      ELSE \(refusal(access, "is no date or time that exists", of: operation, at: location)) END
      """
    return "CASE WHEN \(access.sql) IS NOT NULL THEN coalesce(\(time), CAST(\(refusal) AS TIMESTAMP)) END"
  }

  /// SQL that ends the query, showing the value.
  static func refusal(_ access: FieldAccess, _ reason: SQL, of operation: String, at location: Location) -> SQL {
    Refusal.saying(
      "\(Literal.text("\"\(operation)\" of column \"\(access.root.name)\": \"")) || CAST(\(access.sql) AS VARCHAR) || '\" \(reason).'",
      at: location)
  }
}
