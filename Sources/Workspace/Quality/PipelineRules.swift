import Execution
import Foundation
import Pipelines

/// A rule of a pipeline, as `weir rules list PIPELINE` shows it.
package struct PipelineRule: Sendable, Encodable {
  /// What it found in the pipeline's last run.
  package struct LastResult: Sendable, Encodable {
    package var run: String
    package var passed: Bool
    /// Of a rule about rows: how many of them pass, in percent.
    package var validPercent: Double?
    package var failedRows: Int
  }

  /// `sane.2`: the second of step `sane`.
  package var id: String
  package var step: String
  /// The rule as it is written, without `on_fail`.
  package var rule: String
  package var kind: String
  /// What it says in words; nil = its template does.
  package var words: String?
  /// nil = its template decides.
  package var onFail: OnFail?
  package var line: Int
  package var lastResult: LastResult?
  /// Its places among the rules of its step, templates counted rule by rule.
  let places: Range<Int>

  private enum CodingKeys: String, CodingKey { case id, step, rule, kind, words, onFail, line, lastResult }
}

extension Workspace {
  /// The rules a pipeline's file has, with what they found in its last run.
  /// - Throws: `missing-file`, and the problems of a file that can't be read.
  package func rules(ofPipeline name: String) async throws -> [PipelineRule] {
    let text = try pipeline(name)
    let spec = try PipelineParser.asWritten.parse(text.text, file: text.file)
    let run = try await lastRun(of: spec.name)
    return try written(text).map { rule, places in
      var result = PipelineRule(
        id: "\(rule.step).\(rule.place + 1)", step: rule.step, rule: rule.text, kind: rule.kind, words: rule.words,
        onFail: rule.onFail, line: rule.setting.location.line, places: places)
      let found = (run?.checks ?? []).filter { check in
        check.step == rule.step && check.outcome.place.map(places.contains) == true
      }.map(\.outcome)
      if let run, !found.isEmpty {
        result.lastResult = PipelineRule.LastResult(
          run: run.id, passed: found.allSatisfy(\.passed), validPercent: found.compactMap(\.validPercent).min(),
          failedRows: found.map(\.failedRows).reduce(0, +))
      }
      return result
    }
  }

  /// The latest run of a pipeline that came to its end.
  func lastRun(of name: String) async throws -> Run? {
    let runs = try await store.runs(pipeline: name, limit: 100)
    guard let last = runs.first(where: { [.success, .warning, .failed].contains($0.status) }) else { return nil }
    return try await store.run(last.id)
  }

  private func written(_ text: PipelineText) throws -> [(WrittenRule, Range<Int>)] {
    var next: [String: Int] = [:]
    return try WrittenRule.all(in: text.text, file: text.file).map { rule in
      let first = rule.spec == nil ? rule.place : next[rule.step, default: 0]
      let places = first..<(first + rule.count(ruleTemplates))
      next[rule.step] = places.upperBound
      return (rule, places)
    }
  }
}
