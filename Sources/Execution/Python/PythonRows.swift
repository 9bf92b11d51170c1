import DuckDB
import Foundation
import Pipelines
import Synchronization
import Tabular

/// The rows a Python function makes of a relation. Every scan starts a process, feeds it the relation over a connection of its own and
/// reads back what it makes; only a few batches are under way at any time.
package final class PythonRows: BatchSource {
  let step: String
  /// What rows that are set aside have in common.
  private let letter: DeadLetter
  let program: PythonProgram
  let script: PythonScript
  let shape: PythonShape
  let engine: Engine
  let context: RunContext
  /// The rows that are handed over.
  let input: SQL
  package let schema: Schema
  private let rejects: RejectSink
  private let state = Mutex(State())

  private struct State {
    var sessions: [ObjectIdentifier: PythonSession] = [:]
    var connection: Connection?
    var log: (@Sendable (String) -> Void)?
    var count = 0
    var examples: [RejectedRow] = []
  }

  init(
    _ program: PythonProgram, _ script: PythonScript, over relation: Relation, letter: DeadLetter, engine: Engine,
    context: RunContext,
    rejects: RejectSink
  ) throws {
    self.letter = letter
    step = letter.step
    self.program = program
    self.script = script
    self.engine = engine
    self.context = context
    self.rejects = rejects
    shape = PythonShape(relation.schema, returns: script.returns)
    try shape.refuseWhatCannotTravel(step, at: program.location)
    input = shape.handedOver(relation.sql)
    schema = shape.carried
  }

  package func open(columns: [Int]) throws -> any BatchReader {
    let session = try PythonSession(self)
    state.withLock { state in
      state.sessions[ObjectIdentifier(session)] = session
      state.connection = session.connection
    }
    return PythonReader(
      session, columns: columns.map { (shape.outputs[$0].kind, $0) }, end: { [weak self] in self?.forget(session) })
  }

  package func cancel() {
    for session in state.withLock({ Array($0.sessions.values) }) { session.stop() }
  }

  private func forget(_ session: PythonSession) {
    session.close()
    state.withLock { _ = $0.sessions.removeValue(forKey: ObjectIdentifier(session)) }
  }

  /// The connection that reads what flows in; what it knows of the read (rejected lines) is asked there.
  var inputConnection: Connection? { state.withLock { $0.connection } }

  /// Before an attempt: nothing set aside, and where what the function prints goes.
  func begin(log: @escaping @Sendable (String) -> Void) {
    state.withLock { state in
      (state.count, state.examples, state.connection) = (0, [], nil)
      state.log = log
    }
  }

  func tell(_ line: String) { state.withLock { $0.log }?(context.redact(line)) }

  func setAside(_ reject: PythonReject) throws {
    let reason = reject.reason + (reject.line.map { " (line \($0))" } ?? "")
    let row = RejectedRow(position: "row \(reject.row)", original: reject.values, rule: "python", reason: reason)
    state.withLock { state in
      state.count += 1
      if state.examples.count < 3 { state.examples.append(row) }
    }
    if program.onError == .skip { try rejects.append([row], like: letter) }
  }

  /// What was set aside or emptied; to be asked when the rows have flowed.
  var outcome: RunEvent.Kind? {
    let (count, examples) = state.withLock { ($0.count, $0.examples) }
    guard let first = examples.first else { return nil }
    if program.onError == .skip {
      return .rejected(RejectSummary(rule: "python", reason: first.reason, count: count, examples: examples))
    }
    return .log(
      level: .warning,
      message:
        "\(count) rows got empty values because the Python function failed, first \(first.position): \(first.reason)")
  }
}

extension PythonShape {
  /// - Throws: `python-type`.
  fileprivate func refuseWhatCannotTravel(_ step: String, at location: Location) throws(Problem) {
    func isForeign(_ type: DataType) -> Bool {
      switch type {
      case .other: true
      case .list(let element), .array(let element, _): isForeign(element)
      case .structure(let fields): fields.contains { isForeign($0.type) }
      case .map(let key, let value): isForeign(key) || isForeign(value)
      default: false
      }
    }
    for column in outputs.map(\.column) + input.columns {
      var isInner = false
      if case .map(let key, let value) = PythonKind(column.type) {
        isInner = key.holdsMap || value.holdsMap
      } else {
        isInner = PythonKind(column.type).holdsMap
      }
      guard isForeign(column.type) || isInner else { continue }
      throw Problem(
        "python-type",
        "Step \"\(step)\": column \"\(column.name)\" is \(column.type), which can't be handed to Python.",
        hint: "Cast it to json or text before, or remove it.", at: location)
    }
  }
}

/// Takes what a session gives and puts it into the engine's vectors.
private final class PythonReader: BatchReader {
  private let session: PythonSession
  private let columns: [(kind: PythonKind, index: Int)]
  private let end: () -> Void
  private var answer: PythonAnswer?

  init(_ session: PythonSession, columns: [(kind: PythonKind, index: Int)], end: @escaping () -> Void) {
    self.session = session
    self.columns = columns
    self.end = end
  }

  deinit { end() }

  func read(into writers: [any VectorWriter], capacity: Int) throws -> Int {
    while answer == nil || answer?.rest == 0 {
      answer.map(session.recycle)
      answer = nil
      guard let next = try session.next() else { return 0 }
      answer = next
    }
    guard let answer else { return 0 }
    let rows = min(capacity, answer.rest)
    do {
      for (writer, column) in zip(writers, columns) {
        try answer.readings[column.index].read(rows, into: writer, from: 0, column.kind)
      }
    } catch is ColumnReading.Garbled {
      throw session.garbled
    }
    answer.rest -= rows
    return rows
  }
}

/// Rows a function made of one batch.
final class PythonAnswer {
  var rest: Int
  var readings: [ColumnReading]
  /// The batch it answers, whose columns it may share.
  let sent: ColumnTexts?

  init(rows: Int, readings: [ColumnReading], sent: ColumnTexts?) {
    rest = rows
    self.readings = readings
    self.sent = sent
  }
}
