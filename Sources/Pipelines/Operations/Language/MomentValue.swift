import Tabular

/// A value read as a date or time.
enum MomentValue {
  /// Text in ISO form is read; a text that is no time that exists ends the query.
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
    let time: SQL = "TRY_CAST(\(access.sql) AS TIMESTAMP)"
    let refusal = refusal(access, "is no date or time that exists", of: operation, at: location)
    return "CASE WHEN \(access.sql) IS NOT NULL THEN coalesce(\(time), CAST(\(refusal) AS TIMESTAMP)) END"
  }

  /// SQL that ends the query, showing the value.
  static func refusal(_ access: FieldAccess, _ reason: SQL, of operation: String, at location: Location) -> SQL {
    Refusal.saying(
      "\(Literal.text("\"\(operation)\" of column \"\(access.root.name)\": \"")) || CAST(\(access.sql) AS VARCHAR) || '\" \(reason).'",
      at: location)
  }
}
