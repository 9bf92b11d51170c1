import DuckDB
import Foundation
import Glibc
import Pipelines
import Synchronization
import Tabular

/// One Python process at work on one pass over the rows. The engine's connection feeds it on one thread, the engine's scan takes its
/// answers on another; a batch is sent only while few are unanswered.
final class PythonSession: @unchecked Sendable {
  private let rows: PythonRows
  private let process: PythonProcess
  let connection: Connection
  private let lines: LineBuffer
  /// How many more batches may be sent. It starts at nothing and is raised, since a semaphore may not end below its start.
  private let room = DispatchSemaphore(value: 0)
  private let fed = DispatchSemaphore(value: 0)
  private let state = Mutex(State())
  /// The batch that is being filled; only the feeding thread has it.
  private var filling: ColumnTexts?

  private struct State {
    /// Batches without answer, oldest first; a function of a whole table keeps none.
    var sent: [(batch: ColumnTexts, at: Date?)] = []
    var spare: [ColumnTexts] = []
    /// When the process last gave a sign, or was given something to do.
    var lastSign = Date()
    var isReady = false
    var isFed = false
    var feedError: (any Error)?
    var isStopped = false
  }

  private static let batchRows = 10_000
  private static let batchesUnderWay = 3

  init(_ rows: PythonRows) throws {
    self.rows = rows
    connection = try rows.engine.database.connect()
    process = try PythonProcess(try PythonInterpreter.find()) { [weak rows] in rows?.tell($0) }
    lines = LineBuffer(process.output)
    for _ in 0..<Self.batchesUnderWay { room.signal() }
    Task { [self] in
      do {
        try await feed()
        end(nil)
      } catch {
        end(error)
      }
    }
  }

  deinit {
    process.stop()
    Glibc.close(process.output)
  }

  /// Ends the process and what feeds it, now. May be called from any thread.
  func stop() {
    state.withLock { $0.isStopped = true }
    process.stop()
    connection.interrupt()
    room.signal()
  }

  /// Ends it and waits until nothing of it is left.
  func close() {
    stop()
    _ = process.ending()
  }

  // MARK: Feeding

  private struct Unfed: Error {}

  /// All blocking work happens on the connection's own thread.
  private func feed() async throws {
    let job = Array((rows.job(in: process.folder).jsonText + "\n").utf8)
    try await connection.blocking({ if !job.withUnsafeBytes({ process.write($0) }) { throw Unfed() } }, stop: {})
    try await connection.execute("SET TimeZone = 'UTC'")
    try await connection.stream(rows.input) { try self.add($0) }
    try await connection.blocking({ try self.sendRest() }, stop: {})
  }

  private func add(_ chunk: Batch) throws {
    let batch = filling ?? fresh()
    batch.append(chunk, rows.shape.inputKinds)
    filling = batch
    if batch.rows >= Self.batchRows { try sendRest() }
  }

  private func sendRest() throws {
    guard let batch = filling else { return }
    filling = nil
    try send(batch)
  }

  private func fresh() -> ColumnTexts {
    state.withLock { $0.spare.popLast() } ?? ColumnTexts(columns: rows.shape.input.columns.count)
  }

  private func send(_ batch: ColumnTexts) throws {
    let isAnswered = rows.script.mode != .table
    if isAnswered { room.wait() }
    let isStopped = state.withLock { state in
      if isAnswered { state.sent.append((batch, nil)) }
      return state.isStopped
    }
    guard !isStopped, write(batch) else { throw Unfed() }
    state.withLock { state in
      if isAnswered {
        if let index = state.sent.firstIndex(where: { $0.batch === batch }) { state.sent[index].at = Date() }
      } else {
        batch.removeAll()
        state.spare.append(batch)
      }
    }
  }

