import Execution
import Foundation
import Pipelines

/// What a command has changed in a pipeline's rules.
package struct RuleChange: Sendable, Encodable {
  package var file: String
  /// The lines that changed, `-` before and `+` after, with their numbers.
  package var lines: [String]
}

extension Workspace {
  /// Adds a rule to a check of a pipeline: the step `step`, the one about the rows of `on`, or its only one; where there is none, a new
  /// check before the rows are written.
  /// - Parameter text: the rule as it stands in a file, such as `not_null: email`.
  /// - Throws: `usage` if it isn't clear where; `unknown-rule`, `cannot-edit`, and the problems the file would have. It stays as it is then.
  package func addRule(
    _ text: String, to name: String, step: String? = nil, on: String? = nil, onFail: OnFail? = nil
  ) async throws -> RuleChange {
    let file = try pipeline(name)
    let rule = try WrittenRule.read(text).answering(onFail)
    let rules = try WrittenRule.all(in: file.text, file: file.file).filter { $0.spec != nil }
    let spec = try PipelineParser.asWritten.parse(file.text, file: file.file)
    let checks = try spec.checks(step: step, on: on)
    guard checks.count < 2 else {
      throw Problem(
        "usage", "\"\(spec.name)\" has several checks, so say which one gets the rule.",
        hint: checks.map { "--step \($0.id)" }.joined(separator: " or "))
    }
    var edit = PipelineEdit(file.text, file: file.file)
    if let check = checks.first {
      guard let last = rules.last(where: { $0.step == check.id }) else { throw Problem.notInSteps(file.file) }
      try edit.add(rule, behind: last)
    } else {
      let on = try on ?? spec.rowsToCheck()
      let id = step ?? spec.freeID("\(on)_check")
      try edit.addCheck(id, on: on, rule)
    }
    return try await save(edit, over: file, named: name)
  }

  /// Puts another rule in the place of one, or lets it do something else if it is broken.
  /// - Parameter id: `sane.2`, or a step that has only one rule.
  /// - Parameter text: nil = the rule stays.
  /// - Parameter onFail: nil = what happens stays as it is, unless the text says it.
  /// - Throws: `unknown-rule`, `cannot-edit`, and the problems the file would have; it stays as it is then.
  package func changeRule(
    _ id: String, of name: String, to text: String? = nil, onFail: OnFail? = nil
  ) async throws -> RuleChange {
    let file = try pipeline(name)
    let old = try rule(id, in: file)
    var edit = PipelineEdit(file.text, file: file.file)
    if let text {
      var new: Setting
      if let spec = old.spec {
        new = try WrittenRule.read(text)
        let saysIt = ["on_fail", "on_failure"].contains { text.contains($0) }
        new = new.answering(onFail ?? (spec.isOnFailGiven && !saysIt ? spec.onFail : nil))
      } else {
        let root = try SettingReader.read(text, file: "rule")
        new = root.elements.count == 1 ? root.elements[0] : root
        _ = try Operations.make(new)
      }
      try edit.replace(old, by: new)
    } else if let onFail {
      try RuleEdit.write(onFail, to: old, into: &edit)
    }
    return try await save(edit, over: file, named: name)
  }

  /// Takes a rule out of a pipeline's file. With the last rule of a check the check goes, too: what read its rows reads those it checked.
  /// - Throws: `unknown-rule`, `cannot-edit`, and the problems the file would have; it stays as it is then.
  package func deleteRule(_ id: String, of name: String) async throws -> RuleChange {
    let file = try pipeline(name)
    let old = try rule(id, in: file)
    var edit = PipelineEdit(file.text, file: file.file)
    if old.siblings > 1 {
      try edit.remove(old.path)
      return try await save(edit, over: file, named: name)
    }
    let spec = try PipelineParser.asWritten.parse(file.text, file: file.file)
    guard let on = old.on ?? spec.stepBefore(old.step) else { throw Problem.notInSteps(file.file) }
    try edit.removeStep(old.step, readersTo: on)
    return try await save(edit, over: file, named: name) { before, after in
      let others = before.steps.filter { $0.id != old.step }
      let isSame = others.allSatisfy { step in
        after[id: step.id]?.inputs == step.inputs.map { $0 == old.step ? on : $0 }
      }
      guard !isSame else { return }
      throw Problem(
        "cannot-edit",
        "\"\(old.step)\" has no other rule, and without it other steps would read other rows.",
        hint: "Take the step out by hand, and say in those after it with `on` or `from` which rows they read.")
    }
  }

