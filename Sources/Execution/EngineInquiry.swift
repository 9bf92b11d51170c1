import DuckDB
import Pipelines
import Tabular

/// Answers a connector's small questions, each with an engine of its own.
package struct EngineInquiry: Inquiry {
  package init() {}

  package func describe(_ query: SQL, setup: [SQL]) async throws -> Schema {
    try await connection(setup).describe(query)
  }

  package func rows(_ query: SQL, setup: [SQL]) async throws -> [[Value]] {
    try await connection(setup).query(query).rows
  }

  package func read(
    _ address: String, setup: [SQL], _ body: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
  ) async throws {
    try await connection(setup).readFile(address, body)
  }

  private func connection(_ setup: [SQL]) async throws -> Connection {
    let connection = try await Engine().connect()
    try await connection.registerExactFunctions()
    for statement in setup { try await connection.execute(statement) }
    return connection
  }
}
