import Pipelines
import Tabular

/// Turns what is known of CSV files into a scan that loses nothing: rows that don't fit are listed with file and line.
struct CSVReading {
  let format: CSV
  let read: FileRead
  let encoding: String
  let groups: [CSVGroup]

  func extract() throws -> Extract {
    var groups = try groups.map(declared)
    if let refused = read.request.refused { groups = try groups.compactMap { try only(refused, $0) } }
    if let twins = Problem.twins(
      in: groups.flatMap(\.names), of: "\"\(read.files.first)\"", at: read.request.location)
    {
      throw twins
    }
    var columns: [(name: String, type: CSVType)] = []
    for group in groups {
      for (name, type) in zip(group.names, group.types) where !columns.contains(where: { $0.name == name }) {
        columns.append((name, type))
      }
    }
    if let wanted = read.request.columns {
      columns = try wanted.map { name in
        guard let column = columns.first(where: { $0.name == name }) else {
          throw Problem(
            "unknown-column", "\"\(read.files.first)\" has no column \"\(name)\".",
            hint: Nearest.hint(name, among: columns.map(\.name)), at: read.request.location)
        }
        return column
      }
    }
    let scans = groups.map { group -> SQL in "SELECT * FROM \(scan(group, texts: false))" }
    let all: SQL = "\(scans, separator: " UNION ALL BY NAME ")"
    let names = columns.map(\.name)
    var extract = Extract(.query(filtered(all, columns, names), setup: read.files.setup))
    extract.decimals = Array(Set(columns.compactMap(\.type.shape)))
    extract.conditions = columns.compactMap { name, type in
      guard let value = exact(name, type) else { return nil }
      return RowCondition(
        sql: "(\(name: name) IS NULL OR \(value) IS NOT NULL)", columns: [name], rule: "type",
        reason: "\(name) \(refusal(type))")
    }
    if !extract.conditions.isEmpty {
      let values = columns.map { value($0.name, $0.type) }
      extract.projection = "\(values)"
    }
    extract.holds = read.files.copies
    if !format.strict { extract.rejects = RejectQuery(query: rejects) }
    extract.readsRefused = read.request.refused != nil
    return extract
  }

  /// The same group over the lines that were refused before; nil if there are none of its files.
  private func only(_ refused: RefusedLines, _ group: CSVGroup) throws(Problem) -> CSVGroup? {
    let known = groups.flatMap(\.paths).map(read.files.name)
    if let gone = refused.files.keys.sorted().first(where: { !known.contains($0) }) {
      throw Problem(
        "file-not-found", "Rows were set aside from \"\(gone)\", which isn't read any more.",
        hint: "Its headings and types are needed to read them again; put it back.", at: read.request.location)
    }
    var group = group
    group.paths = group.paths.compactMap { refused.files[read.files.name(of: $0)] }
    group.dialect.hasHeader = false
    group.dialect.skip = 0
    return group.paths.isEmpty ? nil : group
  }

  private func value(_ name: String, _ type: CSVType) -> SQL {
    exact(name, type).map { "\($0) AS \(name: name)" } ?? "\(name: name)"
  }

  /// The exact value of what the scan gives, null if there is none; nil where the scan's own value is exact.
  private func exact(_ name: String, _ type: CSVType) -> SQL? {
    let text: SQL = format.decimal == "." ? "\(name: name)" : "replace(\(name: name), \(text: format.decimal), '.')"
    switch type {
    case .plain: return nil
    case .decimal(let precision, let scale): return "weir_decimal_\(precision)_\(scale)(\(text))"
    case .double: return "CASE WHEN weir_double(\(text)) THEN CAST(\(text) AS DOUBLE) END"
    case .whole(let type, true):
      return
        "TRY_CAST(\(SQL(raw: ["HUGEINT", "UBIGINT"].contains(type) ? "weir_decimal_38_0" : "weir_integer"))(\(name: name)) AS \(SQL(raw: type)))"
    case .whole(let type, false):
      let value: SQL = "\(name: name)"
      return """
        CASE WHEN \(value) = trunc(\(value)) AND abs(\(value)) < 9007199254740992 THEN TRY_CAST(\(value) AS \(SQL(raw: type))) END
        """
    }
  }

  private func refusal(_ type: CSVType) -> String {
    switch type {
    case .decimal(_, let scale): "isn't a number with at most \(scale) digit\(scale == 1 ? "" : "s") after the point."
    case .whole(let type, true): "isn't a whole number of type \(type)."
    case .whole(let type, false): "isn't a whole number of type \(type), or has more digits than the sample had."
    case .double: "isn't a number that a double holds exactly."
    case .plain: ""
    }
  }

