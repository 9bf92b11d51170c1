import Foundation
import Pipelines
import Tabular

/// What a run is given beside its plan.
package struct RunContext: Sendable {
  package var runID: String
  package var pipeline: String
  /// The first of the runs that this one goes on after: what it loads again takes the place of what that one loaded.
  package var resumed: String?
  /// The run's logical time (C13).
  package var time: Date
  /// Files of this run: rejects, spill.
  package var folder: String
  /// The workspace's folder.
  package var directory = "."
  package var limits = EngineLimits()
  package var options = RunOptions()
  /// Where incremental reads left off, as the workspace remembers it.
  package var cursors: [CursorKey: KeptCursor] = [:]
  /// What rules measured in earlier runs, by step.
  package var history: [String: MeasureHistory] = [:]
  /// The quality score, from 0 to 100, below which the run ends with a warning.
  package var qualityTarget: Double?
  /// Rows of an earlier run to be fed in; nothing else is read then, and no cursor moves.
  package var letters: LetterBatch?
  /// Told, just before they do, that the rows of a step become visible; a run whose parent is gone stops here by throwing.
  package var willCommit: @Sendable (_ step: String) throws -> Void = { _ in }
  /// What has been decided about fields that targets have no column for; the last one about a field counts.
  package var answers: [FieldAnswer] = []
  /// Hides secret values in anything that is kept of the rows.
  package var redact: @Sendable (String) -> String = { $0 }
  /// Encrypts a text that `redact` has changed, so that it can be used again.
  package var seal: @Sendable (String) throws -> String = { $0 }

  package init(runID: String, pipeline: String, time: Date, folder: String) {
    self.runID = runID
    self.pipeline = pipeline
    self.time = time
    self.folder = folder
  }

  /// The logical time as ISO 8601, UTC, whole seconds.
  package var timeText: String { time.formatted(.iso8601) }

  /// The name under which targets know a step.
  package func stateKey(_ step: String) -> String { "\(pipeline)/\(step)" }

  /// The name under which a write keeps a read's cursor in its target.
  package func stateKey(of read: String, for write: String) -> String { "\(pipeline)/\(read)/\(write)" }

  /// What the workspace remembers of a read for one write: the most particular entry is the latest.
  func kept(of read: String, for write: String) -> KeptCursor? {
    cursors[CursorKey(read: read, write: write)] ?? cursors[CursorKey(read: read)] ?? cursors[CursorKey(read: "")]
  }
}

/// What a run may use of the machine.
package struct EngineLimits: Sendable, Hashable, Codable {
  /// Bound on the process's resident memory; nil = most of the machine.
  package var memoryBytes: Int?
  /// nil = all cores.
  package var threads: Int?

  package init(memoryBytes: Int? = nil, threads: Int? = nil) {
    self.memoryBytes = memoryBytes
    self.threads = threads
  }
}

/// Choices of whoever starts the run.
package struct RunOptions: Sendable, Hashable, Codable {
  /// Read everything, whatever the cursors say.
  package var fullRefresh = false
  /// Let a replace shrink its target by more than `shrinkLimit`.
  package var allowShrink = false
  /// Share of the target's rows a replace may lose without being asked.
  package static let shrinkLimit = 0.9
  /// Overrides the steps' own level.
  package var verify: VerifyLevel?
  /// At most this many rows per read (previews).
  package var limit: Int?
  /// Seconds for every step that has no timeout of its own.
  package var timeout: Double?
  /// Tell what the rows are like that writes land.
  package var profile = false
  /// Writes that an earlier run of the same text has done; they are not done again.
  package var done: Set<String> = []
  /// What happens to rows that break some of the rules, in this run only.
  package var fixes: [RuleFix] = []

  package init() {}
}
