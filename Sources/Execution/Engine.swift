import DuckDB
import Foundation
import Pipelines
import Tabular

/// The engine of one run: a database of its own with the run's limits, gone when the run ends.
package final class Engine: Sendable {
  package let database: Database
  /// For binding and for small questions; each moving step opens a connection of its own.
  package let connection: Connection

  /// - Throws: `engine-missing` if the library can't be loaded.
  package init(limits: EngineLimits = EngineLimits(), folder: String? = nil) throws(Problem) {
    var settings = ["preserve_insertion_order": "false", "enable_external_file_cache": "false"]
    if let threads = limits.threads { settings["threads"] = String(threads) }
    if let bytes = limits.memoryBytes {
      // What the process holds beside the engine's buffers: libraries, stacks, wire buffers.
      settings["memory_limit"] = "\(max(48, (bytes - Engine.overhead) / 1_000_000))MB"
    }
    settings["temp_directory"] = (folder ?? NSTemporaryDirectory()) + "/spill"
    do {
      database = try Database(settings: settings)
      connection = try database.connect()
    } catch {
      throw Problem(
        error.kind == .library ? "engine-missing" : "engine", error.message,
        hint: error.kind == .library ? "Run script/setup, or set WEIR_DUCKDB_LIBRARY to an official libduckdb.so." : nil)
    }
  }

  private static let overhead = 90_000_000

  private let names = RowCounter()

  /// A name no other function or table of this engine has.
  func uniqueName(_ prefix: String) -> String { "\(prefix)_\(names.reserve(1))" }

  /// A connection for one moving step.
  package func connect() async throws -> Connection {
    let connection = try database.connect()
    try await connection.execute("SET TimeZone = 'UTC'")
    return connection
  }

  /// Makes `weir_decimal_p_s(VARCHAR)` known.
  func registerDecimal(_ shape: DecimalShape) async throws {
    let name = "weir_decimal_\(shape.precision)_\(shape.scale)"
    let type = DataType.decimal(precision: shape.precision, scale: shape.scale)
    try await connection.registerTextFunction(name, returning: type) { inputs, rows, output in
      let input = inputs[0]
      for row in 0..<rows {
        if !input.isNull(row), let digits = ExactDecimal.parse(input.bytes(row), shape) {
          ExactDecimal.store(digits, at: row, shape, in: output.data)
        } else {
          output.setNull(row)
        }
      }
    }
  }
}
