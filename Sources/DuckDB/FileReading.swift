internal import CDuckDB
import Tabular

extension Connection {
  /// Hands the bytes of a file to `body` in order, read the way the engine reads files: from the disk, or from the web once `httpfs` is loaded.
  /// - Throws: a `DuckDBError` if the file can't be opened or ends before its announced length; what `body` throws.
  package func readFile(_ path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) async throws {
    // The engine looks up how to reach an address in the open transaction.
    try await execute("BEGIN TRANSACTION")
    do {
      try await interruptible { interruption in
        let file = try EngineFile(path, handle, api)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var total = 0
        while true {
          try interruption.check()
          let count = try file.read(into: buffer)
          guard count > 0 else { break }
          total += count
          try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        guard total >= file.size else {
          throw DuckDBError("IO Error: \(path) ended after \(total) of \(file.size) bytes.")
        }
      }
      try await execute("COMMIT")
    } catch {
      _ = try? await execute("ROLLBACK")
      throw error
    }
  }
}

/// A file the engine has opened for reading.
private final class EngineFile {
  private let api: cduckdb_functions
  private var file: duckdb_file_handle?
  let size: Int

  init(_ path: String, _ connection: duckdb_connection, _ api: cduckdb_functions) throws(DuckDBError) {
    self.api = api
    var context: duckdb_client_context?
    api.connection_get_client_context(connection, &context)
    var system = api.client_context_get_file_system(context)
    var options = api.create_file_open_options()
    defer {
      api.destroy_file_open_options(&options)
      api.destroy_file_system(&system)
      api.destroy_client_context(&context)
    }
    let reading: Int32 = 1  // DUCKDB_FILE_FLAG_READ
    _ = api.file_open_options_set_flag(options, reading, true)
    var file: duckdb_file_handle?
    guard api.file_system_open(system, path, options, &file) == 0, let file else {
      throw EngineFile.error(api.file_system_error_data(system), api)
    }
    self.file = file
    size = Int(clamping: api.file_handle_size(file))
  }

  deinit { api.destroy_file_handle(&file) }

  /// Returns how many bytes were read; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DuckDBError) -> Int {
    let count = api.file_handle_read(file, buffer.baseAddress, Int64(buffer.count))
    guard count >= 0 else { throw EngineFile.error(api.file_handle_error_data(file), api) }
    return Int(count)
  }

  private static func error(_ data: duckdb_error_data?, _ api: cduckdb_functions) -> DuckDBError {
    var data = data
    defer { api.destroy_error_data(&data) }
    return DuckDBError(text(api.error_data_message(data)))
  }
}
