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
    // A division by zero is null, as in other databases, instead of infinite.
    settings["ieee_floating_point_ops"] = "false"
    if let threads = limits.threads { settings["threads"] = String(threads) }
    // Without a folder of its own, one that no other process spills into; the engine makes it when it needs it and removes it.
    settings["temp_directory"] =
      folder.map { $0 + "/spill" } ?? Scratch.path("spill")
    do {
      if let bytes = limits.memoryBytes {
        settings.merge(try Engine.settings(for: bytes, threads: limits.threads)) { $1 }
      }
      database = try Database(settings: settings)
      connection = try database.connect()
    } catch let problem as Problem {
      throw problem
    } catch let error as DuckDBError {
      throw Problem(
        error.kind == .library ? "engine-missing" : "engine", error.message,
        hint: error.kind == .library ? "Run script/setup, or set WEIR_DUCKDB_LIBRARY to an official libduckdb.so." : nil
      )
    } catch {
      throw Problem("internal", "\(error)")
    }
  }

  /// What the engine may use so that the process stays within `bytes`: the rest after what the process holds already and what it
  /// will hold beside the engine's buffers (stacks, wire buffers, code that is loaded when it is used).
  /// - Throws: `memory-too-small`.
  private static func settings(for bytes: Int, threads: Int?) throws -> [String: String] {
    Allocator.givesBackEarly()
    // An engine has to be there once, or its code isn't counted.
    _ = try Database().connect()
    let free = bytes - ProcessMemory.resident - besides
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let threads = threads ?? max(1, min(cores, free / roomPerThread))
    let room = free - threads * besidesPerThread
    guard room >= smallestRoom else {
      let smallest = (bytes - room + smallestRoom + 4_999_999) / 5_000_000 * 5
      throw Problem(
        "memory-too-small", "\(bytes / 1_000_000) MB is too little memory for a run.",
        hint: "The smallest is --memory \(smallest)MB.")
    }
    return ["memory_limit": "\(room / 1_000_000)MB", "threads": String(threads)]
  }

  private static let besides = 44_000_000
  private static let besidesPerThread = 8_000_000
  private static let smallestRoom = 48_000_000
  private static let roomPerThread = 40_000_000

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
