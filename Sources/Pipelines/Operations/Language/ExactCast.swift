import Tabular

/// Casts that lose nothing. They need the function `weir_number`.
package enum ExactCast {
  /// The value in the other type; null where it doesn't fit without loss.
  /// - Parameter formats: For dates and times in text, tried in order before the ISO forms.
  package static func attempt(_ value: SQL, from: DataType, to: DataType, formats: [String] = []) -> SQL {
    if from.isText || from == .numeric { return read(value, as: to, formats) }
    let cast: SQL = "TRY_CAST(\(value) AS \(to))"
    switch (from, to) {
    case (.integer, .boolean), (.decimal, .boolean), (.float32, .boolean), (.float64, .boolean):
      return "CASE \(value) WHEN 0 THEN FALSE WHEN 1 THEN TRUE END"
    case (.float32, .decimal), (.float64, .decimal), (.decimal, .float32), (.decimal, .float64):
      return read("CAST(\(value) AS VARCHAR)", as: to, [])
    case (.float64, .float32): return keep(cast, if: "CAST(CAST(\(cast) AS VARCHAR) AS DOUBLE) = \(value)")
    case (.integer, _) where to.isNumber, (.decimal, _) where to.isNumber, (.float32, .integer), (.float64, .integer):
      return keep(cast, if: "TRY_CAST(\(cast) AS \(from)) = \(value)")
    case (_, .date) where from.isMoment, (.timestamp, .timestamp):
      return keep(cast, if: "TRY_CAST(\(cast) AS \(from)) = \(value)")
    default: return cast
    }
  }

  /// Whether a present value can be read as `to` and nothing of it is lost.
  package static func fits(_ value: SQL, from: DataType, to: DataType) -> SQL {
    "((\(attempt(value, from: from, to: to))) IS NOT NULL)"
  }

  /// Whether a text ends with an offset other than that of UTC.
  static func hasOffset(_ text: SQL) -> SQL { "regexp_matches(\(text), ':\\d+(\\.\\d*)?\\s*[+-][0-9:]*[1-9]')" }

  private static func keep(_ result: SQL, if condition: SQL) -> SQL { "CASE WHEN \(condition) THEN \(result) END" }

  private static func read(_ value: SQL, as type: DataType, _ formats: [String]) -> SQL {
    let text: SQL = "trim(\(value))"
    let number: SQL = "weir_number(\(value))"
    switch type {
    case .text, .numeric, .blob: return "TRY_CAST(\(value) AS \(type))"
    case .integer: return keep("TRY_CAST(\(number) AS \(type))", if: "NOT contains(\(number), '.')")
    case .decimal(_, let scale):
      return keep(
        "TRY_CAST(\(number) AS \(type))",
        if: "NOT contains(\(number), '.') OR length(\(number)) - strpos(\(number), '.') <= \(scale)")
    case .float32, .float64:
      let cast: SQL = "TRY_CAST(\(text) AS \(type))"
      let isSpecial: SQL = "lower(\(text)) IN ('nan', 'inf', '-inf', 'infinity', '-infinity')"
      return keep(cast, if: "\(number) = weir_number(CAST(\(cast) AS VARCHAR)) OR \(isSpecial)")
    case .time where formats.isEmpty:
      return keep(
        "TRY_CAST(\(text) AS TIME)", if: "regexp_full_match(\(text), '\\d+:\\d+(:\\d+(\\.\\d{1,6}0*)?)?')")
    case .date, .timestamp, .timestampTZ:
      guard !formats.isEmpty else { return ISOMoment(text).moment(type) }
      let parsed: SQL = "try_strptime(\(text), [\(formats.map { Literal.text($0) })])"
      let cast: SQL = "TRY_CAST(\(parsed) AS \(type))"
      return """
        CASE WHEN \(parsed) IS NULL THEN \(ISOMoment(text).moment(type)) WHEN \(cast) = \(parsed) THEN \(cast) END
        """
    case .time:
      return "CAST(try_strptime(\(text), [\(formats.map { Literal.text($0) })]) AS TIME)"
    default: return "TRY_CAST(\(text) AS \(type))"
    }
  }
}

/// A date or time in ISO form.
private struct ISOMoment {
  let text: SQL

  init(_ text: SQL) { self.text = text }

  /// Null where the text says more than the type holds, or names a time that doesn't exist.
  func moment(_ type: DataType) -> SQL {
    let local: SQL = "TRY_CAST(\(text) AS TIMESTAMP)"
    let isFiner: SQL = "regexp_matches(\(text), '\\.\\d{6}\\d*[1-9]')"
    switch type {
    case .date:
      let date: SQL = "TRY_CAST(\(text) AS DATE)"
      // There are more dates than timestamps.
      let isPlain: SQL = "regexp_full_match(\(text), '\\d+-\\d+-\\d+( \\(BC\\))?')"
      return """
        CASE WHEN \(isFiner) OR \(ExactCast.hasOffset(text)) THEN NULL \
        WHEN coalesce(TRY_CAST(\(date) AS TIMESTAMP) = \(local), \(isPlain)) THEN \(date) END
        """
    case .timestampTZ:
      // The engine's cast gives a text without a zone that of the row before, so every text gets one of its own.
      return """
        CASE WHEN \(isFiner) THEN NULL \
        WHEN regexp_matches(\(text), '\\s[A-Za-z][^ ()]*$') THEN \(inNamedZone) \
        WHEN regexp_matches(\(text), ':\\d+(\\.\\d*)?\\s*([Zz]|[+-][0-9:]+)$') THEN TRY_CAST(\(text) AS TIMESTAMPTZ) \
        ELSE TRY_CAST(CAST(\(local) AS VARCHAR) || '+00' AS TIMESTAMPTZ) END
        """
    default: return "CASE WHEN NOT (\(isFiner) OR \(ExactCast.hasOffset(text))) THEN TRY_CAST(\(text) AS \(type)) END"
    }
  }

  /// With the name of a zone behind it. An hour that a clock skips in spring isn't what that clock shows at the instant.
  private var inNamedZone: SQL {
    let instant: SQL = "TRY_CAST(\(text) AS TIMESTAMPTZ)"
    let shown: SQL = "timezone(regexp_extract(\(text), '\\S+$'), \(instant))"
    return """
      CASE WHEN \(shown) = TRY_CAST(regexp_replace(\(text), '\\s+\\S+$', '') AS TIMESTAMP) THEN \(instant) END
      """
  }
}
