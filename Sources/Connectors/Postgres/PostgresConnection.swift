internal import CLibPQ
import Foundation
import Glibc
import Pipelines
import Synchronization
import Tabular

/// One session with a PostgreSQL server. All calls block; use it from one thread at a time, `cancel()` from any.
/// Times are in UTC, dates in ISO form, text in UTF-8.
final class PostgresConnection: @unchecked Sendable {
  private let pq: clibpq_functions
  private let connection: OpaquePointer
  /// What interrupts the session; nil once closed.
  private let interrupt: Mutex<Interrupt?>
  /// `host:port`, for messages.
  let place: String

  enum Purpose {
    /// The server refuses every change.
    case reading
    case writing
  }

  /// - Throws: a `Problem`: `connection-refused`, `authentication-failed`, `unknown-database`, `tls-refused`, …
  init(_ settings: PostgresSettings, for purpose: Purpose = .writing) throws(Problem) {
    pq = try LibPQ.functions()
    place = "\(settings.host):\(settings.port)"
    let parameters = settings.parameters
    // libpq would take what stands before it for the whole value.
    if let cut = parameters.first(where: { $0.value.utf8.contains(0) }) {
      throw Problem("wrong-type", "The setting \"\(cut.key)\" of the connection to PostgreSQL holds a NUL character.")
    }
    let keywords = parameters.map { strdup($0.key) } + [nil]
    let values = parameters.map { strdup($0.value) } + [nil]
    defer { for pointer in keywords + values { free(pointer) } }
    let opened = pq.connectdbParams(
      keywords.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 0)
    guard let opened else { throw Problem("out-of-memory", "There is no memory for a connection to \(place).") }
    guard pq.status(opened) == CLIBPQ_CONNECTION_OK else {
      let message = PostgresConnection.text(pq.errorMessage(opened))
      pq.finish(opened)
      throw PostgresProblem.refusedConnection(message, settings)
    }
    connection = opened
    interrupt = Mutex(Interrupt(pq, pq.getCancel(opened)))
    _ = pq.setNoticeReceiver(opened, { _, _ in }, nil)
    let access: SQL = purpose == .reading ? "; SET default_transaction_read_only = on" : ""
    do throws(Problem) {
      try run(
        """
        SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1; \
        SET standard_conforming_strings = on; SET bytea_output = 'hex'\(access)
        """)
    } catch {
      close()
      throw error
    }
  }

  deinit { close() }

  /// Ends the session; an open transaction is taken back by the server. Safe to repeat.
  func close() {
    let isOpen = interrupt.withLock { interrupt in
      defer { interrupt = nil }
      return interrupt != nil
    }
    if isOpen { pq.finish(connection) }
  }

  /// Makes the call that runs now return with an error: asks the server, and cuts the line if the session isn't closed a second later. Returns
  /// at once; may be called from any thread. The session is of no use afterwards.
  func cancel() {
    guard let request = interrupt.withLock({ $0 }) else { return }
    // Asking takes a connection of its own, which a server that is away keeps waiting.
    Thread.detachNewThread { request.send() }
    Thread.detachNewThread { [weak self] in
      sleep(1)
      self?.abort()
    }
  }

  /// Cuts the line: a call that waits for the network returns with an error at once, the server takes its transaction back.
  func abort() {
    interrupt.withLock { interrupt in
      guard interrupt != nil else { return }
      let handle = pq.socket(connection)
      if handle >= 0 { shutdown(handle, Int32(SHUT_RDWR)) }
    }
  }

  /// Asks the server to break off what a session does; outlives the session if it has to.
  private final class Interrupt: @unchecked Sendable {
    private let pq: clibpq_functions
    private let pointer: OpaquePointer?

    init(_ pq: clibpq_functions, _ pointer: OpaquePointer?) {
      self.pq = pq
      self.pointer = pointer
    }

    deinit { if let pointer { pq.freeCancel(pointer) } }

    func send() {
      guard let pointer else { return }
      var message = [CChar](repeating: 0, count: 256)
      _ = pq.cancel(pointer, &message, Int32(message.count))
    }
  }

  /// The server's version as a number: 150018 = 15.18.
  var serverVersion: Int { Int(pq.serverVersion(connection)) }

  /// Runs one or several statements; returns how many rows the last one changed.
  @discardableResult
  func run(_ statements: SQL) throws(Problem) -> Int {
    let result = pq.exec(connection, statements.text)
    defer { pq.clear(result) }
    try check(result, sql: statements.text)
    return Int(PostgresConnection.text(pq.cmdTuples(result))) ?? 0
  }

  /// The rows of a small query as texts.
  func rows(_ query: SQL) throws(Problem) -> [[String?]] {
    let result = pq.exec(connection, query.text)
    defer { pq.clear(result) }
    try check(result, sql: query.text)
    let width = pq.nfields(result)
    return (0..<pq.ntuples(result)).map { row in
      (0..<width).map { field in
        pq.getisnull(result, row, field) == 1 ? nil : PostgresConnection.text(pq.getvalue(result, row, field))
      }
    }
  }

