import Execution
import Foundation
import Pipelines

/// What was wrong with the rows of a pipeline's run, and what can be done about each of it.
package struct QualityIssues: Sendable, Encodable {
  package var pipeline: String
  package var run: String
  package var status: RunStatus
  package var startedAt: Date
  package var quality: Quality?
  package var count: Int
  package var issues: [QualityIssue]
}

/// A rule that didn't hold, or rows that couldn't be read.
package struct QualityIssue: Sendable, Encodable {
  package enum Severity: String, Sendable, Encodable { case failed, warning }
  package struct Fix: Sendable, Encodable {
    package var title: String
    package var command: String
  }
  /// From 1.
  package var number = 0
  package var severity: Severity
  package var step: String
  /// The kind of rule.
  package var rule: String
  /// The rule in words, or why rows couldn't be read.
  package var words: String
  package var columns: [String] = []
  /// Rows that break it; 0 for one about the rows as a whole.
  package var invalidRows: Int
  /// How many rows were looked at; nil = nobody counted.
  package var rows: Int?
  package var observed: String?
  package var examples: [Violation.Example]
  /// What the run did about it.
  package var onFail: String
  package var actionTaken: String
  package var fixes: [Fix] = []
}

extension Workspace {
  /// The quality issues of a pipeline's last run that came to its end, the ones that ended it first.
  /// - Parameter name: a pipeline's file, or its name.
  /// - Parameter run: another run of any pipeline.
  /// - Throws: `unknown-run`.
  package func issues(ofPipeline name: String, run id: String? = nil) async throws -> QualityIssues {
    let file = try? pipeline(name)
    let named = file.flatMap { try? PipelineParser.asWritten.parse($0.text, file: $0.file).name } ?? name
    let found: Run? = if let id { try await requireRun(id) } else { try await lastRun(of: named) }
    guard let run = found, run.pipelineId == Run.slug(named) else {
      throw Problem(
        "unknown-run",
        found.map { "Run \($0.id) is one of \"\($0.pipeline)\"." } ?? "There is no run of \"\(named)\" that has ended.",
        hint: found == nil ? "weir runs list shows the runs there are." : nil)
    }
    let rules = (try? await rules(ofPipeline: run.file ?? name)) ?? []
    let issues = run.issues(rules).enumerated().map { index, issue in
      var issue = issue
      issue.number = index + 1
      return issue
    }
    return QualityIssues(
      pipeline: run.pipeline, run: run.id, status: run.status, startedAt: run.startedAt, quality: run.quality,
      count: issues.count, issues: issues)
  }
}

extension Run {
  /// - Parameter rules: those of its pipeline's file as it is now.
  fileprivate func issues(_ rules: [PipelineRule]) -> [QualityIssue] {
    let broken = checks.filter { !$0.outcome.passed }
    let judged = broken.map { issue($0.step, $0.outcome, rules) }
    let unread = rejects.filter { reject in
      !broken.contains { $0.step == reject.step && $0.outcome.rule == reject.summary.rule }
    }.map { reject in
      var issue = QualityIssue(
        severity: .warning, step: reject.step, rule: reject.summary.rule, words: reject.summary.reason,
        invalidRows: reject.summary.count, examples: reject.summary.examples.map(Violation.Example.init),
        onFail: OnFail.skip.rawValue, actionTaken: "the rows were set aside")
      issue.fixes = fixes(ofRowsSetAsideBy: reject.summary.rule, in: reject.step)
      return issue
    }
    return (judged + unread).sorted { $0.severity == .failed && $1.severity != .failed }
  }

  private func issue(_ step: String, _ outcome: CheckOutcome, _ rules: [PipelineRule]) -> QualityIssue {
    let violation = violations.first { $0.step == step && $0.place == outcome.place && $0.kind == outcome.rule }
    var issue = QualityIssue(
      severity: violation == nil ? .warning : .failed, step: step, rule: outcome.rule, words: outcome.words,
      columns: outcome.columns ?? [], invalidRows: outcome.failedRows, rows: outcome.rows > 0 ? outcome.rows : nil,
      observed: outcome.observed, examples: outcome.examples.map(Violation.Example.init), onFail: outcome.onFail,
      actionTaken: DataQuality.action(outcome))
    if let violation {
      let only = violations.count > 1 ? " --step \(step) --rule \(outcome.rule)" : ""
      issue.fixes = fixes(of: [violation]).map { QualityIssue.Fix(title: $0.title, command: $0.command + only) }
      return issue
    }
    if outcome.onFail == OnFail.skip.rawValue { issue.fixes = fixes(ofRowsSetAsideBy: outcome.rule, in: step) }
    if outcome.onFail == OnFail.flag.rawValue { issue.fixes = [look(atRowsSetAsideBy: outcome.rule, in: step)] }
    let written = rules.first { $0.step == step && outcome.place.map($0.places.contains) == true }
    guard let file, let written, outcome.onFail != OnFail.skip.rawValue, outcome.onFail != OnFail.null.rawValue else {
      return issue
    }
    let isAboutRows = outcome.columns != nil
    issue.fixes.append(
      QualityIssue.Fix(
        title: isAboutRows ? "Set such rows aside from now on" : "Stop such a run from now on",
        command: "weir rules edit \(file) \(written.id) --on-fail \(isAboutRows ? "skip" : "stop")"))
    return issue
  }

  private func look(atRowsSetAsideBy rule: String, in step: String) -> QualityIssue.Fix {
    QualityIssue.Fix(title: "Look at the rows", command: "weir rejects show \(id) --step \(step) --rule \(rule)")
  }

  private func fixes(ofRowsSetAsideBy rule: String, in step: String) -> [QualityIssue.Fix] {
    guard [.success, .warning].contains(status) else { return [look(atRowsSetAsideBy: rule, in: step)] }
    return [
      look(atRowsSetAsideBy: rule, in: step),
      QualityIssue.Fix(
        title: "Feed them in again, once the pipeline takes them",
        command: "weir replay \(id) --rejects --step \(step) --rule \(rule)"),
    ]
  }
}

extension Violation.Example {
  fileprivate init(_ row: RejectedRow) { self.init(position: row.position, value: row.value ?? row.original) }
}
