import Pipelines
import Tabular

/// Which types of PostgreSQL hold which types of Weir without losing anything.
enum PostgresTypes {
  /// How values of a column land.
  struct Fit: Hashable {
    /// What rows are cast to before they land.
    var landing: DataType
    /// The type they are staged as; its binary form is the landing type's canonical one.
    var staged: String
    /// The target's own type, if staged values must be cast to it.
    var castTo: String?
    /// What values must keep to; nil = every value of `landing` gets into the column.
    var limit: ValueLimit?
    /// The column's type in words, where it says more than `staged`.
    var target: String?

    /// The type whose binary form staged values have.
    var wire: String {
      if staged.hasPrefix("character varying") { return "text" }
      return landing == .numeric ? "numeric" : staged
    }

    /// The type values are sent as.
    var stored: DataType { limit?.stored(landing) ?? landing }
    /// What staged values are cast to before they are compared with those that were sent.
    var comparedAs: String? {
      let isLooser = if case .decimal = landing { staged == "numeric" } else { false }
      return castTo == nil && (limit?.changesForm == true || isLooser)
        ? PostgresTypes.landing(of: landing)?.staged : nil
    }
  }

  /// The type a new column gets; nil = there is none.
  static func landing(of type: DataType) -> Fit? {
    switch type {
    case .boolean: Fit(landing: type, staged: "boolean")
    case .integer(let bits, let signed):
      switch (bits, signed) {
      case (8, _), (16, true): Fit(landing: type, staged: "smallint")
      case (16, false), (32, true): Fit(landing: type, staged: "integer")
      case (32, false), (64, true): Fit(landing: type, staged: "bigint")
      case (64, false): Fit(landing: type, staged: "numeric(20,0)")
      default: Fit(landing: type, staged: "numeric(39,0)")
      }
    case .decimal(let precision, let scale): Fit(landing: type, staged: "numeric(\(precision),\(scale))")
    case .numeric: Fit(landing: type, staged: "numeric")
    case .float32: Fit(landing: type, staged: "real")
    case .float64: Fit(landing: type, staged: "double precision")
    case .text: Fit(landing: type, staged: "text")
    case .enumeration, .null: Fit(landing: .text, staged: "text")
    case .json: Fit(landing: type, staged: "json")
    case .structure, .map: Fit(landing: .json, staged: "json")
    case .blob: Fit(landing: type, staged: "bytea")
    case .uuid: Fit(landing: type, staged: "uuid")
    case .bit: Fit(landing: type, staged: "bit varying")
    case .date: Fit(landing: type, staged: "date")
    case .time: Fit(landing: type, staged: "time")
    case .timeTZ: Fit(landing: type, staged: "time with time zone")
    case .timestamp: Fit(landing: type, staged: "timestamp")
    case .timestampTZ: Fit(landing: type, staged: "timestamp with time zone")
    case .interval: Fit(landing: type, staged: "interval")
    case .list(let element), .array(let element, _): landingOfList(element, type)
    case .other: nil
    }
  }

  private static func landingOfList(_ element: DataType, _ type: DataType) -> Fit? {
    guard let inner = landing(of: element) else { return nil }
    if inner.landing == .json, element != .json { return Fit(landing: .json, staged: "json") }
    let base = inner.staged.hasSuffix("[]") ? String(inner.staged.dropLast(2)) : inner.staged
    let whole: DataType =
      if case .array(_, let count) = type { .array(inner.landing, count: count) } else { .list(inner.landing) }
    return Fit(landing: whole, staged: base + "[]")
  }

  /// How values of `type` get into an existing column, each checked where the column is narrower; nil = not without loss.
  static func fit(_ type: DataType, into column: PostgresTable.TableColumn) -> Fit? {
    exactFit(type, into: column) ?? limitedFit(type, into: column)
  }

