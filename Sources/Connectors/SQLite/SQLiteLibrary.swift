import Foundation
import Pipelines
import Tabular

/// The functions of the system's SQLite (sqlite3.h) that are used.
struct SQLiteLibrary: Sendable {
  let open: Open
  let close: Close
  let prepare: Prepare
  let step: OfStatement
  let finalize: Close
  let columns: OfStatement
  let name: Name
  let kind: OfColumn
  let integer: Integer
  let double: Real
  let bytes: OfColumn
  let blob: Blob
  let message: Message
  let wait: OfColumn
  let watch: Watch

  static let shared: SQLiteLibrary? = {
    guard let library = dlopen("libsqlite3.so.0", RTLD_NOW) else { return nil }
    func symbol<Function>(_ name: String, as type: Function.Type = Function.self) -> Function? {
      dlsym(library, "sqlite3_" + name).map { unsafeBitCast($0, to: type) }
    }
    guard let open: Open = symbol("open_v2"), let close: Close = symbol("close_v2"),
      let prepare: Prepare = symbol("prepare_v2"),
      let step: OfStatement = symbol("step"), let finalize: Close = symbol("finalize"),
      let columns: OfStatement = symbol("column_count"),
      let name: Name = symbol("column_name"), let kind: OfColumn = symbol("column_type"),
      let integer: Integer = symbol("column_int64"),
      let double: Real = symbol("column_double"), let bytes: OfColumn = symbol("column_bytes"),
      let blob: Blob = symbol("column_blob"),
      let message: Message = symbol("errmsg"), let wait: OfColumn = symbol("busy_timeout"),
      let watch: Watch = symbol("progress_handler")
    else { return nil }
    return SQLiteLibrary(
      open: open, close: close, prepare: prepare, step: step, finalize: finalize, columns: columns, name: name,
      kind: kind,
      integer: integer, double: double, bytes: bytes, blob: blob, message: message, wait: wait, watch: watch)
  }()

  typealias Open =
    @convention(c) @Sendable (UnsafePointer<CChar>, UnsafeMutablePointer<OpaquePointer?>, Int32, UnsafePointer<CChar>?)
    -> Int32
  typealias Close = @convention(c) @Sendable (OpaquePointer?) -> Int32
  typealias Prepare =
    @convention(c) @Sendable (
      OpaquePointer, UnsafePointer<CChar>, Int32, UnsafeMutablePointer<OpaquePointer?>, UnsafeMutableRawPointer?
    ) ->
    Int32
  typealias OfStatement = @convention(c) @Sendable (OpaquePointer) -> Int32
  typealias OfColumn = @convention(c) @Sendable (OpaquePointer, Int32) -> Int32
  typealias Name = @convention(c) @Sendable (OpaquePointer, Int32) -> UnsafePointer<CChar>?
  typealias Integer = @convention(c) @Sendable (OpaquePointer, Int32) -> Int64
  typealias Real = @convention(c) @Sendable (OpaquePointer, Int32) -> Double
  typealias Blob = @convention(c) @Sendable (OpaquePointer, Int32) -> UnsafeRawPointer?
  typealias Watch =
    @convention(c) @Sendable (
      OpaquePointer, Int32, (@convention(c) (UnsafeMutableRawPointer?) -> Int32)?, UnsafeMutableRawPointer?
    ) -> Void
  typealias Message = @convention(c) @Sendable (OpaquePointer?) -> UnsafePointer<CChar>?
}

/// A query on a database file that is open for reading.
final class SQLiteQuery {
  private let sqlite: SQLiteLibrary
  private let path: String
  private var database: OpaquePointer?
  private var statement: OpaquePointer?
  private let stop: Stop?

