import Tabular

/// A connector that can be read.
package protocol Source: Connector {
  /// Says how the rows enter the engine. May ask the system for types; moves no rows.
  /// - Throws: a `Problem` (missing file, unknown table or column, server down).
  func read(_ request: ReadRequest) async throws -> Extract
}

/// What to read.
package struct ReadRequest: Sendable {
  package enum Subject: Sendable, Hashable {
    /// A table, sheet or endpoint by name (`public.orders`).
    case table(String)
    /// SQL in the system's own dialect.
    case query(String)
    /// A path, glob, directory or URL.
    case path(String)
    /// Whatever the connection itself points at (a connection that is one file).
    case whole
  }

  package var subject: Subject
  /// Only these columns, in this order; nil = all.
  package var columns: [String]?
  /// A condition in the system's own SQL, pushed down.
  package var filter: String?
  package var limit: Int?
  /// Only rows whose cursor lies in this range.
  package var cursor: CursorRange?
  /// Lines an earlier read refused: only these are read, in place of the files they came from.
  package var refused: RefusedLines?
  /// Options of the format or system, read by the connector through its own schema (delimiter, sheet, …).
  package var options: Setting?
  /// Where the same run writes; a file that is only read is opened for reading.
  package var destinations: [any Destination]
  /// For messages.
  package var step: String
  package var location: Location?

  package init(
    _ subject: Subject, columns: [String]? = nil, filter: String? = nil, limit: Int? = nil, cursor: CursorRange? = nil,
    options: Setting? = nil, destinations: [any Destination] = [], step: String, location: Location? = nil
  ) {
    self.subject = subject
    self.columns = columns
    self.filter = filter
    self.limit = limit
    self.cursor = cursor
    self.options = options
    self.destinations = destinations
    self.step = step
    self.location = location
  }
}

/// Lines of files that were refused, as files of their own without headings, in UTF-8.
package struct RefusedLines: Sendable, Hashable {
  /// By the path of the file they came from: where they stand now.
  package var files: [String: String] = [:]
  /// `file:line` where a line stands now, and where it stood.
  package var positions: [String: String] = [:]
  package init() {}
}

/// The part of a table an incremental read takes: `after ≤ column ≤ upTo` (the boundary is read again and deduplicated).
/// Values are the source's own text, so no precision is lost.
package struct CursorRange: Sendable, Hashable, Codable {
  package var column: String
  package var after: String?
  package var upTo: String?
  /// Whether rows whose cursor is null or not finite belong to it: only the first read takes them along.
  package var takesValueless: Bool

  package init(column: String, after: String? = nil, upTo: String? = nil, takesValueless: Bool = false) {
    self.column = column
    self.after = after
    self.upTo = upTo
    self.takesValueless = takesValueless
  }
}

/// How rows enter the engine.
package struct Extract: Sendable {
  package enum Origin: Sendable {
    /// DuckDB reads them itself: `SELECT … FROM read_parquet('…')`. `setup` runs once before (LOAD, ATTACH).
    case query(SQL, setup: [SQL])
    /// They come through a wire protocol or parser of ours.
    case batches(any BatchSource)
  }

  package var origin: Origin
  /// Exact conversions the query calls as `weir_decimal_<precision>_<scale>(VARCHAR)`: null for a text that isn't exactly such a number.
  package var decimals: [DecimalShape] = []
  /// Conditions over the query's columns; rows for which one isn't true are set aside with its rule and reason (a text that isn't
  /// exactly a decimal). They are checked before `projection`.
  package var conditions: [RowCondition] = []
  /// What to select once the conditions hold, over the query's columns; nil = all of them as they are.
  package var projection: SQL?
  /// Whether the engine pushes filters into the scan; then nothing may stand between scan and filter, not even a counter.
  package var pushesDownFilters = false
  /// Rows the reader refuses are collected by the engine after the read, if the origin can say so (CSV).
  package var rejects: RejectQuery?
  /// Whether it yields the request's refused lines and nothing else.
  package var readsRefused = false
  /// The largest cursor value the read may yield, fixed before the first row is read.
  package var upperBound: String?
  /// With an upper bound: how many rows the range passes by because their cursor is null or not finite; nil = none or unknown.
  package var valueless: Int?
  /// The same rows as raw bytes of a format, for a destination that takes that format (a COPY stream).
  package var passThrough: (any CopyOut)?
  /// The same rows, hashed by the system itself.
  package var hashing: (any RowHashing)?
  /// How many rows it will be, as far as the system knows.
  package var estimatedRows: Int?
  /// How many bytes that is where it lies; nil = unknown.
  package var estimatedBytes: Int?
  /// What the query needs to stay alive (a temporary file).
  package var holds: [any Sendable] = []
  /// What a reader should know about choices made (a type that was widened, a column renamed).
  package var notes: [Problem]

  package init(
    _ origin: Origin, rejects: RejectQuery? = nil, upperBound: String? = nil, passThrough: (any CopyOut)? = nil,
    estimatedRows: Int? = nil, estimatedBytes: Int? = nil, notes: [Problem] = []
  ) {
    self.origin = origin
    self.rejects = rejects
    self.upperBound = upperBound
    self.passThrough = passThrough
    self.estimatedRows = estimatedRows
    self.estimatedBytes = estimatedBytes
    self.notes = notes
  }
}

/// A condition that is true (never null) for a row that can be used.
package struct RowCondition: Sendable {
  package var sql: SQL
  /// The columns it is about.
  package var columns: [String]
  package var rule: String
  package var reason: String
  package init(sql: SQL, columns: [String], rule: String, reason: String) {
    self.sql = sql
    self.columns = columns
    self.rule = rule
    self.reason = reason
  }
}

/// Precision and scale of an exact conversion.
package struct DecimalShape: Sendable, Hashable {
  package var precision: Int
  package var scale: Int
  package init(precision: Int, scale: Int) {
    self.precision = precision
    self.scale = scale
  }
}

/// A query that lists the rows a read refused, to be run after it on the same engine connection. Its columns are
/// `position VARCHAR` (file and line), `original VARCHAR`, `rule VARCHAR`, `reason VARCHAR`.
package struct RejectQuery: Sendable {
  package var query: SQL
  package init(query: SQL) { self.query = query }
}

/// Rows as a stream of bytes in a named format that some destinations take as they are.
package protocol CopyOut: Sendable {
  /// The format with all that must be equal on both sides: `pgcopy-binary`.
  var format: String { get }
  var schema: Schema { get }
  /// Hands every chunk of bytes to `body` with the number of rows in it and returns the fingerprint of all, taken from the bytes. Blocking.
  func stream(level: VerifyLevel, to body: (UnsafeRawBufferPointer, _ rows: Int) throws -> Void) throws -> Fingerprint
  func cancel()
}
