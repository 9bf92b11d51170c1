import Tabular

/// A source or destination of a document.
struct Endpoint {
  var name: String?
  var setting: Setting
}

extension PipelineReading {
  /// Everything written under the keys, as one list; an id alone is a connection's name.
  func endpoints(_ map: inout MapReader, one: [String], many: [String], id: [String]) -> [Endpoint] {
    var result: [Endpoint] = []
    for key in many {
      for element in map.value(key)?.elements ?? [] {
        result.append(Endpoint(name: element["name"]?.text ?? element["config"]?["name"]?.text, setting: element))
      }
    }
    for key in one {
      if let setting = map.value(key) { result.append(Endpoint(name: setting["name"]?.text, setting: setting)) }
    }
    for key in id {
      if let setting = map.value(key) { result.append(Endpoint(setting: setting)) }
    }
    return result
  }

  /// What each destination is for, by its step.
  func purposes(of destinations: Setting?) -> Setting? {
    let entries = (destinations?.elements ?? []).compactMap { element -> Setting.Entry? in
      guard let purpose = element["purpose"], let name = element["name"]?.text else { return nil }
      return Setting.Entry(key: Self.plainName(name), keyLocation: purpose.location, value: purpose)
    }
    return destinations.flatMap { entries.isEmpty ? nil : Setting(.map(entries), at: $0.location) }
  }

  func documentRead(_ source: Endpoint, query: String?) -> ReadSpec? {
    guard case .map = source.setting.content else {
      return connection(source.setting).map { ReadSpec(from: $0, subject: query.map { .query($0) } ?? .whole) }
    }
    let (about, connector) = split(source.setting, keeping: Self.readKeys)
    guard let reference = inlineConnection(connector) else { return nil }
    var map = MapReader(about, problems)
    guard var read = readSpec(&map, at: about, from: Self.placeholder(at: source.setting.location)) else { return nil }
    read.from = reference
    if let query, read.subject == .whole { read.subject = .query(query) }
    return read
  }

  func documentWrite(_ target: Endpoint, from step: String?, table: String?, pipeline: String) -> WriteSpec? {
    let isNamed: Bool
    var write: WriteSpec
    if case .map = target.setting.content {
      let (about, connector) = split(target.setting, keeping: Self.writeKeys)
      guard let reference = inlineConnection(connector) else { return nil }
      var map = MapReader(about, problems)
      guard let spec = writeSpec(&map, at: about, from: step, to: Self.placeholder(at: target.setting.location)) else {
        return nil
      }
      write = spec
      write.to = reference
      if about["mode"] == nil, about["write_mode"] == nil {
        write.mode = Self.usualMode(of: reference, target: write.target, key: write.key)
      }
      if case .named = reference.kind { isNamed = true } else { isNamed = false }
    } else {
      guard let reference = connection(target.setting) else { return nil }
      write = WriteSpec(from: step, to: reference, target: .whole)
      if case .named = reference.kind { isNamed = true } else { isNamed = false }
    }
    if write.target == .whole, let table {
      write.target = .table(table)
    } else if write.target == .whole, isNamed {
      write.target = .table(Self.plainName(pipeline))
    }
    return write
  }

  private static let readKeys: Set<String> = [
    "table", "query", "columns", "filter", "where", "limit", "mode", "load_type", "cursor", "cursor_field",
    "incremental_key",
    "watermark_column", "lag", "start", "end",
  ]
  private static let writeKeys: Set<String> = [
    "table", "filter", "where", "mode", "write_mode", "load_type", "key", "keys", "primary_key", "unique_key",
    "key_fields",
    "mapping", "field_mapping", "column_mapping", "verify", "on_schema_change", "schema_policy",
  ]
  /// Words about a destination that change nothing of the load.
  private static let remarks: Set<String> = ["purpose", "description", "id"]

  /// What is read or written, and the connector with its own settings. A database schema goes before the table's name.
  private func split(_ setting: Setting, keeping keys: Set<String>) -> (about: Setting, connector: Setting) {
    let config = setting["config"]
    var about = (config?.entries ?? []).filter { keys.contains($0.key) }
    about += setting.entries.filter { keys.contains($0.key) }
    var own = (config?.entries ?? []).filter { !keys.contains($0.key) && $0.key != "name" }
    if let table = about.firstIndex(where: { $0.key == "table" }),
      let schema = own.firstIndex(where: { $0.key == "schema" }),
      let name = about[table].value.text, let prefix = own[schema].value.text
    {
      if !name.contains(".") { about[table].value.content = .text("\(prefix).\(name)") }
      own.remove(at: schema)
    }
    var rest = setting.entries.filter { !keys.contains($0.key) && $0.key != "config" && !Self.remarks.contains($0.key) }
    if let config, case .map = config.content {
      rest.append(
        Setting.Entry(key: "config", keyLocation: config.location, value: Setting(.map(own), at: config.location)))
    } else if let config {
      problems.add(Problem("wrong-type", "\"config\" must be a map.", at: config.location))
    }
    return (Setting(.map(about), at: setting.location), Setting(.map(rest), at: setting.location))
  }

  private static func placeholder(at location: Location) -> Setting { Setting(.text("connector"), at: location) }

  /// The table of `SELECT … FROM table` if there is only one; a job without a target table loads into its namesake.
  static func onlyTable(of query: String) -> String? {
    let words = query.split { $0.isWhitespace || "(),;".contains($0) }.map(String.init)
    let tables = words.indices.dropFirst().filter { ["from", "join"].contains(words[$0 - 1].lowercased()) }.map {
      words[$0]
    }
    guard let table = tables.first, tables.count == 1 else { return nil }
    let name = table.split(separator: ".").last.map(String.init) ?? table
    return isPlainName(name) ? name : nil
  }
}
