internal import CDuckDB
import Foundation
import Tabular

/// One database of the engine, in memory or in a file, with its own limits.
package final class Database: Sendable {
  let api: cduckdb_functions
  nonisolated(unsafe) let handle: duckdb_database

  /// - Parameters:
  ///   - path: nil = in memory.
  ///   - settings: the engine's options, such as `memory_limit`, `threads`, `temp_directory`.
  package init(path: String? = nil, settings: [String: String] = [:]) throws(DuckDBError) {
    let api = try Library.functions.get()
    self.api = api
    var config: duckdb_config?
    _ = api.create_config(&config)
    defer { api.destroy_config(&config) }
    let fixed = ["autoinstall_known_extensions": "false", "autoload_known_extensions": "false"]
    for (name, value) in settings.merging(fixed, uniquingKeysWith: { $1 })
    where api.set_config(config, name, value) != 0 {
      throw DuckDBError(kind: .other, message: "The engine has no setting \(name) = \(value).")
    }
    var database: duckdb_database?
    var message: UnsafeMutablePointer<CChar>?
    guard api.open_ext(path ?? ":memory:", &database, config, &message) == 0, let database else {
      defer { api.free(message) }
      throw DuckDBError(message.map { String(cString: $0) } ?? "The database can't be opened.")
    }
    handle = database
  }

  package func connect() throws(DuckDBError) -> Connection { try Connection(self) }

  deinit {
    var database: duckdb_database? = handle
    api.close(&database)
  }
}
