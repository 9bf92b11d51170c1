internal import CDuckDB
import Foundation
import Synchronization
import Tabular

/// One connection to a database. Its calls block a thread of their own; cancelling the task interrupts the engine at once.
package actor Connection {
  let database: Database
  nonisolated(unsafe) let handle: duckdb_connection
  private let executor = BlockingExecutor("duckdb")
  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  var api: cduckdb_functions { database.api }

  init(_ database: Database) throws(DuckDBError) {
    self.database = database
    var connection: duckdb_connection?
    guard database.api.connect(database.handle, &connection) == 0, let connection else {
      throw DuckDBError(kind: .other, message: "The engine refused another connection.")
    }
    handle = connection
  }

  deinit {
    var connection: duckdb_connection? = handle
    database.api.disconnect(&connection)
  }

  /// Stops the statement that runs now. May be called from anywhere.
  package nonisolated func interrupt() { database.api.interrupt(handle) }

  /// Runs one or more statements for their effect.
  /// - Returns: rows changed by the last one.
  @discardableResult
  package func execute(_ sql: SQL) async throws -> Int {
    try await interruptible { _ in
      var result = duckdb_result()
      let state = api.query(handle, sql.text, &result)
      defer { api.destroy_result(&result) }
      guard state == 0 else { throw error(of: &result) }
      return Int(api.rows_changed(&result))
    }
  }

  /// Commits the open transaction. Nothing interrupts it; a cancellation counts only before it has begun.
  /// - Throws: `UncertainCommit` if the engine can't say what became of it; any other error means that nothing was committed.
  package func commit() throws {
    try Task.checkCancellation()
    var result = duckdb_result()
    let state = api.query(handle, "COMMIT", &result)
    defer { api.destroy_result(&result) }
    guard state != 0 else { return }
    let error = error(of: &result)
    if error.isAboutStorage { throw UncertainCommit(cause: error) }
    throw error
  }

  /// Runs blocking work on this connection's thread. `stop` is called when the task is cancelled meanwhile.
  package func blocking<Result>(
    _ body: () throws -> Result, stop: @escaping @Sendable () -> Void
  ) async throws -> Result {
    try await withTaskCancellationHandler {
      try perform(body)
    } onCancel: {
      stop()
    }
  }

  /// A closure that doesn't use `self` would leave the actor, and block one of Swift's few threads.
  private func perform<Result>(_ body: () throws -> Result) throws -> Result {
    try Task.checkCancellation()
    return try body()
  }

  /// Runs a query and hands each batch to `body` as the engine makes it, without holding the result in memory. Blocking in `body`
  /// is fine.
  package func stream(_ sql: SQL, _ body: (Batch) throws -> Void) async throws {
    try await interruptible { interruption in
      var statement: duckdb_prepared_statement?
      let prepared = api.prepare(handle, sql.text, &statement)
      defer { api.destroy_prepare(&statement) }
      guard prepared == 0 else { throw DuckDBError(text(api.prepare_error(statement))) }
      try interruption.check()
      var result = duckdb_result()
      let state = api.execute_prepared_streaming(statement, &result)
      defer { api.destroy_result(&result) }
      guard state == 0 else { throw error(of: &result) }
      let layout = ResultLayout(&result, api)
      while let chunk = api.fetch_chunk(result) {
        var owned: duckdb_data_chunk? = chunk
        defer { api.destroy_data_chunk(&owned) }
        let rows = Int(api.data_chunk_get_size(chunk))
        if rows == 0 { break }
        try interruption.check()
        try body(layout.batch(chunk, rows: rows, api))
      }
      let message = text(api.result_error(&result))
      if !message.isEmpty { throw DuckDBError(message) }
    }
  }

  /// Runs a query and returns its rows; for small results.
  package func query(_ sql: SQL) async throws -> Table {
    var table = Table(schema: try await describe(sql), rows: [])
    try await stream(sql) { batch in
      for row in 0..<batch.rowCount { table.rows.append(batch.columns.map { $0.value(row) }) }
    }
    return table
  }

  /// The columns a query would yield. It is bound, not run.
  package func describe(_ sql: SQL) async throws -> Schema {
    try await interruptible { _ in
      var statement: duckdb_prepared_statement?
      let state = api.prepare(handle, sql.text, &statement)
      defer { api.destroy_prepare(&statement) }
      guard state == 0 else { throw DuckDBError(text(api.prepare_error(statement))) }
      let api = self.api
      return Schema(
        (0..<api.prepared_statement_column_count(statement)).map { index in
          var type = api.prepared_statement_column_logical_type(statement, index)
          defer { api.destroy_logical_type(&type) }
          // The C API gives a copy of the name.
          let name = UnsafeMutableRawPointer(mutating: api.prepared_statement_column_name(statement, index))
          defer { api.free(name) }
          return Column(text(name?.assumingMemoryBound(to: CChar.self)), DataType(type, api))
        })
    }
  }

  private func error(of result: inout duckdb_result) -> DuckDBError {
    DuckDBError(text(api.result_error(&result)))
  }

  func interruptible<Result>(_ body: (Interruption) throws -> Result) async throws -> Result {
    let interruption = Interruption { [self] in interrupt() }
    defer { interruption.end() }
    return try await withTaskCancellationHandler {
      do {
        return try perform { try body(interruption) }
      } catch let error as DuckDBError where error.kind == .interrupted {
        throw CancellationError()
      }
    } onCancel: {
      interruption.begin()
    }
  }
}

/// The wish to stop one call of the engine. The engine forgets an interrupt that comes before a statement runs, so it is told again until the
/// call has returned, and never after.
final class Interruption: Sendable {
  private let state = Mutex((isWanted: false, hasEnded: false))
  private let interrupt: @Sendable () -> Void

  init(_ interrupt: @escaping @Sendable () -> Void) { self.interrupt = interrupt }

  func begin() {
    guard tell() else { return }
    Thread.detachNewThread { [self] in
      repeat { usleep(20_000) } while tell()
    }
  }

  /// Returns whether the call is still under way.
  private func tell() -> Bool {
    state.withLock { state in
      state.isWanted = true
      if !state.hasEnded { interrupt() }
      return !state.hasEnded
    }
  }

  func end() { state.withLock { $0.hasEnded = true } }

  func check() throws(CancellationError) {
    if state.withLock({ $0.isWanted }) { throw CancellationError() }
  }
}

/// A COMMIT whose error leaves open whether it took place.
package struct UncertainCommit: Error {
  package var cause: DuckDBError
}

extension DuckDBError {
  /// Whether writing itself failed; then a commit may have been written before.
  var isAboutStorage: Bool {
    ["IO Error", "Could not", "No space left", "disk I/O", "checkpoint", "FATAL", "INTERNAL"].contains {
      message.contains($0)
    }
  }
}

/// A small result, in memory.
package struct Table: Sendable {
  package var schema: Schema
  package var rows: [[Value]]

  package init(schema: Schema, rows: [[Value]]) {
    self.schema = schema
    self.rows = rows
  }
}