  /// - Parameter stop: interrupts the query, also within a step.
  /// - Throws: `library-missing`, `unreadable-file`, `invalid-sql`.
  init(_ query: SQL, in path: String, until stop: Stop? = nil) throws(Problem) {
    guard let sqlite = SQLiteLibrary.shared else {
      throw Problem(
        "library-missing", "The library libsqlite3.so.0 is not installed.", hint: "Run `apt-get install libsqlite3-0`.")
    }
    self.sqlite = sqlite
    self.path = path
    self.stop = stop
    // What a broken-off load left in the journal is taken back by whoever opens the file next, if it may write.
    let isBrokenOff = access(path + "-journal", F_OK) == 0 && access(path, W_OK) == 0
    let (readOnly, readWrite): (Int32, Int32) = (1, 2)
    guard sqlite.open(path, &database, isBrokenOff ? readWrite : readOnly, nil) == 0, let database else {
      throw refusal("unreadable-file")
    }
    _ = sqlite.wait(database, 5000)
    if let stop {
      let isSet: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { pointer in
        pointer.map { Unmanaged<Stop>.fromOpaque($0).takeUnretainedValue().isSet ? 1 : 0 } ?? 0
      }
      sqlite.watch(database, 10_000, isSet, Unmanaged.passUnretained(stop).toOpaque())
    }
    let code = sqlite.prepare(database, query.text, -1, &statement, nil)
    guard code == 0, statement != nil else { throw refusal(code == 1 ? "invalid-sql" : "unreadable-file") }
  }

  deinit {
    _ = sqlite.finalize(statement)
    _ = sqlite.close(database)
  }

  var names: [String] {
    guard let statement else { return [] }
    return (0..<sqlite.columns(statement)).map { sqlite.name(statement, $0).map { String(cString: $0) } ?? "" }
  }

  /// Moves to the next row; false at the end.
  func next() throws(Problem) -> Bool {
    guard let statement else { return false }
    switch sqlite.step(statement) {
    case 100: return true
    case 101: return false
    default: throw refusal("unreadable-file")
    }
  }

  func isNull(_ column: Int) -> Bool { statement.map { sqlite.kind($0, Int32(column)) == 5 } ?? true }
  func integer(_ column: Int) -> Int64 { statement.map { sqlite.integer($0, Int32(column)) } ?? 0 }
  func double(_ column: Int) -> Double { statement.map { sqlite.double($0, Int32(column)) } ?? 0 }
  /// The bytes of a text or blob; valid until the next row.
  func bytes(_ column: Int) -> UnsafeRawBufferPointer {
    guard let statement else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    let start = sqlite.blob(statement, Int32(column))
    return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite.bytes(statement, Int32(column))))
  }

  func text(_ column: Int) -> String { String(decoding: bytes(column), as: UTF8.self) }

  private func refusal(_ code: Problem.Code) -> Problem {
    let words = sqlite.message(database).map { String(cString: $0) } ?? "out of memory"
    return Problem(code, "\"\(path)\": \(words).")
  }
}

/// The rows of a query, each column as a number, a blob or text.
struct SQLiteRows: BatchSource {
  let path: String
  let query: SQL
  let schema: Schema

  func open(columns: [Int]) throws -> any BatchReader { Reader(try SQLiteQuery(query, in: path), columns, schema) }

  private final class Reader: BatchReader {
    private let rows: SQLiteQuery
    private let columns: [Int]
    private let types: [DataType]
    private var isDone = false

    init(_ rows: SQLiteQuery, _ columns: [Int], _ schema: Schema) {
      self.rows = rows
      self.columns = columns
      types = columns.map { schema.columns[$0].type }
    }

    func read(into writers: [any VectorWriter], capacity: Int) throws -> Int {
      var row = 0
      while row < capacity, !isDone {
        guard try rows.next() else {
          isDone = true
          break
        }
        for (place, column) in columns.enumerated() {
          let writer = writers[place]
          if rows.isNull(column) {
            writer.setNull(row)
            continue
          }
          switch types[place] {
          case .integer: writer.data.storeBytes(of: rows.integer(column), toByteOffset: row * 8, as: Int64.self)
          case .float64: writer.data.storeBytes(of: rows.double(column), toByteOffset: row * 8, as: Double.self)
          case .text:
            let bytes = rows.bytes(column)
            guard String(validating: bytes, as: UTF8.self) != nil else {
              throw Problem("wrong-encoding", "Column \"\(rows.names[column])\" holds a text that is not UTF-8.")
            }
            writer.assign(row, bytes)
          default: writer.assign(row, rows.bytes(column))
          }
        }
        row += 1
      }
      return row
    }
  }
}
