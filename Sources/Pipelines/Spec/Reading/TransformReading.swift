extension PipelineReading {
  /// A list of operations; `{on, sql}`; `{on, operations}`; or SQL as text.
  func transform(_ setting: Setting) -> TransformSpec? {
    switch setting.content {
    case .list: return TransformSpec(body: .operations(operations(setting)))
    case .text: return sql(setting).map { TransformSpec(body: .sql($0)) }
    case .map: break
    default:
      problems.add(
        Problem("wrong-type", "A transform is a list of operations, or a map with sql.", at: setting.location))
      return nil
    }
    var map = MapReader(setting, problems)
    let on = map.text("on", "from", "input")
    let sql = map.value("sql", "query")
    let list = map.value("operations", "transformations")
    if let sql, let list {
      problems.add(
        Problem(
          "two-works", "A transform has either sql or operations, not both.", hint: "Make two steps of it.",
          at: max(sql, list, by: \.location.line).location))
    }
    if sql == nil, list == nil {
      return singleOperation(setting, on: on, rest: map.rest)
    }
    map.refuseRest(of: "A transform", suggesting: ["on", "sql", "operations"])
    if let sql { return self.sql(sql).map { TransformSpec(on: on, body: .sql($0)) } }
    return list.map { TransformSpec(on: on, body: .operations(operations($0))) }
  }

  private func sql(_ setting: Setting) -> Setting? {
    do throws(Problem) {
      return Setting(.text(try UserSQL.query(setting)), at: setting.location)
    } catch {
      problems.add(Problem(error.code, "\"sql\" \(error.message)", hint: error.hint, at: setting.location))
      return nil
    }
  }

  /// `transform: {filter: …}`: one operation without a list around it.
  private func singleOperation(_ setting: Setting, on: String?, rest: Setting?) -> TransformSpec? {
    guard let rest, rest["type"] != nil || rest.entries.count == 1, let operation = operation(rest) else {
      problems.add(
        Problem("missing-setting", "The transform has neither sql nor operations.", at: setting.location))
      return nil
    }
    return TransformSpec(on: on, body: .operations([operation]))
  }

  func operations(_ setting: Setting) -> [OperationSpec] {
    let list = setting.elements.compactMap(operation)
    if setting.elements.isEmpty {
      problems.add(Problem("no-operations", "The list of operations is empty.", at: setting.location))
    }
    return list
  }

  /// `name`, `name: value`, or `{type: name, …settings}`.
  func operation(_ setting: Setting) -> OperationSpec? {
    if let name = setting.text {
      return OperationSpec(name: name, settings: Setting(.null, at: setting.location), location: setting.location)
    }
    guard case .map(let entries) = setting.content, !entries.isEmpty else {
      problems.add(
        Problem(
          "wrong-type", "An operation is written as name: settings.", hint: "For example filter: amount > 0.",
          at: setting.location))
      return nil
    }
    if let type = setting["type"], let name = type.text, entries.count > 1 || entries[0].key == "type" {
      let settings = Setting(.map(entries.filter { $0.key != "type" }), at: setting.location)
      return OperationSpec(name: name, settings: settings, location: type.location)
    }
    if entries.count > 1 {
      problems.add(
        Problem(
          "two-works",
          "An operation has one name, but here are \(entries.map { "\"\($0.key)\"" }.joined(separator: ", ")).",
          hint: "Start a new line with - for each operation, or indent its settings further.",
          at: entries[1].keyLocation))
      return nil
    }
    return OperationSpec(name: entries[0].key, settings: entries[0].value, location: entries[0].keyLocation)
  }

  private func max(_ left: Setting, _ right: Setting, by line: (Setting) -> Int) -> Setting {
    line(left) > line(right) ? left : right
  }
}