  private static func exactFit(_ type: DataType, into column: PostgresTable.TableColumn) -> Fit? {
    guard let natural = landing(of: type) else { return nil }
    func land(_ landing: DataType, _ staged: String) -> Fit { Fit(landing: landing, staged: staged, castTo: nil) }
    let whole = wholeDigits(type)
    if column.type.hasPrefix("time") || column.type == "interval", (0..<6).contains(column.modifier), type != .date {
      return nil
    }
    switch column.type {
    case "bool": return type == .boolean ? natural : nil
    case "int2": return natural.staged == "smallint" ? land(.int16, "smallint") : nil
    case "int4": return natural.staged == "smallint" || natural.staged == "integer" ? land(.int32, "integer") : nil
    case "int8": return ["smallint", "integer", "bigint"].contains(natural.staged) ? land(.int64, "bigint") : nil
    case "numeric" where column.modifier < 4:
      if type == .numeric { return natural }
      if type == .text { return cast(.text, "text", column) }
      return whole.map { land(.decimal(precision: min(38, max($0, 1)), scale: 0), "numeric") }
        ?? (isDecimal(type) ? Fit(landing: type, staged: "numeric") : nil)
    case "numeric":
      let (precision, scale) = ((column.modifier - 4) >> 16 & 0xffff, (column.modifier - 4) & 0x7ff)
      let places = min(scale, 38)
      if let whole { return whole <= precision - scale && whole + places <= 38 ? decimal(whole, places, column) : nil }
      guard case .decimal(let p, let s) = type, p - s <= precision - scale, s <= scale, p - s + places <= 38 else {
        return nil
      }
      return decimal(p - s, places, column)
    case "float4": return type == .float32 || (whole ?? 99) <= 5 ? land(.float32, "real") : nil
    case "float8":
      return type == .float32 || type == .float64 || (whole ?? 99) <= 10 ? land(.float64, "double precision") : nil
    case "text", "varchar": return isPlain(type) ? shortened(land(.text, "text"), column) : nil
    case "bpchar": return isText(type) ? shortened(cast(.text, "text", column), column) : nil
    case "name", "citext", "xml", "inet", "cidr", "macaddr", "macaddr8", "money", "tsvector", "ltree":
      return isText(type) ? cast(.text, "text", column) : nil
    case "json": return natural.landing == .json || isText(type) ? land(.json, "json") : nil
    case "jsonb": return natural.landing == .json || isText(type) ? cast(.json, "json", column) : nil
    case "bytea": return type == .blob ? natural : nil
    case "uuid": return type == .uuid || type == .text ? land(.uuid, "uuid") : nil
    case "date": return type == .date ? natural : nil
    case "time": return type == .time ? natural : nil
    case "timetz": return type == .timeTZ ? natural : nil
    case "timestamp":
      if type == .date { return land(.timestampMicros, "timestamp") }
      if case .timestamp = type { return natural } else { return nil }
    case "timestamptz": return type == .timestampTZ ? natural : nil
    case "interval": return type == .interval ? natural : nil
    case "varbit", "bit": return type == .bit ? cast(.bit, "bit varying", column) : nil
    default:
      if column.kind == "e" || column.kind == "r" || column.kind == "m" {
        return isText(type) ? cast(.text, "text", column) : nil
      }
      if natural.staged.hasSuffix("[]"), column.typeSchema == "pg_catalog", column.sqlType == natural.staged {
        return natural
      }
      if natural.staged.hasSuffix("[]"), column.sqlType.hasSuffix("[]"), natural.landing != .json {
        return natural.staged == "text[]" ? cast(natural.landing, natural.staged, column) : nil
      }
      return nil
    }
  }

  /// `varchar(n)` and `char(n)` hold n characters; the modifier counts four more.
  private static func shortened(_ fit: Fit, _ column: PostgresTable.TableColumn) -> Fit {
    var fit = fit
    if ["varchar", "bpchar"].contains(column.type), column.modifier > 4 {
      fit.limit = .characters(column.modifier - 4)
      fit.target = column.sqlType
    }
    return fit
  }

  private static func decimal(_ whole: Int, _ scale: Int, _ column: PostgresTable.TableColumn) -> Fit {
    Fit(
      landing: .decimal(precision: max(1, whole + scale), scale: scale),
      staged: column.isDomain ? "numeric(\(whole + scale),\(scale))" : column.sqlType)
  }

  private static func cast(_ landing: DataType, _ staged: String, _ column: PostgresTable.TableColumn) -> Fit {
    // Without the column's length: a cast to varchar(3)[] or bit(3) would cut silently, an assignment refuses.
    let isBuiltIn = column.typeSchema == "pg_catalog"
    return Fit(
      landing: landing, staged: staged,
      castTo: isBuiltIn ? "pg_catalog.\(SQL.quote(column.type, with: "\""))" : column.sqlType)
  }

  private static func isDecimal(_ type: DataType) -> Bool { if case .decimal = type { true } else { false } }

  private static func isText(_ type: DataType) -> Bool {
    switch type {
    case .text, .enumeration, .null, .json: true
    default: false
    }
  }

  /// Whether a value's text says all of it.
  private static func isPlain(_ type: DataType) -> Bool {
    switch type {
    case .integer, .decimal, .numeric, .boolean, .date, .time, .timestamp, .timestampTZ, .uuid, .float32, .float64: true
    default: isText(type)
    }
  }

  /// How many digits whole numbers of a type may have; nil = not whole.
  static func wholeDigits(_ type: DataType) -> Int? {
    switch type {
    case .integer(let bits, let signed):
      [8: 3, 16: 5, 32: 10, 64: signed ? 19 : 20, 128: 39][bits]
    case .decimal(let precision, 0): precision
    default: nil
    }
  }
}
