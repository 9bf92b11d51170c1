extension PipelineReading {
  private static let modes: [(String, Bool)] = [
    ("full", false), ("incremental", true), ("full_refresh", false), ("full_load", false), ("snapshot", false),
    ("delta", true),
  ]

  /// `read: {from, table | query | path, …}` or only an address.
  func read(_ setting: Setting) -> ReadSpec? {
    guard case .map = setting.content else {
      return connection(setting).map { ReadSpec(from: $0, subject: .whole) }
    }
    var map = MapReader(setting, problems)
    let from = map.value("from", "connection")
    let spec = readSpec(&map, at: setting, from: from)
    return spec
  }

  /// What to read, without the connection; shared by the canonical form and the documents' `source`.
  func readSpec(_ map: inout MapReader, at setting: Setting, from: Setting?) -> ReadSpec? {
    let table = map.text("table")
    let query = map.query("query", "sql")
    let path = map.text("path")
    let columns = map.names("columns")
    let filter = map.condition("filter", "where")
    let limit = map.count("limit", atLeast: 0)
    let mode = readMode(&map, at: setting)
    let start = map.text("start") ?? (mode == .full ? nil : parameters["start"])
    let end = map.text("end") ?? (mode == .full ? nil : parameters["end"])
    let options = self.options(&map)
    let given = [("table", table), ("query", query), ("path", path)].filter { $0.1 != nil }.map(\.0)
    if given.count > 1 {
      problems.add(
        Problem(
          "two-subjects", "A read step takes one of table, query and path, not \(given.joined(separator: " and ")).",
          at: setting[given[1]]?.location ?? setting.location))
    }
    var reference = from.flatMap(connection)
    var subject = ReadRequest.Subject.whole
    if let table {
      subject = .table(table)
    } else if let query {
      subject = .query(query)
    } else if let path {
      subject = .path(path)
    }
    if from == nil {
      guard let path, given == ["path"] else {
        problems.add(
          Problem(
            "missing-setting", "The read step doesn't say from where.",
            hint: "Add from: with a connection's name, a URL or a path.", at: setting.location))
        return nil
      }
      reference = ConnectionReference(.url(path), at: setting["path"]?.location ?? setting.location)
      subject = .whole
    }
    guard let reference else { return nil }
    return ReadSpec(
      from: reference, subject: subject, columns: columns, filter: filter, limit: limit, mode: mode, start: start,
      end: end,
      options: options)
  }

  private func readMode(_ map: inout MapReader, at setting: Setting) -> ReadSpec.Mode {
    let chosen = map.choice("mode", "load_type", "sync_mode", from: Self.modes)
    let cursor = map.text(
      "cursor", "cursor_field", "incremental_key", "incremental_column", "watermark", "watermark_column")
    let lag = map.timeSpan("lag", "lookback") ?? 0
    guard chosen ?? (cursor != nil) else {
      if let cursor, chosen == false {
        problems.add(
          Problem(
            "wrong-setting", "The cursor \"\(cursor)\" has no meaning with mode: full.",
            hint: "Write mode: incremental, or remove the cursor.", at: setting["cursor"]?.location ?? setting.location)
        )
      }
      return .full
    }
    guard let cursor else {
      problems.add(
        Problem(
          "missing-setting", "An incremental read needs a cursor.",
          hint: "Add cursor: with a column that grows, such as updated_at.",
          at: setting["mode"]?.location ?? setting.location))
      return .full
    }
    return .incremental(cursor: cursor, lag: lag)
  }

  /// The connector's options: what stands under `options` and every key nobody else reads.
  func options(_ map: inout MapReader) -> Setting? {
    let nested = map.value("options")
    if let nested, case .map = nested.content {
    } else if let nested {
      problems.add(Problem("wrong-type", "\"options\" must be a map.", at: nested.location))
    }
    let entries = (nested?.entries ?? []) + (map.rest?.entries ?? [])
    return entries.isEmpty ? nil : Setting(.map(entries), at: nested?.location ?? map.map.location)
  }
}
