import Execution
import Foundation
import Pipelines

/// A rule that ended a run, as people see it (RUN-17).
package struct Violation: Sendable, Encodable {
  package struct Example: Sendable, Encodable {
    /// `row 1234`.
    package var position: String
    /// The value as JSON, or the whole row where the rule is about several columns.
    package var value: String
  }
  package var step: String
  package var errorType = DataQuality.errorType
  package var columns: [String]
  package var invalidValues: Int
  package var rows: Int
  package var examples: [Example]
  /// In words.
  package var rule: String
  package var kind: String
  package var observed: String?
  package var actionTaken: String
  let place: Int
  let isAboutRows: Bool
}

/// What can be done about the rules that ended a run (RUN-18).
package struct SuggestedFix: Sendable, Encodable {
  package enum Choice: String, Sendable, Codable, CaseIterable { case skip, null, guide, relax }
  package var number: Int
  package var choice: Choice
  package var title: String
  package var command: String
}

/// What a fix changes in the file of a pipeline.
package struct FileEdit: Sendable {
  package var file: String
  package var before: String
  package var after: String

  /// The lines that change, `-` before and `+` after, with their numbers.
  package var lines: [String] {
    let (old, new) = (before.components(separatedBy: "\n"), after.components(separatedBy: "\n"))
    let changes = new.difference(from: old)
    var lines: [(place: Int, order: Int, text: String)] = []
    for case .remove(let offset, let line, _) in changes { lines.append((offset, 0, "- \(offset + 1): \(line)")) }
    for case .insert(let offset, let line, _) in changes { lines.append((offset, 1, "+ \(offset + 1): \(line)")) }
    return lines.sorted { ($0.place, $0.order) < ($1.place, $1.order) }.map(\.text)
  }
}

extension Run {
  /// The rules that ended it; empty if something else did.
  package var violations: [Violation] {
    guard status == .failed else { return [] }
    let ending = [OnFail.stop.rawValue, OnFail.ask.rawValue]
    return checks.filter { !$0.outcome.passed && ending.contains($0.outcome.onFail) }.compactMap { check in
      let outcome = check.outcome
      return outcome.place.map { place in
        Violation(
          step: check.step, columns: outcome.columns ?? [], invalidValues: outcome.failedRows, rows: outcome.rows,
          examples: outcome.examples.map { .init(position: $0.position, value: $0.value ?? $0.original) },
          rule: outcome.words,
          kind: outcome.rule, observed: outcome.observed, actionTaken: DataQuality.action(outcome), place: place,
          isAboutRows: outcome.columns != nil)
      }
    }
  }

  package var suggestedFixes: [SuggestedFix] { fixes(of: violations) }

  /// What can be done about some of the rules that ended it.
  func fixes(of broken: [Violation]) -> [SuggestedFix] {
    guard !broken.isEmpty else { return [] }
    var fixes: [(SuggestedFix.Choice, String)] = []
    let rows = broken.filter(\.isAboutRows)
    if rows.count == broken.count {
      let lost = rows.map(\.invalidValues).reduce(0, +)
      fixes.append(
        (
          .skip,
          "Skip invalid rows (lose \(rows.count > 1 ? "at most " : "")\(lost.grouped) record\(lost == 1 ? "" : "s"))"
        ))
    }
    if rows.count == broken.count, rows.allSatisfy(\.canBeEmptied) {
      fixes.append(
        (
          .null,
          "Set invalid \(Set(rows.flatMap(\.columns)).sorted().map { "\"\($0)\"" }.joined(separator: ", ")) to null"
        ))
    }
    fixes.append((.guide, "Fix at source"))
    fixes.append((.relax, "Relax the validation rule\(broken.count == 1 ? "" : "s")"))
    return fixes.enumerated().map { number, fix in
      SuggestedFix(number: number + 1, choice: fix.0, title: fix.1, command: "weir fix \(id) \(fix.0.rawValue)")
    }
  }
}

extension Violation {
  /// Whether leaving the value empty lets the row through.
  fileprivate var canBeEmptied: Bool { isAboutRows && !columns.isEmpty && kind != "not_null" }
}

