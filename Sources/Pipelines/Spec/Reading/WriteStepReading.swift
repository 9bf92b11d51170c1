import Tabular

extension PipelineReading {
  private static let modes: [(String, WriteMode)] = [
    ("append", .append), ("replace", .replace), ("truncate", .truncate), ("merge", .merge),
    ("delete+insert", .deleteInsert),
    ("scd2", .scd2), ("insert", .append), ("upsert", .merge), ("incremental", .merge), ("full_refresh", .replace),
    ("overwrite", .replace), ("full", .replace), ("truncate_insert", .truncate), ("snapshot", .scd2),
    ("history", .scd2),
  ]

  /// `write: {from, to, table | path, …}` or only an address.
  func write(_ setting: Setting) -> WriteSpec? {
    guard case .map = setting.content else {
      return connection(setting).map { reference in
        var spec = WriteSpec(
          to: reference, target: .whole, mode: Self.usualMode(of: reference, target: .whole, key: []))
        spec.isModeGiven = false
        return spec
      }
    }
    var map = MapReader(setting, problems)
    let from = map.text("from", "on")
    let to = map.value("to", "connection")
    return writeSpec(&map, at: setting, from: from, to: to)
  }

  /// Where and how to write; shared by the canonical form and the documents' `destination`.
  func writeSpec(_ map: inout MapReader, at setting: Setting, from: String?, to: Setting?) -> WriteSpec? {
    let table = map.text("table")
    let path = map.text("path")
    let mode = map.choice("mode", "write_mode", "load_type", from: Self.modes)
    let key = map.names("key", "keys", "primary_key", "unique_key", "key_fields") ?? []
    let policy = schemaPolicy(&map)
    let verify = map.choice("verify", from: VerifyLevel.allCases.map { ($0.rawValue, $0) }) ?? .columns
    let filter = map.condition("filter", "where")
    let mapping = self.mapping(map.value("mapping", "field_mapping", "column_mapping"))
    let options = self.options(&map)
    if table != nil, let place = setting["path"]?.location {
      problems.add(Problem("two-subjects", "A write step takes one of table and path, not both.", at: place))
    }
    var reference = to.flatMap(connection)
    var target = WriteRequest.Target.whole
    if let table { target = .table(table) } else if let path { target = .path(path) }
    if to == nil {
      guard let path, table == nil else {
        problems.add(
          Problem(
            "missing-setting", "The write step doesn't say where to.",
            hint: "Add to: with a connection's name, a URL or a path.", at: setting.location))
        return nil
      }
      reference = ConnectionReference(.url(path), at: setting["path"]?.location ?? setting.location)
      target = .whole
    }
    guard let reference else { return nil }
    let usual = mode ?? Self.usualMode(of: reference, target: target, key: key)
    if key.isEmpty, [.merge, .deleteInsert, .scd2].contains(usual) {
      problems.add(
        Problem(
          "missing-setting", "The mode \(usual.rawValue) needs a key.",
          hint: "Add key: with the columns that identify a row.", at: setting["mode"]?.location ?? setting.location))
    }
    var spec = WriteSpec(
      from: from, to: reference, target: target, mode: usual, key: key, schemaPolicy: policy, verify: verify,
      filter: filter,
      mapping: mapping, options: options)
    spec.isModeGiven = mode != nil
    return spec
  }

  /// Without a mode: rows with a key are merged, files are replaced, tables appended to.
  static func usualMode(of reference: ConnectionReference, target: WriteRequest.Target, key: [String]) -> WriteMode {
    if !key.isEmpty { return .merge }
    if case .table = target { return .append }
    if case .path = target { return .replace }
    if case .url(let text) = reference.kind, !text.contains("://") || text.hasPrefix("file://") { return .replace }
    if case .inline(_, let settings) = reference.kind, settings["path"] != nil { return .replace }
    return .append
  }

  private func schemaPolicy(_ map: inout MapReader) -> SchemaPolicy {
    if let written = map.map["schema"], let text = written.text, SchemaPolicy(rawValue: text.lowercased()) == nil {
      _ = map.value("schema")
      problems.add(
        Problem(
          "unknown-choice",
          "\"schema\" says what may happen to the table's columns: evolve, freeze or ask; not \"\(text)\".",
          hint: Nearest.hint(text, among: SchemaPolicy.allCases.map(\.rawValue))
            ?? "To name a database schema, write table: \(text).\(map.map["table"]?.text ?? "TABLE").",
          at: written.location))
      return .evolve
    }
    return map.choice(
      "on_schema_change", "schema_policy", "schema", from: SchemaPolicy.allCases.map { ($0.rawValue, $0) }) ?? .evolve
  }

  /// `{source: target}`, or a list of `{source | from, target | to}`.
  private func mapping(_ setting: Setting?) -> [String: String] {
    guard let setting else { return [:] }
    var result: [String: String] = [:]
    let pairs: [(String?, Setting?, Location)]
    if case .map(let entries) = setting.content {
      pairs = entries.map { ($0.key, $0.value, $0.value.location) }
    } else {
      pairs = setting.elements.map { (($0["source"] ?? $0["from"])?.text, $0["target"] ?? $0["to"], $0.location) }
    }
    for (source, target, place) in pairs {
      if let source, let name = target?.text {
        result[source] = name
      } else {
        problems.add(
          Problem(
            "wrong-type", "A mapping names a source column and a target column.", hint: "Write price: unit_price.",
            at: place))
      }
    }
    return result
  }
}
