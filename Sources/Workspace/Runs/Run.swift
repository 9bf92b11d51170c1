import Execution
import Foundation
import Pipelines
import Tabular

/// One execution of one pipeline version, as history keeps it and `-o json` prints it (RUN-04).
package struct Run: Sendable, Codable {
  package struct Metrics: Sendable, Codable, Hashable {
    /// Rows the pipeline took in.
    package var rowsProcessed = 0
    /// Rows that were set aside.
    package var rowsFailed = 0
    package var durationSeconds: Double = 0

    package init(rowsProcessed: Int = 0, rowsFailed: Int = 0, durationSeconds: Double = 0) {
      self.rowsProcessed = rowsProcessed
      self.rowsFailed = rowsFailed
      self.durationSeconds = durationSeconds
    }
  }

  package var id: String
  /// The pipeline's name in the form it has in addresses.
  package var pipelineId: String
  package var pipeline: String
  /// The file it was read from, as the user named it.
  package var file: String?
  /// Content hash of the text that ran.
  package var version: String
  package var status: RunStatus
  package var trigger: Trigger
  /// What it was given; the values of secrets are hidden.
  package var parameters: [String: String]
  /// What it was given, encrypted, if any of it is secret.
  package var sealedParameters: String?
  package var startedAt: Date
  /// The time the pipeline sees as `run.started_at`; a replay has that of the run it repeats.
  package var logicalTime: Date
  /// The run that this one goes on after.
  package var resumes: String?
  /// The run whose dead letters this one feeds in again.
  package var feeds: String?
  package var finishedAt: Date?
  /// 0 to 100.
  package var progress = 0
  package var currentTask: String?
  package var metrics = Metrics()
  package var peakMemoryBytes: Int?
  package var steps: [StepRun] = []
  package var receipts: [Receipt] = []
  package var checks: [StepCheck] = []
  package var rejects: [StepReject] = []
  package var profiles: [StepProfile] = []
  package var alerts: [StepAlert] = []
  package var quality: Quality?
  /// Why it failed.
  package var problems: [Problem] = []
  /// What it did about broken rules otherwise than the pipeline says.
  package var appliedFixes: [RuleFix] = []
  /// Why it waits; nil = it doesn't.
  package var pauseReason: PauseReason?
  /// What it asked, with the answers it got.
  package var questions: [FieldQuestion] = []
  /// What it asked about broken rules, with the answers it got.
  package var ruleQuestions: [RuleQuestion] = []

  package init(
    id: String, pipeline: String, file: String?, version: String, status: RunStatus = .pending, trigger: Trigger,
    parameters: [String: String] = [:], startedAt: Date, logicalTime: Date? = nil
  ) {
    self.id = id
    pipelineId = Run.slug(pipeline)
    self.pipeline = pipeline
    self.file = file
    self.version = version
    self.status = status
    self.trigger = trigger
    self.parameters = parameters
    self.startedAt = startedAt
    self.logicalTime = logicalTime ?? startedAt
  }

  /// `Daily Orders (EU)` → `daily-orders-eu`.
  package static func slug(_ name: String) -> String {
    name.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }.joined(separator: "-")
  }

  /// Sorts by time and is short enough to type: `20251121-063831-k3f9`.
  package static func newID(at time: Date) -> String {
    let digits = time.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted)).filter(\.isNumber)
    let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")
    let tail = (0..<5).map { _ in String(alphabet[Int.random(in: alphabet.indices)]) }.joined()
    return "\(digits.prefix(8))-\(digits.dropFirst(8))-\(tail)"
  }
}

extension Run {
  private enum DerivedKeys: String, CodingKey { case violations, suggestedFixes }

  /// Its state as people read it: `success`, `Paused - Awaiting user input`.
  package var statusWords: String {
    switch pauseReason {
    case .awaitingInput: "Paused - Awaiting user input"
    case nil: status.rawValue
    }
  }

  /// What it waits for.
  package var openQuestions: [FieldQuestion] { status == .paused ? questions.filter { $0.answer == nil } : [] }

  /// The broken rules somebody has to decide about.
  package var openRuleQuestions: [RuleQuestion] {
    status == .paused ? ruleQuestions.filter { $0.answer == nil } : []
  }

  /// Whether it waits for any answer.
  package var isAsking: Bool { !openQuestions.isEmpty || !openRuleQuestions.isEmpty }

  /// Every field of RUN-04 is there, also where there is no value. Sealed parameters stay in the store.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(pipelineId, forKey: .pipelineId)
    try container.encode(pipeline, forKey: .pipeline)
    try container.encodeIfPresent(file, forKey: .file)
    try container.encode(version, forKey: .version)
    try container.encode(status, forKey: .status)
    try container.encode(trigger, forKey: .trigger)
    try container.encode(parameters, forKey: .parameters)
    try container.encode(startedAt, forKey: .startedAt)
    try container.encode(logicalTime, forKey: .logicalTime)
    try container.encodeIfPresent(resumes, forKey: .resumes)
    try container.encodeIfPresent(feeds, forKey: .feeds)
    try container.encode(finishedAt, forKey: .finishedAt)
    try container.encode(progress, forKey: .progress)
    try container.encode(currentTask, forKey: .currentTask)
    try container.encode(metrics, forKey: .metrics)
    try container.encode(peakMemoryBytes, forKey: .peakMemoryBytes)
    try container.encode(steps, forKey: .steps)
    try container.encode(receipts, forKey: .receipts)
    try container.encode(checks, forKey: .checks)
    try container.encode(rejects, forKey: .rejects)
    try container.encode(profiles, forKey: .profiles)
    try container.encode(alerts, forKey: .alerts)
    try container.encode(quality, forKey: .quality)
    try container.encode(problems, forKey: .problems)
    try container.encodeIfPresent(pauseReason, forKey: .pauseReason)
    if !appliedFixes.isEmpty { try container.encode(appliedFixes, forKey: .appliedFixes) }
    if !violations.isEmpty {
      var more = encoder.container(keyedBy: DerivedKeys.self)
      try more.encode(violations, forKey: .violations)
      try more.encode(suggestedFixes, forKey: .suggestedFixes)
    }
    if !questions.isEmpty { try container.encode(questions, forKey: .questions) }
    if !ruleQuestions.isEmpty { try container.encode(ruleQuestions, forKey: .ruleQuestions) }
  }
}

/// Who or what started a run.
package enum Trigger: String, Sendable, Codable { case manual, replay, schedule, webhook, dependency }

/// One step of a run.
package struct StepRun: Sendable, Codable {
  package var id: String
  package var kind: String
  package var status = StepStatus.pending
  package var rows: Int?
  package var bytes: Int?
  package var durationSeconds: Double?
  /// How often it was begun.
  package var attempts = 0
  package var problem: Problem?
  /// What a transform did to rows and columns.
  package var effect: StepEffect?

  package init(id: String, kind: String) {
    self.id = id
    self.kind = kind
  }
}

/// What a rule found in a step.
package struct StepCheck: Sendable, Codable {
  package var step: String
  package var outcome: CheckOutcome
}

/// What a rule set aside in a step.
package struct StepReject: Sendable, Codable {
  package var step: String
  package var summary: RejectSummary
}

/// What the rows of a step were like.
package struct StepProfile: Sendable, Codable {
  package var step: String
  package var profile: RelationProfile
}

/// What a person should know at once of a step.
package struct StepAlert: Sendable, Codable {
  package var step: String
  package var alert: Alert
}