extension Workspace {
  /// Tries a run again that rules have ended, with another answer to the rows that broke them: writes it has done are left out.
  /// - Parameter onFail: what becomes of rows that break the rules from now on.
  /// - Parameter isKept: whether the pipeline's file says so from now on, too.
  /// - Returns: the request, and what has been changed in the file.
  /// - Throws: `unknown-run`, `no-fix`, `changed-text`, `cannot-edit`.
  package func requestToFix(
    _ id: String, _ onFail: OnFail, rule: String? = nil, step: String? = nil, isKept: Bool
  ) async throws -> (request: RunRequest, edit: FileEdit?) {
    let run = try await requireRun(id)
    let broken = try violations(of: run, rule: rule, step: step)
    let needsRows = [.skip, .null, .flag].contains(onFail)
    if let unfit = broken.first(where: { needsRows && !$0.isAboutRows || onFail == .null && !$0.canBeEmptied }) {
      throw Problem(
        "no-fix",
        unfit.isAboutRows
          ? "Emptying a value doesn't make it pass the rule: \(unfit.rule)."
          : "The rule \(unfit.rule) is about all rows, so there are none to \(onFail.rawValue).",
        hint: "weir fix \(run.id) shows what can be done.")
    }
    let fixes = broken.map { RuleFix(step: $0.step, place: $0.place, rule: $0.kind, onFail: onFail) }
    var request = try await requestToResume(run.id)
    guard isKept else {
      request.options.fixes += fixes
      return (request, nil)
    }
    let (file, url) = try place(ofPipeline: request.text.file)
    let now = try pipeline(request.text.file)
    guard now.hash == run.version else {
      throw Problem(
        "changed-text", "The file \(file) has changed since run \(run.id), so its rules may be others now.",
        hint: "weir run \(file) runs what it says now; weir fix \(run.id) skip tries the text again as it was.")
    }
    var edit = PipelineEdit(now.text, file: file)
    for fix in fixes { try RuleEdit.write(fix, into: &edit, file: file) }
    let written = try write(edit.text, over: now, at: url)
    request.text = PipelineText(file: file, text: edit.text)
    return (request, written)
  }

  /// How to correct a failed run's values where they come from, in steps.
  package func guide(_ id: String, rule: String? = nil, step: String? = nil) async throws -> [String] {
    let run = try await requireRun(id)
    let broken = try violations(of: run, rule: rule, step: step)
    let request = try await requestToReplay(run.id)
    let reads = try PipelineParser.asWritten.parse(request.text.text, file: request.text.file).steps.compactMap {
      step -> String? in
      guard case .read(let spec) = step.work else { return nil }
      return "\(step.id) (\(Redactor().redact(spec.words)))"
    }
    var lines = broken.map { violation in
      let examples = violation.examples.map { "\($0.position): \($0.value)" }.joined(separator: "; ")
      return "Look for rows that break the rule of step \"\(violation.step)\": \(violation.rule)."
        + (examples.isEmpty ? "" : " For example \(examples).")
    }
    lines.append("The rows come from \(reads.joined(separator: ", ")). Correct the values there.")
    if broken.contains(where: \.isAboutRows) {
      lines.append(
        "To see all of them: weir fix \(run.id) skip loads the others and keeps these; weir rejects show lists them.")
    }
    lines.append("Then go on after this run: weir replay \(run.id) --failed")
    return lines
  }

  private func violations(of run: Run, rule: String?, step: String?) throws(Problem) -> [Violation] {
    let all = run.violations
    guard !all.isEmpty else {
      throw Problem(
        "no-fix",
        "Run \(run.id) is \(run.status.rawValue), and not because of a broken rule: there is nothing to fix here.",
        hint: run.status == .failed ? "weir runs show \(run.id) says why it failed." : nil)
    }
    let chosen = all.filter { (rule ?? $0.kind) == $0.kind && (step ?? $0.step) == $0.step }
    guard !chosen.isEmpty else {
      let names = all.flatMap { [$0.kind, $0.step] }
      throw Problem(
        "no-fix", "No such rule ended run \(run.id).",
        hint: Nearest.hint(rule ?? step ?? "", among: names)
          ?? "Broken are \(all.map { "\($0.kind) in \($0.step)" }.joined(separator: ", ")).")
    }
    return chosen
  }
}

extension ReadSpec {
  /// What it reads, as messages call it.
  fileprivate var words: String {
    let place: String =
      switch from.kind {
      case .named(let name): name
      case .url(let text): text
      case .inline(let connector, let settings): settings["path"]?.text ?? connector
      }
    switch subject {
    case .table(let name): return "table \(name) of \(place)"
    case .query: return "a query in \(place)"
    case .path(let path): return path == place ? path : "\(path) of \(place)"
    case .whole: return place
    }
  }
}
