import Foundation
import Pipelines
import Tabular

/// Something that happened in a run. History, progress, logs, metrics and lineage all come from this one stream.
package struct RunEvent: Sendable, Codable {
  package var time: Date
  /// The step it happened in; nil = the run as a whole.
  package var step: String?
  package var kind: Kind

  package enum Kind: Sendable, Codable {
    case runStarted(steps: [StepOutline])
    /// `attempt` counts from 0.
    case stepStarted(attempt: Int)
    /// Rows so far; `total` if it is known.
    case progressed(rows: Int, total: Int?)
    case log(level: LogLevel, message: String)
    /// Rows that were set aside, flagged or emptied; the rows themselves stand in the file `RunContext.rejectsFile`.
    case rejected(RejectSummary)
    case checked(CheckOutcome)
    case alert(Alert)
    /// Comes right before the end.
    case quality(Quality)
    /// What the rows of the step are like.
    case profiled(RelationProfile)
    case receipt(Receipt)
    /// `schema` is what the step yields; bytes where the step knows them.
    case stepFinished(rows: Int?, bytes: Int?, seconds: Double, schema: Schema?)
    /// What a transform has done, right after its end.
    case effect(StepEffect)
    /// `retryIn` seconds the step is tried again; nil = it isn't.
    case stepFailed(problem: Problem, attempt: Int, retryIn: Double?)
    case stepSkipped(reason: String)
    /// A write has landed the rows of an incremental read (the event's step) up to this cursor.
    case cursor(StateEntry, write: String)
    case heartbeat(memoryBytes: Int)
    /// Before any row has moved: the run waits until all of these are answered.
    case paused(questions: [FieldQuestion])
    /// In place of the end: what is broken isn't visible, and the run waits until all of these are answered.
    case asked(questions: [RuleQuestion])
    case runFinished(status: Outcome, peakMemoryBytes: Int)
  }

  package enum LogLevel: String, Sendable, Codable {
    case debug = "DEBUG", info = "INFO", warning = "WARNING", error = "ERROR"
  }

  /// How a run ended. `warning`: everything landed, but rows were set aside or a rule complained.
  package enum Outcome: String, Sendable, Codable { case success, warning, failed, cancelled }

  package init(step: String? = nil, _ kind: Kind, time: Date = Date()) {
    self.time = time
    self.step = step
    self.kind = kind
  }
}

/// A step as a run announces it.
package struct StepOutline: Sendable, Codable {
  package var id: String
  /// `read`, `transform`, `check`, `write`.
  package var kind: String
  package var inputs: [String]

  package init(id: String, kind: String, inputs: [String]) {
    self.id = id
    self.kind = kind
    self.inputs = inputs
  }
}

/// Rows that one rule set aside, flagged, or emptied values of.
package struct RejectSummary: Sendable, Codable {
  /// What became of rows that went on.
  package enum Fate: String, Sendable, Codable { case flagged, emptied }
  package var rule: String
  package var reason: String
  package var count: Int
  /// Up to three of them: position and original text.
  package var examples: [RejectedRow]
  /// nil = they were set aside.
  package var fate: Fate?
  /// How many values were emptied.
  package var values: Int?

  /// `2 rows of sane set aside`, `1 row of sane flagged`, `3 values of sane emptied`.
  package func words(of step: String) -> String {
    let rows = "\(StepEffect.count(count, "row")) of \(step)"
    return switch fate {
    case nil: "\(rows) set aside"
    case .flagged?: "\(rows) flagged"
    case .emptied?: "\(StepEffect.count(values ?? 0, "value")) of \(step) emptied"
    }
  }
}

/// A row that could not be used, as it was (guarantee 6).
package struct RejectedRow: Sendable, Codable {
  /// `file:line`, or the row's number in its step, in the order in which the rows came; that may differ from run to run, for
  /// several threads read at once.
  package var position: String
  package var original: String
  package var rule: String
  package var reason: String
  /// Among the examples of a rule about columns: the values there, as JSON; with their names if there are several.
  package var value: String?
}

/// What a rule found.
package struct CheckOutcome: Sendable, Codable {
  package var rule: String
  package var words: String
  package var onFail: String
  package var passed: Bool
  package var rows: Int
  package var failedRows: Int
  package var observed: String?
  /// With `on_fail: null`: how many values it emptied.
  package var emptiedValues: Int?
  package var examples: [RejectedRow]
  /// For a rule about single rows: the columns it is about. nil = it is about the rows as a whole.
  package var columns: [String]?
  /// Where the rule stands among the rules or operations of its step, from 0.
  package var place: Int?
  /// Rows that pass, where there are single rows; rounded to two places.
  package var validPercent: Double?
  /// The figure the rule looked at, for later runs to compare.
  package var measure: Measure?

  package struct Measure: Sendable, Codable, Hashable {
    package var name: String
    package var value: Double
  }

  init(
    rule: String, words: String, onFail: String, passed: Bool, rows: Int, failedRows: Int, observed: String?,
    examples: [RejectedRow], measure: Measure? = nil
  ) {
    self.rule = rule
    self.words = words
    self.onFail = onFail
    self.passed = passed
    self.rows = rows
    self.failedRows = failedRows
    self.observed = observed
    self.examples = examples
    self.measure = measure
    if rows > 0, passed || failedRows > 0 { validPercent = Quality.percent(passRate, of: 1) }
  }
}

/// What a load promises it did: counts and fingerprints of both sides.
package struct Receipt: Sendable, Codable {
  package var step: String
  package var target: String
  package var mode: WriteMode
  package var level: VerifyLevel
  package var strategy: String
  package var sent: Fingerprint
  package var landed: Fingerprint?
  package var outcome: LoadOutcome
  /// Why the target was left as it is; nil = the rows were published.
  package var untouched: String?
  /// Bytes written or sent; nil = the target doesn't tell.
  package var bytes: Int?
  /// Whether both sides were compared and are the same.
  package var verified: Bool
  package var seconds: Double
  package var peakMemoryBytes: Int
}