  /// The wanted columns as the scan gives them. A filter sees exact numbers; rows with a number that isn't exact pass it, to be set aside.
  private func filtered(_ all: SQL, _ columns: [(name: String, type: CSVType)], _ names: [String]) -> SQL {
    var result: SQL =
      read.request.columns == nil && read.request.filter == nil ? all : "SELECT \(names: names) FROM (\(all))"
    if let filter = read.request.filter {
      // `raw` keeps every column's text; beside it stand the values the filter is about.
      let kept = names.map { name -> SQL in "raw.\(name: name)" }
      let values = columns.map { column -> SQL in value(column.name, column.type) }
      let inexact = columns.compactMap { column -> SQL? in
        if case .plain = column.type { return nil }
        return " OR (raw.\(name: column.name) IS NOT NULL AND \(name: column.name) IS NULL)"
      }
      result = """
        SELECT \(kept) FROM (SELECT raw, \(values) FROM (SELECT *, \(packed(names)) AS raw FROM (\(result)))) \
        WHERE \(SQL(enclosing: filter))\(inexact, separator: "")
        """
    }
    if let limit = read.request.limit { result = "SELECT * FROM (\(result)) LIMIT \(limit)" }
    return result
  }

  private func packed(_ names: [String]) -> SQL {
    let fields = names.map { name -> SQL in "\(name: name) := \(name: name)" }
    return "struct_pack(\(fields))"
  }

  private func declared(_ group: CSVGroup) throws -> CSVGroup {
    var group = group
    if format.allText { group.types = group.types.map { _ in .text } }
    for entry in format.types?.entries ?? [] {
      guard let place = group.names.firstIndex(of: entry.key) else {
        if groups.contains(where: { $0.names.contains(entry.key) }) { continue }
        throw Problem(
          "unknown-column", "\"\(group.paths[0])\" has no column \"\(entry.key)\".",
          hint: Nearest.hint(entry.key, among: group.names), at: entry.keyLocation)
      }
      let type = try TypeName.checked(entry.value.text ?? "", at: entry.value.location)
      if TypeName.isWhole(type) {
        group.types[place] = .whole(type: type, isLong: group.digits[place] > 15)
      } else if let shape = TypeName.exactShape(type) {
        group.types[place] = .decimal(precision: shape.precision, scale: shape.scale)
      } else {
        group.types[place] = .plain(type == "TEXT" || type == "STRING" ? "VARCHAR" : type)
      }
    }
    return group
  }

  /// The engine's scan of a group's files.
  /// - Parameter texts: reads every column as it stands in the file, bad rows left out.
  func scan(_ group: CSVGroup, texts: Bool) -> SQL {
    let columns = zip(group.names, texts ? group.names.map { _ in .text } : group.types).map { name, type -> SQL in
      switch type {
      case .plain(let type): "\(text: name): \(text: type)"
      case .whole(_, false): "\(text: name): 'DOUBLE'"
      default: "\(text: name): 'VARCHAR'"
      }
    }
    let nulls = format.null.map { text -> SQL in "\(text: text)" }
    let paths = group.paths.map { path -> SQL in "\(text: path)" }
    var options: SQL = """
      columns = {\(columns)}, auto_detect = false, delim = \(text: group.dialect.delimiter), quote = \(text: group.dialect.quote), \
      escape = \(text: group.dialect.escape), header = \(group.dialect.hasHeader), nullstr = [\(nulls)], \
      allow_quoted_nulls = false, encoding = \(text: read.request.refused == nil ? encoding : "utf-8")
      """
    if group.dialect.skip > 0 { options = "\(options), skip = \(group.dialect.skip)" }
    if !group.dialect.comment.isEmpty { options = "\(options), comment = \(text: group.dialect.comment)" }
    if format.decimal != "." { options = "\(options), decimal_separator = \(text: format.decimal)" }
    if let dateFormat = format.dateFormat { options = "\(options), dateformat = \(text: dateFormat)" }
    if let timestampFormat = format.timestampFormat {
      options = "\(options), timestampformat = \(text: timestampFormat)"
    }
    // The engine's own buffers (32 MB each) would make up most of the process's memory and are no faster.
    if read.files.paths.allSatisfy({ FileSet.plainName($0).count == $0.count }) {
      options = "\(options), buffer_size = 8000000"
    }
    if texts {
      options = "\(options), ignore_errors = true"
    } else if !format.strict {
      options = """
        \(options), store_rejects = true, rejects_table = \(text: table("errors")), rejects_scan = \(text: table("scans")), \
        rejects_limit = 0
        """
    }
    return "read_csv([\(paths)], \(options))"
  }

  private func table(_ kind: String) -> String { "weir_csv_\(kind)_\(read.request.step)" }

  /// One row per refused line, whatever is wrong with it.
  private var rejects: SQL {
    """
    SELECT \(original) || ':' || e.line AS position, any_value(e.csv_line) AS original, \
    any_value(CASE WHEN e.error_type = 'CAST' THEN 'type' ELSE replace(lower(CAST(e.error_type AS VARCHAR)), ' ', '-') END) AS rule, \
    string_agg(DISTINCT replace(e.error_message, 'to ''DOUBLE''', 'to a number'), ' ') AS reason \
    FROM \(name: table("errors")) e JOIN \(name: table("scans")) s USING (scan_id, file_id) GROUP BY s.file_path, e.line
    """
  }

  private var original: SQL {
    let cases = read.files.originals.sorted { $0.key < $1.key }.map { copy, original -> SQL in
      "WHEN \(text: copy) THEN \(text: original) "
    }
    return cases.isEmpty ? "s.file_path" : "CASE s.file_path \(cases, separator: "")ELSE s.file_path END"
  }
}
