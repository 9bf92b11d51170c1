import ArgumentParser
import Execution
import Foundation
import Pipelines
import Workspace

/// What a rule does with rows that break it, as an option.
enum RuleAnswer: String, ExpressibleByArgument, CaseIterable {
  case stop, warn, flag, null, skip, alert, ask

  var onFail: OnFail? { OnFail(rawValue: rawValue) }
}

struct AddRule: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a rule to a pipeline's file.",
    discussion: """
      RULE is written as in the file: 'not_null: email', 'range: { column: total, min: 0 }', 'use: contacts'. It goes into the pipeline's check; \
      where there are several, --step or --on says into which; where there is none, a check is made of the rows that are written. Comments \
      and everything else in the file stay. Nothing is written if the file wouldn't be valid.
      """)
  @Argument(help: "A pipeline file, or the name of one in pipelines/.") var pipeline: String
  @Argument(help: "The rule.") var rule: String
  @Option(help: "The check it goes into, or the name of a new one.") var step: String?
  @Option(help: "The step whose rows it is about.") var on: String?
  @Option(help: "What happens to rows that break it; otherwise stop.") var onFail: RuleAnswer?
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let workspace = try await common.open()
    try common.show(
      change: try await workspace.addRule(rule, to: pipeline, step: step, on: on, onFail: onFail?.onFail))
  }
}

struct EditRule: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change a rule in a pipeline's file.",
    discussion: """
      ID is what weir rules list PIPELINE shows: STEP.NUMBER, or the step alone if it has one rule. Without RULE only what happens if it is broken \
      changes. Comments and everything else in the file stay. Nothing is written if the file wouldn't be valid.
      """)
  @Argument(help: "A pipeline file, or the name of one in pipelines/.") var pipeline: String
  @Argument(help: "The rule's id.") var id: String
  @Argument(help: "What it is from now on.") var rule: String?
  @Option(help: "What happens to rows that break it from now on.") var onFail: RuleAnswer?
  @OptionGroup var common: CommonOptions

  func run() async throws {
    guard rule != nil || onFail != nil else {
      throw Problem(
        "usage", "Say what changes: the rule, or --on-fail.", hint: "weir rules edit \(pipeline) \(id) --on-fail warn")
    }
    let workspace = try await common.open()
    try common.show(
      change: try await workspace.changeRule(id, of: pipeline, to: rule, onFail: onFail?.onFail))
  }
}

struct DeleteRule: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Take a rule out of a pipeline's file; with its last rule a check goes, too.")
  @Argument(help: "A pipeline file, or the name of one in pipelines/.") var pipeline: String
  @Argument(help: "The rule's id: STEP.NUMBER, or the step alone if it has one rule.") var id: String
  @Flag(name: .shortAndLong, help: "Don't ask.") var yes = false
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let workspace = try await common.open()
    let rules = try await workspace.rules(ofPipeline: pipeline)
    let known = rules.first { $0.id == id || $0.step == id }.map { " (\($0.rule))" } ?? ""
    try Confirmation.ask("Delete the rule \(id)\(known) from \"\(pipeline)\"?", isGiven: yes)
    try common.show(change: try await workspace.deleteRule(id, of: pipeline))
  }
}

extension CommonOptions {
  /// Shows what has changed in a file; secrets in its lines are hidden.
  fileprivate func show(change: RuleChange) throws {
    var change = change
    change.lines = change.lines.map { Redactor().redact($0) }
    try show(change) { "changed \(change.file)\n" + change.lines.map { "  \($0)\n" }.joined() }
  }
}