  private func write(_ batch: ColumnTexts) -> Bool {
    func put(_ text: StaticString) -> Bool {
      process.write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
    for (index, column) in batch.columns.enumerated() {
      guard put(index == 0 ? "[[" : ",["), process.write(column.bytes), put("]") else { return false }
    }
    return put("]\n")
  }

  private func end(_ error: (any Error)?) {
    let isReal = error.map { !($0 is Unfed) } ?? false
    state.withLock { state in
      if isReal, state.feedError == nil { state.feedError = error }
      state.isFed = true
      state.lastSign = Date()
    }
    if isReal { process.stop() }
    process.closeInput()
    fed.signal()
  }

  // MARK: Taking answers

  /// The next rows the function made; nil at the end. Blocking.
  /// - Throws: a `Problem`, or what went wrong where the rows come from.
  func next() throws -> PythonAnswer? {
    while let line = try line() {
      let mark = line.first
      let body = Data(line.dropFirst(2))
      switch mark {
      case UInt8(ascii: "r"):
        state.withLock { ($0.isReady, $0.lastSign) = (true, Date()) }
        if body.range(of: Data("\"hook\"".utf8)) != nil {
          rows.tell("This system allows no network namespace, so sockets are only refused inside Python.")
        }
      case UInt8(ascii: "x"):
        guard let reject = try? JSONDecoder().decode(PythonReject.self, from: body) else { throw garbled }
        try rows.setAside(reject)
      case UInt8(ascii: "e"):
        guard let failure = try? JSONDecoder().decode(PythonFailure.self, from: body) else { throw garbled }
        throw failure.problem(of: rows.script, rows.program, in: rows.step)
      case UInt8(ascii: "b"):
        guard let count = Int(String(decoding: body, as: UTF8.self)) else { throw garbled }
        return try answer(count)
      case UInt8(ascii: "d"):
        fed.wait()
        fed.signal()
        if let error = state.withLock({ $0.feedError }) { throw error }
        return nil
      default: throw garbled
      }
    }
    throw death()
  }

  private func answer(_ count: Int) throws -> PythonAnswer {
    let sent: ColumnTexts? = state.withLock { state in
      state.lastSign = Date()
      return state.sent.isEmpty ? nil : state.sent.removeFirst().batch
    }
    var readings: [ColumnReading] = []
    for output in rows.shape.outputs {
      guard let text = try lineSink() else { throw death() }
      if text.count == 1, let origin = output.origin, let sent {
        readings.append(ColumnReading(sent.columns[origin], hasBrackets: false))
      } else {
        readings.append(ColumnReading(text, hasBrackets: true))
      }
    }
    return PythonAnswer(rows: count, readings: readings, sent: sent)
  }

  /// Takes an answer's memory back for another batch.
  func recycle(_ answer: PythonAnswer) {
    guard let sent = answer.sent else { return }
    sent.removeAll()
    state.withLock { $0.spare.append(sent) }
    room.signal()
  }

  private func line() throws -> [UInt8]? { try lineSink().map { Array($0.bytes) } }

  private func lineSink() throws -> ByteSink? {
    let text = ByteSink(capacity: 256)
    while true {
      switch lines.next(into: text, waiting: 100) {
      case .line: return text
      case .end: return nil
      case .nothing:
        if isOverdue { throw overdue() }
      }
    }
  }

  /// Whether the process has had something to do for longer than it may and gave no sign; its own alarm comes first.
  private var isOverdue: Bool {
    state.withLock { state in
      var began: Date?
      var grace = 2.0
      if !state.isReady {
        (began, grace) = (state.lastSign, 30)
      } else if let first = state.sent.first {
        began = first.at.map { max($0, state.lastSign) }
      } else if state.isFed {
        began = state.lastSign
      }
      return began.map { Date().timeIntervalSince($0) > rows.program.timeout + grace } ?? false
    }
  }

  private func overdue() -> Problem {
    process.stop()
    return failure("timeout")
  }

  private func failure(_ kind: String) -> Problem {
    PythonFailure(kind: kind).problem(of: rows.script, rows.program, in: rows.step)
  }

  /// Why the process ended before it was done.
  private func death() -> any Error {
    let ending = process.ending()
    let (error, isStopped) = state.withLock { ($0.feedError, $0.isStopped) }
    if let error { return error }
    if isStopped { return CancellationError() }
    if ending?.signal == SIGXCPU { return failure("timeout") }
    let how =
      ending.map { ending in ending.signal.map { "was ended by signal \($0)" } ?? "ended with code \(ending.code)" }
      ?? "closed its output"
    return Problem(
      "python-died", "Step \"\(rows.step)\": Python \(how) before it was done.",
      hint: ending?.signal == SIGKILL
        ? "If nobody killed it, the machine ran out of memory: lower memory:."
        : "See what it printed with weir runs logs.",
      at: rows.program.location)
  }

  var garbled: Problem {
    Problem(
      "python-died", "Step \"\(rows.step)\": what Python answered can't be understood.",
      hint: "Does the code write to file descriptors of its own?", at: rows.program.location)
  }
}

extension PythonRows {
  /// What the process is told at its start.
  fileprivate func job(in folder: String) -> Value {
    func columns(_ list: [Value]) -> Value { .list(list) }
    return .structure([
      ("task", .text("run")), ("code", .text(script.code)), ("file", .text(script.file)),
      ("function", .text(script.function)),
      ("mode", .text(script.mode.rawValue)), ("line", .integer(Int128(script.line))),
      ("on_error", .text(program.onError.rawValue)),
      ("memory", .integer(Int128(program.memoryBytes))), ("timeout", .float(program.timeout)),
      ("network", .boolean(program.hasNetwork)),
      ("folder", .text(folder)),
      ("hidden", .list([".weir", ".env"].map { .text(context.directory + "/" + $0) })),
      ("input", columns(zip(shape.input.names, shape.inputKinds).map { .list([.text($0), $1.description]) })),
      (
        "output",
        columns(
          shape.outputs.map { output in
            .list([
              .text(output.column.name), output.kind.description, output.origin.map { .integer(Int128($0)) } ?? .null,
              .boolean(output.isSame),
            ])
          })
      ),
      ("returned", .list(script.returns.map { .text($0.name) })),
    ])
  }
}