  /// The first value of the first row.
  func value(_ query: SQL) throws(Problem) -> String? { try rows(query).first?.first ?? nil }

  /// The columns of a query's result: names, type numbers (domains resolved) and type modifiers.
  func describe(_ query: SQL) throws(Problem) -> [(name: String, oid: UInt32, modifier: Int)] {
    let result = pq.exec(connection, "SELECT * FROM (\(query.text)\n) AS described LIMIT 0")
    defer { pq.clear(result) }
    try check(result, sql: query.text)
    return (0..<pq.nfields(result)).map {
      (PostgresConnection.text(pq.fname(result, $0)), pq.ftype(result, $0), Int(pq.fmod(result, $0)))
    }
  }

  // MARK: COPY

  /// Starts `COPY … FROM STDIN`.
  func beginCopyIn(_ statement: SQL) throws(Problem) {
    let result = pq.exec(connection, statement.text)
    defer { pq.clear(result) }
    guard pq.resultStatus(result) == CLIBPQ_COPY_IN else {
      try check(result, sql: statement.text)
      throw Problem("database-error", "PostgreSQL at \(place) did not start to take rows.")
    }
  }

  /// Sends bytes of the stream; blocks while the server is busy.
  func sendCopy(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
    var rest = bytes
    while let base = rest.baseAddress, !rest.isEmpty {
      let length = min(rest.count, 1 << 20)
      guard pq.putCopyData(connection, base.assumingMemoryBound(to: CChar.self), Int32(length)) == 1 else {
        try finishResults(sql: "COPY")
        throw lost()
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[length...])
    }
  }

  /// Ends the stream; returns how many rows the server took.
  func endCopyIn() throws(Problem) -> Int {
    guard pq.putCopyEnd(connection, nil) == 1 else {
      try finishResults(sql: "COPY")
      throw lost()
    }
    return try finishResults(sql: "COPY")
  }

  /// Starts `COPY … TO STDOUT`.
  func beginCopyOut(_ statement: SQL) throws(Problem) {
    let result = pq.exec(connection, statement.text)
    defer { pq.clear(result) }
    guard pq.resultStatus(result) == CLIBPQ_COPY_OUT else {
      try check(result, sql: statement.text)
      throw Problem("database-error", "PostgreSQL at \(place) did not start to send rows.")
    }
  }

  /// Hands the next piece of the stream to `body` (one row in binary format); nil at its end.
  @inline(__always)
  func receiveCopy<Answer>(_ body: (UnsafeRawBufferPointer) throws -> Answer) throws -> Answer? {
    var buffer: UnsafeMutablePointer<CChar>?
    let length = pq.getCopyData(connection, &buffer, 0)
    guard length > 0, let buffer else {
      try finishResults(sql: "COPY")
      guard length == -1 else { throw lost() }
      return nil
    }
    defer { pq.freemem(buffer) }
    return try body(UnsafeRawBufferPointer(start: buffer, count: Int(length)))
  }

  /// Takes all results that are still to come, so that the session is ready again.
  @discardableResult
  private func finishResults(sql: String) throws(Problem) -> Int {
    var changed = 0
    var failure: Problem?
    while let result = pq.getResult(connection) {
      defer { pq.clear(result) }
      if let text = pq.cmdTuples(result), let count = Int(String(cString: text)) { changed = count }
      do throws(Problem) { try check(result, sql: sql) } catch { failure = failure ?? error }
      // A copy that was broken off stays in this state until its stream is read to the end.
      if pq.resultStatus(result) == CLIBPQ_COPY_OUT || pq.resultStatus(result) == CLIBPQ_COPY_IN { break }
    }
    if let failure { throw failure }
    return changed
  }

  private static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
  }

  private func lost() -> Problem {
    let message = PostgresConnection.text(pq.errorMessage(connection)).split(separator: "\n").joined(separator: " ")
    return Problem(
      "connection-lost", "The connection to PostgreSQL at \(place) was lost: \(message)",
      hint: "What was not committed was taken back by the server; the old rows are untouched.", isTransient: true)
  }

  private func check(_ result: OpaquePointer?, sql: String) throws(Problem) {
    guard let result else { throw lost() }
    let status = pq.resultStatus(result)
    if (CLIBPQ_EMPTY_QUERY...CLIBPQ_COPY_IN).contains(Int(status)) { return }
    func field(_ code: Character) -> String? {
      pq.resultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
    }
    guard let state = field("C") else { throw lost() }
    throw PostgresProblem.of(
      ServerError(
        state: state, message: field("M") ?? "", detail: field("D"), hint: field("H"), context: field("W"),
        table: field("t"), column: field("c"), constraint: field("n"), sql: sql), at: place)
  }
}
