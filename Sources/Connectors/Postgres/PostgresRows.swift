import Glibc
import Pipelines
import Synchronization
import Tabular

/// The rows of a read: large tables in ranges of pages over several sessions that share one snapshot.
final class PostgresRows: BatchSource {
  private let query: PostgresQuery
  private let settings: PostgresSettings
  let estimatedRows: Int?
  let partitions: Int
  private let scans = Mutex<[PostgresScan]>([])
  private let snapshot: String?
  /// Whoever holds the snapshot open.
  private let keeper: (any Sendable)?
  private let received = ByteCount()

  /// What has come over the lines.
  var bytes: Int { received.bytes.load(ordering: .relaxed) }

  /// - Parameter snapshot: an exported snapshot to read in, which `keeper` holds; nil = what stands there when the read begins.
  init(
    _ query: PostgresQuery, settings: PostgresSettings, estimatedRows: Int?, snapshot: String? = nil,
    keeping keeper: (any Sendable)? = nil
  ) {
    self.query = query
    self.snapshot = snapshot
    self.keeper = keeper
    self.settings = settings
    self.estimatedRows = estimatedRows
    let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    partitions = max(1, min(cores, settings.connections - 1, query.pages / PostgresExtract.pagesForParts))
  }

  var schema: Schema {
    Schema(query.columns.map { Column($0.name, $0.type, isNullable: $0.isNullable, native: $0.native) })
  }

  func scan() -> any BatchScan {
    let scan = PostgresScan(query, settings, partitions: partitions, snapshot: snapshot) { [received] in
      received.bytes.add($0, ordering: .relaxed)
    }
    scans.withLock { $0.append(scan) }
    return scan
  }

  func open(columns: [Int]) throws -> any BatchReader { try scan().open(columns: columns) }

  func cancel() { for scan in scans.withLock({ $0 }) { scan.cancel() } }
}

/// Counts on several threads.
private final class ByteCount: Sendable {
  let bytes = Atomic<Int>(0)
}

/// One pass over the rows: its readers share a snapshot and take pieces until none is left.
final class PostgresScan: BatchScan {
  private let query: PostgresQuery
  private let settings: PostgresSettings
  private let partitions: Int
  private let state = Mutex(State())
  /// Held by the one reader that makes the snapshot, while the others wait for it; a cancellation doesn't.
  private let making = Mutex(())

  private struct State {
    var next = 0
    /// Holds the snapshot open until all readers have taken it.
    var keeper: PostgresConnection?
    var snapshot: String?
    /// Readers that were told the snapshot's name and may not have taken it yet.
    var opening = 0
    var readers: [PostgresConnection] = []
    var isCancelled = false
  }

  /// How many pieces a table is cut into for each reader, so that none waits long for another.
  private static let piecesPerReader = 8

  private let count: @Sendable (_ bytes: Int) -> Void

  init(
    _ query: PostgresQuery, _ settings: PostgresSettings, partitions: Int, snapshot: String? = nil,
    count: @escaping @Sendable (_ bytes: Int) -> Void
  ) {
    self.count = count
    self.query = query
    self.settings = settings
    self.partitions = partitions
    state.withLock { $0.snapshot = snapshot }
  }

  private var pieces: Int { partitions == 1 ? 1 : partitions * PostgresScan.piecesPerReader }

  func open(columns: [Int]) throws -> any BatchReader {
    let connection = try PostgresConnection(settings, for: .reading)
    let wanted = columns.map { query.columns[$0] }
    try state.withLock { state in
      if state.isCancelled { throw PostgresScan.cancelled }
      state.readers.append(connection)
    }
    try connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    if let snapshot = try snapshot() {
      defer { letGo { $0.opening -= 1 } }
      try connection.run("SET TRANSACTION SNAPSHOT \(text: snapshot)")
    }
    return PostgresReader(connection, wanted, count: count) { [self] in nextPiece(wanted) }
  }

