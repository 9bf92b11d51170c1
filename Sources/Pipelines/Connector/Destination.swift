import Tabular

/// A connector that can be written.
package protocol Destination: Connector {
  static var writeModes: Set<WriteMode> { get }
  /// Whether what a load stores with its rows comes back from `storedState`.
  static var keepsState: Bool { get }
  /// Decides how rows will land, from what stands in the system now. Changes nothing.
  /// - Throws: a `Problem` or `Problems` (a type without exact landing type, a key that isn't there, no permission).
  func prepare(_ request: WriteRequest) async throws -> Load
  /// Where a write lands: two writes with the same place would undo each other. nil = what the step says is all that is known.
  func place(of target: WriteRequest.Target, mode: WriteMode, step: String) -> String?
  /// Cursors an earlier load stored in the target together with its rows; missing keys are left out.
  func storedState(_ keys: [String], for target: WriteRequest.Target) async throws -> [String: String]
  /// Whether the target is there; once it is gone, cursors that are remembered for it count for nothing.
  func isThere(_ target: WriteRequest.Target) async throws -> Bool
  /// The names of the columns a target has now; nil = it isn't there, or its columns can't be known.
  func columns(of target: WriteRequest.Target) async throws -> [String]?
}

extension Destination {
  package func isThere(_ target: WriteRequest.Target) async throws -> Bool { true }
  package func columns(of target: WriteRequest.Target) async throws -> [String]? { nil }
  package static var keepsState: Bool { false }
  package func place(of target: WriteRequest.Target, mode: WriteMode, step: String) -> String? { nil }
  package func storedState(_ keys: [String], for target: WriteRequest.Target) async throws -> [String: String] { [:] }
}

package enum WriteMode: String, Sendable, Codable, CaseIterable, Hashable {
  /// Adds the rows.
  case append
  /// Puts the rows in place of all that was there, in one step.
  case replace
  /// Like `replace`, but keeps the table itself (its grants, indexes, dependents).
  case truncate
  /// Updates rows with the same key, inserts the others.
  case merge
  /// Deletes rows with the same key, inserts all.
  case deleteInsert = "delete+insert"
  /// Keeps every version of a row, with `valid_from` and `valid_to`.
  case scd2
}

/// What may happen to the target's columns.
/// `ask`: a column that is new, or seems renamed, waits for a person's answer; types stay as they are.
package enum SchemaPolicy: String, Sendable, Codable, CaseIterable { case evolve, freeze, ask }

package struct WriteRequest: Sendable {
  package enum Target: Sendable, Hashable {
    case table(String)
    case path(String)
    case whole
  }

  package var target: Target
  package var mode: WriteMode
  package var key: [String]
  package var schemaPolicy: SchemaPolicy
  /// Columns the target may get whatever the policy: somebody has said so.
  package var created: Set<String> = []
  package var schema: Schema
  package var options: Setting?
  package var step: String
  package var location: Location?
  /// Identifies pipeline and step in the target's `_weir_state`.
  package var stateKey: String
  package var runID: String
  /// The run's logical time, ISO 8601 (for scd2).
  package var time: String
  /// For what incremental reads bring, of which later runs will bring more: names this part of it, the same when it is loaded again.
  package var increment: String?

  package init(
    target: Target, mode: WriteMode, key: [String], schemaPolicy: SchemaPolicy, schema: Schema, options: Setting?,
    step: String,
    location: Location?, stateKey: String, runID: String, time: String, increment: String? = nil
  ) {
    self.target = target
    self.mode = mode
    self.key = key
    self.schemaPolicy = schemaPolicy
    self.schema = schema
    self.options = options
    self.step = step
    self.location = location
    self.stateKey = stateKey
    self.runID = runID
    self.time = time
    self.increment = increment
  }
}

/// How rows will land, decided before any moves.
package struct Load: Sendable {
  /// Column by column, in the order of the request's schema: name in the target, the engine type rows are cast to before landing (exact or the load is refused).
  package var landing: Schema
  /// Expressions over the request's columns to land in place of a plain cast, by name.
  package var values: [String: SQL] = [:]
  /// What will happen, in words and DDL, for `weir plan`.
  package var strategy: String
  package var statements: [String]
  /// Objects that depend on the target (views, foreign keys).
  package var dependents: [String]
  /// Rows that stand in the target now, if known; guards against shrinking loads.
  package var existingRows: Int?
  /// Counts them where that takes a pass over the target; asked only when a load would replace them. nil = they can't be counted.
  package var countExisting: (@Sendable () async -> Int?)?
  package var work: Work

  package enum Work: Sendable {
    /// The engine runs statements (files, and databases it can attach).
    case statements(StatementLoad)
    /// Weir hands batches or a byte stream to a connection of its own.
    case stream(@Sendable () throws -> any StreamLoad)
  }

  package init(
    landing: Schema, strategy: String, statements: [String] = [], dependents: [String] = [], existingRows: Int? = nil,
    countExisting: (@Sendable () async -> Int?)? = nil, work: Work
  ) {
    self.landing = landing
    self.strategy = strategy
    self.statements = statements
    self.dependents = dependents
    self.existingRows = existingRows
    self.countExisting = countExisting
    self.work = work
  }
}

