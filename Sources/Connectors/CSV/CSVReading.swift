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
    var columns: [(name: String, type: CSVType)] = []
    for group in groups {
      for (name, type) in zip(group.names, group.types) where !columns.contains(where: { $0.name == name }) { columns.append((name, type)) }
    }
    if let wanted = read.request.columns {
      columns = try wanted.map { name in
        guard let column = columns.first(where: { $0.name == name }) else {
          throw Problem(
            "unknown-column", "\"\(read.files.paths[0])\" has no column \"\(name)\".",
            hint: Nearest.hint(name, among: columns.map(\.name)), at: read.request.location)
        }
        return column
      }
    }
    let scans = groups.map { group -> SQL in "SELECT * FROM \(scan(group, texts: false))" }
    let all: SQL = "\(scans, separator: " UNION ALL BY NAME ")"
    let names = columns.map(\.name)
    var extract = Extract(.query(filtered(all, columns, names), setup: read.files.setup))
    let exact = columns.compactMap { column -> (String, DecimalShape)? in
      if case .decimal(let precision, let scale) = column.type { (column.name, DecimalShape(precision: precision, scale: scale)) } else { nil }
    }
    extract.decimals = Array(Set(exact.map(\.1)))
    extract.conditions = exact.map { name, shape in
      RowCondition(
        sql: "(\(name: name) IS NULL OR \(conversion(name, shape)) IS NOT NULL)", columns: [name], rule: "type",
        reason: "\(name) isn't a number with at most \(shape.scale) digit\(shape.scale == 1 ? "" : "s") after the point.")
    }
    if !exact.isEmpty {
      let values = columns.map { value($0.name, $0.type) }
      extract.projection = "\(values)"
    }
    if !format.strict { extract.rejects = RejectQuery(query: rejects) }
    extract.readsRefused = read.request.refused != nil
    return extract
  }

  /// The same group over the lines that were refused before; nil if there are none of its files.
  private func only(_ refused: RefusedLines, _ group: CSVGroup) throws(Problem) -> CSVGroup? {
    let known = groups.flatMap(\.paths)
    if let gone = refused.files.keys.sorted().first(where: { !known.contains($0) }) {
      throw Problem(
        "file-not-found", "Rows were set aside from \"\(gone)\", which isn't read any more.",
        hint: "Its headings and types are needed to read them again; put it back.", at: read.request.location)
    }
    var group = group
    group.paths = group.paths.compactMap { refused.files[$0] }
    group.dialect.hasHeader = false
    group.dialect.skip = 0
    return group.paths.isEmpty ? nil : group
  }

  private func value(_ name: String, _ type: CSVType) -> SQL {
    guard case .decimal(let precision, let scale) = type else { return "\(name: name)" }
    return "\(conversion(name, DecimalShape(precision: precision, scale: scale))) AS \(name: name)"
  }

  private func conversion(_ name: String, _ shape: DecimalShape) -> SQL {
    let text: SQL = format.decimal == "." ? "\(name: name)" : "replace(\(name: name), \(text: format.decimal), '.')"
    return "weir_decimal_\(shape.precision)_\(shape.scale)(\(text))"
  }

  /// The wanted columns as the scan gives them. A filter sees exact numbers; rows with a number that isn't exact pass it, to be set aside.
  private func filtered(_ all: SQL, _ columns: [(name: String, type: CSVType)], _ names: [String]) -> SQL {
    var result: SQL = read.request.columns == nil && read.request.filter == nil ? all : "SELECT \(names: names) FROM (\(all))"
    if let filter = read.request.filter {
      // `raw` keeps every column's text; beside it stand the values the filter is about.
      let kept = names.map { name -> SQL in "raw.\(name: name)" }
      let values = columns.map { column -> SQL in value(column.name, column.type) }
      let inexact = columns.compactMap { column -> SQL? in
        guard case .decimal = column.type else { return nil }
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
      let numbers = type.split { !$0.isNumber }.compactMap { Int($0) }
      if type.hasPrefix("DECIMAL") || type.hasPrefix("NUMERIC") {
        group.types[place] = .decimal(precision: numbers.first ?? 18, scale: numbers.count > 1 ? numbers[1] : numbers.isEmpty ? 3 : 0)
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
      if case .plain(let type) = type { return "\(text: name): \(text: type)" }
      return "\(text: name): 'VARCHAR'"
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
    if let timestampFormat = format.timestampFormat { options = "\(options), timestampformat = \(text: timestampFormat)" }
    // The engine's own buffers (32 MB each) would make up most of the process's memory and are no faster.
    if read.files.paths.allSatisfy({ FileSet.plainName($0).count == $0.count }) { options = "\(options), buffer_size = 8000000" }
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
    SELECT s.file_path || ':' || e.line AS position, any_value(e.csv_line) AS original, \
    any_value(CASE WHEN e.error_type = 'CAST' THEN 'type' ELSE replace(lower(CAST(e.error_type AS VARCHAR)), ' ', '-') END) AS rule, \
    string_agg(DISTINCT e.error_message, ' ') AS reason \
    FROM \(name: table("errors")) e JOIN \(name: table("scans")) s USING (scan_id, file_id) GROUP BY s.file_path, e.line
    """
  }
}
