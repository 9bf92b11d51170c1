/// Turns the values of a pipeline file into a `PipelineSpec`; one extension per part of the file.
struct PipelineReading {
  let problems: ProblemCollector
  /// The values given to this run.
  let parameters: [String: String]

  /// Keys of the canonical form.
  static let canonicalKeys = [
    "name", "description", "schedule", "parameters", "steps", "tests", "retry", "error_handling",
  ]
  /// Keys of the forms in which a pipeline is a source, transformations and a destination.
  static let documentKeys = [
    "source", "sources", "sourceId", "source_id", "destination", "destinations", "target", "targets", "targetId",
    "target_id", "transformations", "query", "target_table", "targetTable",
  ]
  /// Keys that other parts of Weir read.
  static let sectionKeys = [
    "id", "type", "tags", "owner", "version", "status", "enabled", "metadata", "alerts", "notifications", "quality",
    "data_quality", "data_validation", "validation", "depends_on", "dependencies", "lineage", "data_lineage",
    "monitoring",
    "performance", "performance_metrics", "dead_letter_queue", "recovery", "triggers", "purposes", "project",
    "project_id", "timeout",
    "created_at", "created_by", "updated_at",
  ]
  /// Sections whose texts are templates of their own, filled when they are used.
  static let templateSections: Set<String> = ["alerts", "notifications", "description"]

  func pipeline(_ root: Setting, parameters declared: [ParameterSpec], file: String) -> PipelineSpec {
    var spec = PipelineSpec(name: Self.name(ofFile: file), steps: [], location: root.location)
    guard case .map = root.content else {
      problems.add(
        Problem(
          "not-a-pipeline", "A pipeline file is a map with name and steps.", hint: "Start with weir new NAME.",
          at: root.location))
      return spec
    }
    var map = MapReader(root, problems)
    spec.name = map.text("name") ?? spec.name
    spec.description = map.text("description")
    spec.schedule = schedule(map.value("schedule"))
    _ = map.value("parameters")
    spec.parameters = declared
    for key in Self.sectionKeys {
      if let section = map.value(key) { spec.sections[key] = section }
    }
    errorHandling(map.value("error_handling"), into: &spec)
    if let policy = map.value("retry", "retry_policy") { spec.retry = retry(policy) }
    spec.tests = tests(map.value("tests"))
    spec.steps = withOutputs(steps(of: root, reading: &map, pipeline: spec.name))
    if let purposes = purposes(of: map.value("destinations", "targets")) { spec.sections["purposes"] = purposes }
    map.refuseRest(of: "A pipeline", suggesting: Self.canonicalKeys, alsoNear: Self.documentKeys + Self.sectionKeys)
    return spec
  }

  private func steps(of root: Setting, reading map: inout MapReader, pipeline: String) -> [StepSpec] {
    let document = root.entries.filter { Self.documentKeys.contains($0.key) }
    if let written = map.value("steps") {
      if let first = document.first {
        problems.add(
          Problem(
            "two-forms", "A pipeline has either steps or \"\(first.key)\", not both.",
            hint: "Move \"\(first.key)\" into a step.", at: first.keyLocation))
        for key in Self.documentKeys { _ = map.value(key) }
      }
      return steps(written)
    }
    if document.isEmpty {
      problems.add(
        Problem(
          "no-steps", "The pipeline has no steps.", hint: "Add steps: with at least one read and one write.",
          at: root.location))
      return []
    }
    return documentSteps(&map, pipeline: pipeline)
  }

  /// `error_handling`: the retry policy goes into the pipeline, the rest becomes sections.
  private func errorHandling(_ setting: Setting?, into spec: inout PipelineSpec) {
    guard let setting else { return }
    guard case .map = setting.content else {
      problems.add(Problem("wrong-type", "\"error_handling\" must be a map.", at: setting.location))
      return
    }
    var map = MapReader(setting, problems)
    if let policy = map.value("retry_policy", "retry") { spec.retry = retry(policy) }
    let sections = ["notifications", "alerts", "dead_letter_queue", "recovery", "on_failure"]
    for key in sections {
      if let section = map.value(key) { spec.sections[key] = spec.sections[key] ?? section }
    }
    map.refuseRest(of: "error_handling", suggesting: ["retry_policy"] + sections)
  }

  /// `a/daily-orders.yaml` → `daily-orders`.
  static func name(ofFile file: String) -> String {
    let last = file.split(separator: "/").last.map(String.init) ?? file
    return last.lastIndex(of: ".").map { String(last[..<$0]) }.flatMap { $0.isEmpty ? nil : $0 } ?? last
  }
}

extension PipelineReading {
  /// `parameters`: a list of maps with `name`, a list of names, or a map of name to default.
  func parameters(_ setting: Setting?) -> [ParameterSpec] {
    guard let setting, setting.content != .null else { return [] }
    if case .map(let entries) = setting.content {
      return entries.map { parameter(named: $0.key, $0.value) }
    }
    return setting.elements.compactMap { element in
      if let name = element.text { return ParameterSpec(name: name) }
      guard let name = element["name"]?.text else {
        problems.add(Problem("missing-setting", "A parameter needs a name.", at: element.location))
        return nil
      }
      return parameter(named: name, element)
    }
  }

  private func parameter(named name: String, _ value: Setting) -> ParameterSpec {
    guard case .map = value.content else { return ParameterSpec(name: name, defaultText: value.text) }
    var map = MapReader(value, problems)
    _ = map.value("name", "type", "required")
    let parameter = ParameterSpec(
      name: name, defaultText: map.text("default"), summary: map.text("description", "summary"))
    _ = map.value("type")
    _ = map.value("required")
    map.refuseRest(of: "A parameter", suggesting: ["name", "default", "description", "type", "required"])
    return parameter
  }

  /// `tests`: rows given to steps, rows expected of others.
  func tests(_ setting: Setting?) -> [PipelineTest] {
    (setting?.elements ?? []).enumerated().compactMap { index, element in
      guard case .map = element.content else {
        problems.add(Problem("wrong-type", "A test is a map with given and expect.", at: element.location))
        return nil
      }
      var map = MapReader(element, problems)
      let test = PipelineTest(
        name: map.text("name") ?? "test \(index + 1)", given: rows(map.value("given"), "given"),
        expect: rows(map.value("expect"), "expect"), location: element.location)
      if test.expect.isEmpty, element["expect"] == nil {
        problems.add(
          Problem("missing-setting", "A test needs expect: the rows of at least one step.", at: element.location))
      }
      map.refuseRest(of: "A test", suggesting: ["name", "given", "expect"])
      return test
    }
  }

  private func rows(_ setting: Setting?, _ name: String) -> [String: Setting] {
    guard let setting else { return [:] }
    guard case .map(let entries) = setting.content else {
      problems.add(Problem("wrong-type", "\"\(name)\" must be a map of step to rows.", at: setting.location))
      return [:]
    }
    return Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
  }
}
