/// Pipelines written as a source, transformations and a destination, in the shapes of the API and of older files:
/// `source`/`target` with `type` and `connector_id`; `source`/`destination` with `connector_type` and `config`;
/// `sources[]`/`destinations[]`; and a job's `sourceId`, `targetId`, `query`. They become the same steps.
extension PipelineReading {
  func documentSteps(_ map: inout MapReader, pipeline: String) -> [StepSpec] {
    let query = map.query("query")
    let table = map.text("targetTable", "target_table", "targetTable")
    let place = map.map.location
    var names = StepNames()
    var steps: [StepSpec] = []
    var renamed: [String: String] = [:]
    for source in endpoints(&map, one: ["source"], many: ["sources"], id: ["sourceId", "source_id"]) {
      guard let read = documentRead(source, query: query) else { continue }
      let id = names.take(source.name ?? "source")
      if let name = source.name { renamed[name] = id }
      steps.append(StepSpec(id: id, work: .read(read), location: source.setting.location))
    }
    let reads = steps.map(\.id)
    let transformations = map.value("transformations", "transformation")
    let list = transformations.map { rename(renamed, in: $0) }
    let separate = list.map { mentions(of: Set(reads), in: $0) } ?? []
    let flowing = reads.filter { !separate.contains($0) }
    var last = flowing.first ?? reads.first
    if flowing.count > 1 {
      let id = names.take("unified")
      let sql = flowing.map { "SELECT * FROM \($0)" }.joined(separator: "\nUNION ALL BY NAME\n")
      steps.append(
        StepSpec(id: id, work: .transform(TransformSpec(body: .sql(Setting(.text(sql), at: place)))), location: place))
      last = id
    }
    for step in documentTransforms(list, after: last, naming: &names) {
      steps.append(step)
      last = step.id
    }
    for target in endpoints(
      &map, one: ["destination", "target"], many: ["destinations", "targets"], id: ["targetId", "target_id"])
    {
      guard
        let write = documentWrite(target, from: last, table: table ?? query.flatMap(Self.onlyTable), pipeline: pipeline)
      else { continue }
      steps.append(
        StepSpec(id: names.take(target.name ?? "destination"), work: .write(write), location: target.setting.location))
    }
    return steps
  }

  /// The transformations as steps: runs of operations, and a check wherever rows are validated.
  private func documentTransforms(_ list: Setting?, after first: String?, naming names: inout StepNames) -> [StepSpec] {
    var steps: [StepSpec] = []
    var last = first
    var pending: [OperationSpec] = []
    func flush(_ names: inout StepNames) {
      guard let start = pending.first else { return }
      let id = names.take("transformed")
      steps.append(
        StepSpec(
          id: id, work: .transform(TransformSpec(on: last, body: .operations(pending))), location: start.location))
      last = id
      pending = []
    }
    for element in list?.elements ?? [] {
      guard let operation = operation(element) else { continue }
      guard Self.validations.contains(MapReader.fold(operation.name)) else {
        pending.append(operation)
        continue
      }
      flush(&names)
      guard let rule = validation(element) else { continue }
      if let index = steps.indices.last, case .check(var check) = steps[index].work {
        check.rules.append(rule)
        steps[index].work = .check(check)
      } else {
        let id = names.take("checked")
        steps.append(StepSpec(id: id, work: .check(CheckSpec(on: last, rules: [rule])), location: operation.location))
        last = id
      }
    }
    flush(&names)
    return steps
  }

  private static let validations: Set<String> = ["fieldvalidation", "validation", "validate", "datavalidation"]

  /// `{type: field_validation, validation_type: email_format, field_name: …}` is the rule `email_format`.
  private func validation(_ setting: Setting) -> RuleSpec? {
    guard let kind = setting["validation_type"] ?? setting["rule"], let name = kind.text else {
      problems.add(
        Problem(
          "missing-setting", "The validation doesn't say which rule.", hint: "Add validation_type.",
          at: setting.location))
      return nil
    }
    let entries = setting.entries.filter { $0.key != "validation_type" && $0.key != "rule" && $0.key != "type" }
    let type = Setting.Entry(key: "type", keyLocation: kind.location, value: Setting(.text(name), at: kind.location))
    return rule(Setting(.map([type] + entries), at: setting.location))
  }

  /// Sources that an operation names (a join's right side) don't flow into the union of the others.
  private func mentions(of reads: Set<String>, in setting: Setting) -> Set<String> {
    switch setting.content {
    case .list(let elements): elements.reduce(into: []) { $0.formUnion(mentions(of: reads, in: $1)) }
    case .map(let entries):
      entries.reduce(into: []) { found, entry in
        if Self.sourceKeys.contains(entry.key) {
          found.formUnion(entry.value.elements.compactMap(\.text).filter(reads.contains))
        }
        found.formUnion(mentions(of: reads, in: entry.value))
      }
    default: []
    }
  }

  private static let sourceKeys: Set<String> = [
    "join_source", "with", "right", "lookup_source", "lookup_table", "reference", "sources", "other", "step",
    "enrich_from",
  ]

  /// Puts step ids in place of source names that aren't plain names.
  private func rename(_ names: [String: String], in setting: Setting) -> Setting {
    switch setting.content {
    case .list(let elements): return Setting(.list(elements.map { rename(names, in: $0) }), at: setting.location)
    case .map(let entries):
      let renamed = entries.map { entry in
        var entry = entry
        if Self.sourceKeys.contains(entry.key), let text = entry.value.text, let id = names[text] {
          entry.value.content = .text(id)
        } else {
          entry.value = rename(names, in: entry.value)
        }
        return entry
      }
      return Setting(.map(renamed), at: setting.location)
    default: return setting
    }
  }
}

/// Gives out plain step names, each once.
struct StepNames {
  private var taken: Set<String> = []

  mutating func take(_ wanted: String) -> String {
    let base = PipelineReading.plainName(wanted)
    var name = base
    var number = 2
    while !taken.insert(name.lowercased()).inserted {
      name = "\(base)_\(number)"
      number += 1
    }
    return name
  }
}
