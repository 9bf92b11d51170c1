import Pipelines
import Synchronization
import Tabular

/// A source for tests: the rows of a query of the engine's own, or numbers from a reader that may be away at first.
package struct QuerySource: Source {
  package struct Settings: Sendable {
    var sql = ""
    package init() {}
  }
  package static let manifest = Manifest(
    id: "query", title: "Query", summary: "Rows of a query, for tests.", category: .custom,
    settings: SettingsSchema(Settings()) { Field(\.sql, "sql", "The query.").required() })

  private let origin: Extract.Origin

  package init(_ settings: Settings, context: ConnectorContext) throws { self.init(SQL(raw: settings.sql)) }
  package init(_ sql: SQL) { origin = .query(sql, setup: []) }
  package init(_ rows: any BatchSource) { origin = .batches(rows) }

  package func check() async -> ConnectionReport { ConnectionReport([]) }
  package func resources() async throws -> [Resource] { [] }
  package func read(_ request: ReadRequest) async throws -> Extract { Extract(origin) }
}

/// Counts how often a reader was opened; the first `failing` times it refuses.
package final class Attempts: Sendable {
  private let state: Mutex<(made: Int, failing: Int)>
  private let problem: Problem

  package init(
    failing: Int = 0, with problem: Problem = Problem("connection-refused", "The server is away.", isTransient: true)
  ) {
    state = Mutex((0, failing))
    self.problem = problem
  }

  package var made: Int { state.withLock { $0.made } }

  package func make() throws {
    let fails = state.withLock { state in
      state.made += 1
      return state.made <= state.failing
    }
    if fails { throw problem }
  }
}

/// Rows 0, 1, 2 … in a column `n`; may be away when it is opened.
package struct NumberSource: BatchSource {
  package let attempts: Attempts
  package let rows: Int
  package let schema = Schema([Column("n", .int64)])

  package init(attempts: Attempts, rows: Int) {
    self.attempts = attempts
    self.rows = rows
  }

  package func open(columns: [Int]) throws -> any BatchReader {
    try attempts.make()
    return Reader(rows: rows)
  }

  final class Reader: BatchReader {
    let rows: Int
    var next = 0
    init(rows: Int) { self.rows = rows }
    func read(into writers: [any VectorWriter], capacity: Int) throws -> Int {
      let count = min(capacity, rows - next)
      for writer in writers {
        for row in 0..<count { writer.data.storeBytes(of: Int64(next + row), toByteOffset: row * 8, as: Int64.self) }
      }
      next += count
      return count
    }
  }
}
