/// Another answer to rows that break one rule of a pipeline, for a run that is tried again (RUN-18).
package struct RuleFix: Sendable, Codable, Hashable {
  package var step: String
  /// Where the rule stands among the rules of a check (those of templates one by one) or the operations of a transform, from 0.
  package var place: Int
  /// The rule's kind.
  package var rule: String
  package var onFail: OnFail

  package init(step: String, place: Int, rule: String, onFail: OnFail) {
    self.step = step
    self.place = place
    self.rule = rule
    self.onFail = onFail
  }
}

extension PipelineSpec {
  /// Lets rules do what `fixes` say; the last one about a rule counts. One whose rule isn't there any more changes nothing.
  package mutating func apply(_ fixes: [RuleFix]) {
    for fix in fixes {
      guard let index = steps.firstIndex(where: { $0.id == fix.step }) else { continue }
      switch steps[index].work {
      case .check(var check):
        check.fixes[fix.place] = fix.onFail
        steps[index].work = .check(check)
      case .transform(var transform):
        guard case .operations(var operations) = transform.body, operations.indices.contains(fix.place) else {
          continue
        }
        operations[fix.place].settings = operations[fix.place].settings.answering(fix.onFail)
        transform.body = .operations(operations)
        steps[index].work = .transform(transform)
      default: continue
      }
    }
  }
}

extension Setting {
  /// The settings of a validation with another `on_fail`.
  fileprivate func answering(_ onFail: OnFail) -> Setting {
    let entries = self.entries.filter { !RuleEdit.keys.contains($0.key) }
    let answer = Entry(
      key: RuleEdit.keys[0], keyLocation: location, value: Setting(.text(onFail.rawValue), at: location))
    return Setting(.map(entries + [answer]), at: location)
  }
}

/// Where a pipeline's text says what happens to rows that break a rule.
package enum RuleEdit {
  /// The names of the setting, the usual one first.
  static let keys = ["on_fail", "on_failure", "action"]

  /// Writes a fix into the text; comments and everything else stay.
  /// - Throws: `cannot-edit` where the text is of an unusual form.
  package static func write(_ fix: RuleFix, into edit: inout PipelineEdit, file: String) throws(Problems) {
    let root = try SettingReader.read(edit.text, file: file)
    guard let step = root["steps"]?.elements.first(where: { $0["id"]?.text == fix.step }),
      let (path, rule) = place(of: fix, in: step)
    else {
      throw Problems([
        Problem(
          "cannot-edit",
          "The rule \(fix.rule) of step \"\(fix.step)\" doesn't stand in the text by itself, so it can't be changed there.",
          hint: "Write `on_fail: \(fix.onFail.rawValue)` beside it, or beside the template it comes from, by hand.",
          at: root.location)
      ])
    }
    try write(fix.onFail, at: ["steps", fix.step] + path, rule, into: &edit)
  }

  /// Writes into the text what happens to rows that break a rule from now on.
  /// - Throws: `cannot-edit` where the text is of an unusual form.
  package static func write(_ onFail: OnFail, to rule: WrittenRule, into edit: inout PipelineEdit) throws(Problems) {
    let found = rule.spec == nil ? operation((rule.path, rule.setting)) : (rule.path, rule.setting)
    guard let found else {
      throw Problems([YAMLSource.refusal("the validation has no settings", rule.setting.location)])
    }
    try write(onFail, at: found.path, found.rule, into: &edit)
  }

  private static func write(
    _ onFail: OnFail, at path: [String], _ rule: Setting, into edit: inout PipelineEdit
  ) throws(Problems) {
    if let name = rule.text {
      let entries = [(name, Setting.Content.null), (keys[0], .text(onFail.rawValue))]
      try edit.set(
        path,
        to: .map(
          entries.map { Setting.Entry(key: $0, keyLocation: rule.location, value: Setting($1, at: rule.location)) }))
    } else if let (name, key) = inside(rule) {
      try edit.set(path + [name, key], to: .text(onFail.rawValue))
    } else {
      let key = rule.entries.first { keys.contains($0.key) }?.key ?? keys[0]
      try edit.set(path + [key], to: .text(onFail.rawValue))
    }
  }

  /// A rule whose own settings say `on_fail`: its name and the key.
  private static func inside(_ rule: Setting) -> (name: String, key: String)? {
    for entry in rule.entries {
      if let key = entry.value.entries.first(where: { ["on_fail", "on_failure"].contains($0.key) })?.key {
        return (entry.key, key)
      }
    }
    return nil
  }

  /// The path to the map that takes `on_fail`, within its step, and what stands there.
  private static func place(of fix: RuleFix, in step: Setting) -> (path: [String], rule: Setting)? {
    if let check = step["check"] {
      if case .list = check.content { return element(fix.place, of: check, at: ["check"]) }
      if let key = ["rules", "checks"].first(where: { check[$0] != nil }) {
        return element(fix.place, of: check[key], at: ["check", key])
      }
      return fix.place == 0 ? (["check"], check) : nil
    }
    guard let transform = step["transform"] else { return nil }
    if case .list = transform.content { return operation(element(fix.place, of: transform, at: ["transform"])) }
    if let key = ["operations", "transformations"].first(where: { transform[$0] != nil }) {
      return operation(element(fix.place, of: transform[key], at: ["transform", key]))
    }
    return fix.place == 0 ? operation((["transform"], transform)) : nil
  }

  private static func element(_ place: Int, of list: Setting?, at path: [String]) -> (path: [String], rule: Setting)? {
    // A template is one element that stands for several rules.
    guard let elements = list?.elements, elements.indices.contains(place),
      !elements[...place].contains(where: { $0[TemplateExpansion.key] != nil })
    else { return nil }
    return (path + [String(place)], elements[place])
  }

  /// An operation's settings: beside its `type`, or below its name.
  private static func operation(_ found: (path: [String], rule: Setting)?) -> (path: [String], rule: Setting)? {
    guard let found, found.rule["type"] == nil else { return found }
    guard let entry = found.rule.entries.first(where: { $0.key != "on" }), case .map = entry.value.content else {
      return nil
    }
    return (found.path + [entry.key], entry.value)
  }
}
