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
    let scan = PostgresScan(query, settings, partitions: partitions, snapshot: snapshot)
    scans.withLock { $0.append(scan) }
    return scan
  }

  func open(columns: [Int]) throws -> any BatchReader { try scan().open(columns: columns) }

  func cancel() { for scan in scans.withLock({ $0 }) { scan.cancel() } }
}

/// One pass over the rows: its readers share a snapshot and take pieces until none is left.
final class PostgresScan: BatchScan {
  private let query: PostgresQuery
  private let settings: PostgresSettings
  private let partitions: Int
  private let state = Mutex(State())

  private struct State {
    var next = 0
    /// Holds the snapshot open while others read.
    var keeper: PostgresConnection?
    var snapshot: String?
    var readers: [PostgresConnection] = []
    var isCancelled = false
  }

  /// How many pieces a table is cut into for each reader, so that none waits long for another.
  private static let piecesPerReader = 8

  init(_ query: PostgresQuery, _ settings: PostgresSettings, partitions: Int, snapshot: String? = nil) {
    self.query = query
    self.settings = settings
    self.partitions = partitions
    state.withLock { $0.snapshot = snapshot }
  }

  private var pieces: Int { partitions == 1 ? 1 : partitions * PostgresScan.piecesPerReader }

  func open(columns: [Int]) throws -> any BatchReader {
    let connection = try PostgresConnection(settings)
    let wanted = columns.map { query.columns[$0] }
    try state.withLock { state in
      if state.isCancelled { throw PostgresScan.cancelled }
      state.readers.append(connection)
      guard partitions > 1, state.snapshot == nil else { return }
      let keeper = try PostgresConnection(settings)
      try keeper.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
      state.snapshot = try keeper.value("SELECT pg_export_snapshot()")
      state.keeper = keeper
    }
    try connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    if let snapshot = state.withLock({ $0.snapshot }) {
      try connection.run("SET TRANSACTION SNAPSHOT \(text: snapshot)")
    }
    return PostgresReader(connection, wanted) { [self] in nextPiece(wanted) }
  }

  /// The statement that reads the next piece; nil = all are taken.
  private func nextPiece(_ wanted: [PostgresReadColumn]) -> SQL? {
    let piece = state.withLock { state in
      state.next += 1
      return state.next - 1
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
  private var isCopying = false
  private var isFirst = true
  private var isDone = false

  init(_ connection: PostgresConnection, _ columns: [PostgresReadColumn], nextPiece: @escaping () -> SQL?) {
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