extension PipelineReading {
  /// `{on, rules: […]}`, or only the list of rules.
  func check(_ setting: Setting) -> CheckSpec? {
    if case .list = setting.content { return CheckSpec(rules: rules(setting)) }
    guard case .map = setting.content else {
      problems.add(
        Problem("wrong-type", "A check is a list of rules, or a map with on and rules.", at: setting.location))
      return nil
    }
    var map = MapReader(setting, problems)
    let on = map.text("on", "from", "input")
    guard let list = map.value("rules", "checks") else {
      if let rest = map.rest, let rule = rule(rest) { return CheckSpec(on: on, rules: [rule]) }
      problems.add(
        Problem("missing-setting", "The check has no rules.", hint: "Add rules: with a list.", at: setting.location))
      return nil
    }
    map.refuseRest(of: "A check", suggesting: ["on", "rules"])
    return CheckSpec(on: on, rules: rules(list))
  }

  func rules(_ setting: Setting) -> [RuleSpec] {
    if setting.elements.isEmpty {
      problems.add(Problem("no-rules", "The list of rules is empty.", at: setting.location))
    }
    return setting.elements.compactMap(rule)
  }

  /// What a rule's own settings say of `on_fail`, and the settings without that.
  private func onFail(inside settings: Setting) -> (OnFail?, Setting) {
    let keys = ["on_fail", "on_failure"]
    guard case .map(let entries) = settings.content, let entry = entries.first(where: { keys.contains($0.key) }) else {
      return (nil, settings)
    }
    var map = MapReader(settings, problems)
    let chosen = map.choice("on_fail", "on_failure", from: OnFail.allCases.map { ($0.rawValue, $0) })
    let rest = Setting(.map(entries.filter { !keys.contains($0.key) }), at: settings.location)
    return (chosen ?? (entry.value.content == .null ? .null : nil), rest)
  }

  /// `name`, `name: value` with `on_fail` beside it or among its settings, or `{type: name, …settings, on_fail}`.
  func rule(_ setting: Setting) -> RuleSpec? {
    if let name = setting.text {
      return RuleSpec(name: name, settings: Setting(.null, at: setting.location), location: setting.location)
    }
    guard case .map(let entries) = setting.content else {
      problems.add(
        Problem(
          "wrong-type", "A rule is written as name: settings.", hint: "For example not_null: [id].",
          at: setting.location))
      return nil
    }
    var map = MapReader(setting, problems)
    let chosen = map.choice("on_fail", "on_failure", from: OnFail.allCases.map { ($0.rawValue, $0) })
    // YAML reads a bare null as nothing; here it is one of the choices.
    let isNull = entries.contains { ["on_fail", "on_failure"].contains($0.key) && $0.value.content == .null }
    let beside = chosen ?? (isNull ? .null : nil)
    func made(_ name: String, _ settings: Setting, _ location: Location) -> RuleSpec {
      let (inside, settings) = onFail(inside: settings)
      if let inside, let beside, inside != beside {
        problems.add(
          Problem(
            "two-works",
            "The rule says on_fail: \(beside.rawValue) beside its settings and on_fail: \(inside.rawValue) among them.",
            hint: "Keep one.", at: location))
      }
      var rule = RuleSpec(name: name, settings: settings, onFail: beside ?? inside ?? .stop, location: location)
      rule.isOnFailGiven = beside != nil || inside != nil
      return rule
    }
    let own = entries.filter { !["on_fail", "on_failure", "name", "description"].contains($0.key) }
    if let type = setting["type"], let name = type.text {
      let settings = Setting(.map(own.filter { $0.key != "type" }), at: setting.location)
      return made(name, settings, type.location)
    }
    if let use = own.first(where: { $0.key == TemplateExpansion.key }),
      let with = own.first(where: { $0.key == "with" }), own.count == 2
    {
      let template = Setting.Entry(key: "template", keyLocation: use.keyLocation, value: use.value)
      return made(use.key, Setting(.map([template, with]), at: setting.location), use.keyLocation)
    }
    guard let only = own.first, own.count == 1 else {
      problems.add(
        Problem(
          "two-works",
          "A rule has one name, but here are \(own.isEmpty ? "none" : own.map { "\"\($0.key)\"" }.joined(separator: ", ")).",
          hint: "Start a new line with - for each rule, or write {type: NAME, …}.",
          at: own.dropFirst().first?.keyLocation ?? setting.location))
      return nil
    }
    return made(only.key, only.value, only.keyLocation)
  }
}
