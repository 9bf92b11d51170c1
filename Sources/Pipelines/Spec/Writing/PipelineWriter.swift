import Tabular

/// Writes a whole pipeline in the canonical form.
///
/// Give it a pipeline read with `PipelineParser.asWritten`, so that variables and secrets stay what they are in the text.
package struct PipelineWriter: Sendable {
  package init() {}

  package func write(_ spec: PipelineSpec) -> String {
    var map = MapWriting()
    map.add("name", spec.name)
    map.add("description", spec.description)
    map.add("schedule", spec.schedule.map(Self.schedule))
    if !spec.parameters.isEmpty { map.add("parameters", .list(spec.parameters.map(Self.parameter))) }
    if spec.retry != .none { map.add("retry", Self.retry(spec.retry)) }
    var text = YAMLText.block(map.setting, indent: 0)
    text += "steps:\n"
    for step in spec.steps where step.isOutputOf == nil {
      text += YAMLText.block(MapWriting.list([Self.step(step)]), indent: 2)
    }
    var rest = MapWriting()
    if !spec.tests.isEmpty { rest.add("tests", .list(spec.tests.map(Self.test))) }
    for (name, section) in spec.sections.sorted(by: { $0.key < $1.key }) { rest.add(name, section.content) }
    return rest.entries.isEmpty ? text : text + YAMLText.block(rest.setting, indent: 0)
  }

  /// One step as the map that stands in the list of steps.
  package static func step(_ step: StepSpec) -> Setting {
    var map = MapWriting()
    map.add("id", step.id)
    switch step.work {
    case .read(let read): map.add("read", Self.read(read))
    case .transform(let transform): map.add("transform", Self.transform(transform))
    case .check(let check): map.add("check", Self.check(check))
    case .write(let write): map.add("write", Self.write(write))
    }
    if let retry = step.retry { map.add("retry", Self.retry(retry)) }
    map.add("timeout", step.timeout.map(TimeSpan.text))
    if step.isProfiled { map.add("profile", .toggle(true)) }
    return map.setting
  }

  private static func read(_ read: ReadSpec) -> Setting.Content {
    var map = MapWriting()
    map.add("from", connection(read.from))
    switch read.subject {
    case .table(let name): map.add("table", name)
    case .query(let text): map.add("query", text)
    case .path(let path): map.add("path", path)
    case .whole: break
    }
    map.add("columns", read.columns)
    map.add("filter", read.filter)
    map.add("limit", read.limit.map { .integer($0) })
    if case .incremental(let cursor, let lag) = read.mode {
      map.add("mode", "incremental")
      map.add("cursor", cursor)
      if lag != 0 { map.add("lag", TimeSpan.text(lag)) }
    }
    map.add("start", read.start)
    map.add("end", read.end)
    map.add("options", read.options?.content)
    return map.setting.content
  }

  private static func write(_ write: WriteSpec) -> Setting.Content {
    var map = MapWriting()
    map.add("from", write.from)
    map.add("to", connection(write.to))
    switch write.target {
    case .table(let name): map.add("table", name)
    case .path(let path): map.add("path", path)
    case .whole: break
    }
    if write.isModeGiven { map.add("mode", write.mode.rawValue) }
    if !write.key.isEmpty { map.add("key", write.key) }
    if write.schemaPolicy != .evolve { map.add("on_schema_change", write.schemaPolicy.rawValue) }
    if write.verify != .columns { map.add("verify", write.verify.rawValue) }
    map.add("filter", write.filter)
    if !write.mapping.isEmpty {
      var mapping = MapWriting()
      for (source, target) in write.mapping.sorted(by: { $0.key < $1.key }) { mapping.add(source, target) }
      map.add("mapping", mapping.setting.content)
    }
    map.add("options", write.options?.content)
    return map.setting.content
  }

  private static func connection(_ reference: ConnectionReference) -> Setting.Content {
    var map = MapWriting()
    switch reference.kind {
    case .named(let name):
      if !PipelineReading.isAddress(name) { return .text(name) }
      map.add("connection", name)
    case .url(let url):
      if PipelineReading.isAddress(url) { return .text(url) }
      map.add("url", url)
    case .inline(let connector, let settings):
      map.add("type", connector)
      let reserved: Set<String> = [
        "type", "connector_type", "connector", "name", "config", "credentials", "connection", "connector_id",
        "connectorId",
      ]
      if settings.entries.contains(where: { reserved.contains($0.key) }) {
        map.add("config", settings.content)
      } else {
        map.entries += settings.entries
      }
    }
    return map.setting.content
  }

  private static func transform(_ transform: TransformSpec) -> Setting.Content {
    var map = MapWriting()
    map.add("on", transform.on)
    switch transform.body {
    case .sql(let sql): map.add("sql", sql.content)
    case .operations(let list):
      let operations = Setting.Content.list(list.map { named($0.name, $0.settings) })
      if transform.on == nil { return operations }
      map.add("operations", operations)
    }
    return map.setting.content
  }

  private static func check(_ check: CheckSpec) -> Setting.Content {
    var map = MapWriting()
    map.add("on", check.on)
    map.add("rules", .list(check.rules.map(rule)))
    return map.setting.content
  }

  private static func rule(_ rule: RuleSpec) -> Setting {
    if rule.onFail == .stop { return named(rule.name, rule.settings) }
    var map = MapWriting()
    if rule.settings.content == .null { map.add("type", rule.name) } else { map.add(rule.name, rule.settings.content) }
    map.add("on_fail", rule.onFail.rawValue)
    return map.setting
  }

  private static func named(_ name: String, _ settings: Setting) -> Setting {
    if settings.content == .null { return MapWriting.setting(.text(name)) }
    var map = MapWriting()
    map.add(name, settings.content)
    return map.setting
  }
}

/// Puts a map together for writing.
struct MapWriting {
  var entries: [Setting.Entry] = []
  private static let nowhere = Location(file: "", line: 1, column: 1)

  mutating func add(_ key: String, _ content: Setting.Content?) {
    guard let content else { return }
    entries.append(Setting.Entry(key: key, keyLocation: Self.nowhere, value: Self.setting(content)))
  }

  mutating func add(_ key: String, _ text: String?) { add(key, text.map { Setting.Content.text($0) }) }

  mutating func add(_ key: String, _ names: [String]?) {
    add(key, names.map { Setting.Content.list($0.map { Self.setting(.text($0)) }) })
  }

  var setting: Setting { Self.setting(.map(entries)) }

  static func setting(_ content: Setting.Content) -> Setting { Setting(content, at: nowhere) }
  static func list(_ elements: [Setting]) -> Setting { setting(.list(elements)) }
}