  /// The snapshot that all readers share; nil = there is only one, or nothing is left to read.
  private func snapshot() throws -> String? {
    try making.withLock { _ in
      let (isOver, known) = state.withLock { state in
        let isOver = state.next >= pieces
        if !isOver && state.snapshot != nil { state.opening += 1 }
        return (isOver, state.snapshot)
      }
      if isOver { return nil }
      if let known { return known }
      guard partitions > 1 else { return nil }
      let keeper = try PostgresConnection(settings, for: .reading)
      try keeper.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
      let made = try keeper.value("SELECT pg_export_snapshot()")
      state.withLock { state in
        (state.keeper, state.snapshot) = (keeper, made)
        state.opening += 1
      }
      return made
    }
  }

  /// Changes the state, then closes the snapshot's keeper if nobody can need it any more.
  private func letGo(_ change: (inout State) -> Void) {
    let keeper = state.withLock { state -> PostgresConnection? in
      change(&state)
      guard state.next >= pieces, state.opening == 0 else { return nil }
      defer { state.keeper = nil }
      return state.keeper
    }
    keeper?.close()
  }

  /// The statement that reads the next piece; nil = all are taken.
  private func nextPiece(_ wanted: [PostgresReadColumn]) -> SQL? {
    var piece = 0
    letGo { state in
      piece = state.next
      state.next += 1
    }
    guard piece < pieces else { return nil }
    guard pieces > 1 else { return query.copy(wanted) }
    let range = query.pages * piece / pieces..<query.pages * (piece + 1) / pieces
    return query.copy(wanted, pages: range, isLast: piece == pieces - 1)
  }

  func cancel() {
    let readers = state.withLock { state in
      state.isCancelled = true
      return state.readers
    }
    for reader in readers { reader.cancel() }
  }

  private static let cancelled = Problem("cancelled", "The read was cancelled.")
}

/// Reads pieces one after another over one session.
final class PostgresReader: BatchReader {
  private let connection: PostgresConnection
  private let decoder: PostgresDecoder
  private let nextPiece: () -> SQL?
  private let count: (Int) -> Void
  private var isCopying = false
  private var isFirst = true
  private var isDone = false

  init(
    _ connection: PostgresConnection, _ columns: [PostgresReadColumn], count: @escaping (_ bytes: Int) -> Void,
    nextPiece: @escaping () -> SQL?
  ) {
    self.count = count
    self.connection = connection
    decoder = PostgresDecoder(columns: columns)
    self.nextPiece = nextPiece
  }

  func read(into writers: [any VectorWriter], capacity: Int) throws -> Int {
    let data = writers.map(\.data)
    return try data.withUnsafeBufferPointer { data in
      try writers.withUnsafeBufferPointer { writers in
        try read(into: writers, data: data, capacity: capacity)
      }
    }
  }

  private func read(
    into writers: UnsafeBufferPointer<any VectorWriter>, data: UnsafeBufferPointer<UnsafeMutableRawPointer>,
    capacity: Int
  ) throws -> Int {
    var row = 0
    var received = 0
    defer { count(received) }
    while row < capacity, !isDone {
      if !isCopying {
        guard let statement = nextPiece() else {
          finish()
          break
        }
        try connection.beginCopyOut(statement)
        (isCopying, isFirst) = (true, true)
      }
      let isRow = try connection.receiveCopy { message in
        received += message.count
        var bytes = message
        if isFirst {
          guard bytes.count >= CopyFormat.header.count else { throw PostgresDecoder.broken }
          bytes = UnsafeRawBufferPointer(rebasing: bytes[CopyFormat.header.count...])
          isFirst = false
          if bytes.isEmpty { return false }
        }
        guard let writers = writers.baseAddress, let data = data.baseAddress else {
          // No column is wanted: a row without fields is still a row.
          return !(bytes.count == 2 && bytes[0] == 0xff && bytes[1] == 0xff)
        }
        return try decoder.decode(bytes, into: writers, data: data, row: row) != nil
      }
      switch isRow {
      case .some(true): row += 1
      case .some(false): break
      case nil: isCopying = false
      }
    }
    return row
  }

  private func finish() {
    isDone = true
    connection.close()
  }
}