  private func rule(_ id: String, in file: PipelineText) throws -> WrittenRule {
    let rules = try WrittenRule.all(in: file.text, file: file.file)
    let ids = rules.map { "\($0.step).\($0.place + 1)" }
    if let index = ids.firstIndex(of: id) { return rules[index] }
    let ofStep = rules.filter { $0.step == id }
    if ofStep.count == 1 { return ofStep[0] }
    throw Problem(
      "unknown-rule", "There is no rule \"\(id)\" in \(file.file).",
      hint: ofStep.isEmpty
        ? Nearest.hint(id, among: ids) ?? "weir rules list \(file.file) shows them."
        : "The step has \(ids.filter { $0.hasPrefix("\(id).") }.joined(separator: ", ")).")
  }
}

extension PipelineSpec {
  /// The checks that a new rule may go into.
  fileprivate func checks(step: String?, on: String?) throws(Problem) -> [StepSpec] {
    if let step, let found = steps.first(where: { $0.id == step }) {
      guard case .check(let check) = found.work else {
        throw Problem("usage", "Step \"\(step)\" is no check.", hint: "Leave --step away, or name a new one.")
      }
      guard on == nil || on == (check.on ?? stepBefore(step)) else {
        throw Problem("usage", "Step \"\(step)\" checks the rows of \"\(check.on ?? stepBefore(step) ?? "")\".")
      }
      return [found]
    }
    if step != nil { return [] }
    if let on, !steps.contains(where: { $0.id == on }) {
      throw Problem(
        "unknown-step", "There is no step \"\(on)\".", hint: Nearest.hint(on, among: steps.map(\.id)))
    }
    return steps.filter {
      guard case .check(let check) = $0.work else { return false }
      return on == nil || on == (check.on ?? stepBefore($0.id))
    }
  }

  /// The step whose rows one without `on` works on.
  fileprivate func stepBefore(_ id: String) -> String? {
    guard let index = steps.firstIndex(where: { $0.id == id }) else { return nil }
    return steps[..<index].last { if case .write = $0.work { false } else { true } }?.id
  }

  /// The step whose rows are written.
  fileprivate func rowsToCheck() throws(Problem) -> String {
    let sources = steps.compactMap { step -> String? in
      guard case .write(let write) = step.work else { return nil }
      return write.from ?? stepBefore(step.id)
    }
    guard let only = sources.first, Set(sources).count == 1 else {
      throw Problem(
        "usage", "\"\(name)\" has no check, so say which rows the rule is about.",
        hint:
          "--on STEP, one of \(steps.filter { if case .write = $0.work { false } else { true } }.map(\.id).joined(separator: ", "))."
      )
    }
    return only
  }

  fileprivate func freeID(_ wanted: String) -> String {
    var id = wanted
    var number = 2
    while steps.contains(where: { $0.id == id }) { (id, number) = ("\(wanted)_\(number)", number + 1) }
    return id
  }
}

extension Setting {
  /// A rule that says what happens if it is broken.
  /// - Parameter onFail: nil = as it is.
  fileprivate func answering(_ onFail: OnFail?) -> Setting {
    guard let onFail else { return self }
    let rest = text.map { [Entry(key: $0, keyLocation: location, value: Setting(.null, at: location))] } ?? entries
    let answer = Entry(key: "on_fail", keyLocation: location, value: Setting(.text(onFail.rawValue), at: location))
    return Setting(.map(rest.filter { !["on_fail", "on_failure"].contains($0.key) } + [answer]), at: location)
  }
}

extension Problem {
  fileprivate static func notInSteps(_ file: String) -> Problem {
    Problem(
      "cannot-edit", "The rules of \(file) don't stand in a list of steps, so they can't be changed there.",
      hint: "Edit the text by hand.")
  }
}