/// A load the engine runs by itself. All of `stage` … `publish` happens in one transaction if `isTransactional`.
package struct StatementLoad: Sendable {
  /// Before anything, outside the engine (folders); safe to repeat.
  package var makeRoom: @Sendable () -> Void
  /// Then, in the engine (LOAD, ATTACH); safe to repeat.
  package var setup: [SQL]
  /// Whether all from `stage` to `publish` is one transaction of the target.
  package var isTransactional: Bool
  /// Puts the rows of a query where nobody sees them yet.
  package var stage: @Sendable (_ rows: SQL) -> [SQL]
  /// After `stage`, outside the engine: completes what it wrote. Blocking.
  package var seal: @Sendable () throws -> Void
  /// Reads them back, for verification.
  package var readBack: SQL
  /// After verification: brings the staged rows into the form they are published in.
  package var settle: [SQL]
  /// After `settle`: what must hold before anything becomes visible.
  package var checks: [LoadCheck]
  /// Makes them visible. `state` holds the cursors to store with them.
  package var publish: @Sendable (_ state: [StateEntry]) -> [SQL]
  /// For a load without a transaction: makes the rows visible outside the engine (the atomic rename of a file). It throws if the target
  /// is as it was; what goes wrong once the rows are visible it returns.
  package var finish: @Sendable () throws -> [Problem]
  /// Bytes that are staged, before `finish`; nil = unknown.
  package var stagedBytes: @Sendable () -> Int?
  /// Takes everything back after a failure; safe to repeat.
  package var discard: @Sendable () -> Void
  /// Last of all, whether the load went well or not.
  package var teardown: [SQL]

  package init(
    makeRoom: @escaping @Sendable () -> Void = {}, setup: [SQL] = [], isTransactional: Bool = false,
    stage: @escaping @Sendable (SQL) -> [SQL], seal: @escaping @Sendable () throws -> Void = {}, readBack: SQL,
    settle: [SQL] = [], checks: [LoadCheck] = [], publish: @escaping @Sendable ([StateEntry]) -> [SQL] = { _ in [] },
    finish: @escaping @Sendable () throws -> [Problem] = { [] },
    stagedBytes: @escaping @Sendable () -> Int? = { nil },
    discard: @escaping @Sendable () -> Void = {}, teardown: [SQL] = []
  ) {
    self.makeRoom = makeRoom
    self.setup = setup
    self.isTransactional = isTransactional
    self.stage = stage
    self.seal = seal
    self.readBack = readBack
    self.settle = settle
    self.checks = checks
    self.publish = publish
    self.finish = finish
    self.stagedBytes = stagedBytes
    self.discard = discard
    self.teardown = teardown
  }
}

/// Something staged rows must not have: a query that finds it, and what to say if it yields a row.
package struct LoadCheck: Sendable {
  package var finds: SQL
  /// Given the row's values as texts.
  package var problem: @Sendable ([String]) -> Problem
  package init(finds: SQL, problem: @escaping @Sendable ([String]) -> Problem) {
    self.finds = finds
    self.problem = problem
  }
}

/// A load over a connection of the connector's own: one transaction in the target. All calls are blocking and come in this
/// order, from one thread at a time: `begin`, then `write`… or `writeBytes`…, `endWriting`, `landed`, `commit`; or `rollback` at any moment.
package protocol StreamLoad: AnyObject {
  /// The format of bytes it can take as they are, if the source offers the same.
  var copyFormat: String? { get }
  /// Bytes handed to the target; nil = unknown.
  var bytes: Int? { get }
  func begin() throws
  func write(_ batch: Batch) throws
  func writeBytes(_ bytes: UnsafeRawBufferPointer) throws
  func endWriting() throws
  /// The fingerprint of what stands in staging, computed by the target itself.
  func landed(level: VerifyLevel) throws -> Fingerprint
  /// Makes the rows visible together with `state`. Not to be cancelled: it goes on until it is known what became of the rows.
  func commit(state: [StateEntry]) -> Commit
  func rollback()
  /// Makes a blocked call return with an error. May be called from any thread.
  func cancel()
}

extension StreamLoad {
  package var bytes: Int? { nil }
}

/// A cursor to store in the transaction that makes the rows visible.
package struct StateEntry: Sendable, Hashable, Codable {
  package var key: String
  package var value: String
  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

package struct LoadOutcome: Sendable, Codable, Hashable {
  package var inserted: Int
  package var updated: Int
  package var deleted: Int
  package init(inserted: Int, updated: Int = 0, deleted: Int = 0) {
    self.inserted = inserted
    self.updated = updated
    self.deleted = deleted
  }
}
