internal import CDuckDB
import Tabular

extension Connection {
  /// Makes `body` callable as `name(any columns …) -> BOOLEAN`: a tap that sees each batch as it passes and says, row by row
  /// (1 or 0), what stays. It is called from several of the engine's threads at once.
  package func registerTap(
    _ name: String, _ body: @escaping @Sendable (Batch, UnsafeMutableBufferPointer<UInt8>) throws -> Void
  ) throws(DuckDBError) {
    var any = api.create_logical_type(anyType)
    defer { api.destroy_logical_type(&any) }
    let parameters = { [api] (function: duckdb_scalar_function?) in
      api.scalar_function_set_varargs(function, any)
      api.scalar_function_set_volatile(function)
    }
    try register(name, returning: .boolean, parameters: parameters) { batch, output in
      let keep = UnsafeMutableBufferPointer(
        start: output.data.assumingMemoryBound(to: UInt8.self), count: batch.rowCount)
      keep.update(repeating: 1)
      try body(batch, keep)
    }
  }

  /// Makes `body` callable as `name(VARCHAR, …) -> type`, with as many texts as `parameters`. It is called from several threads at once
  /// with the texts column by column and their number of rows.
  package func registerTextFunction(
    _ name: String, parameters count: Int = 1, returning type: DataType,
    _ body: @escaping @Sendable ([Vector], Int, any VectorWriter) throws -> Void
  ) throws(DuckDBError) {
    var text = api.create_logical_type(varcharType)
    defer { api.destroy_logical_type(&text) }
    let parameters = { [api] (function: duckdb_scalar_function?) in
      for _ in 0..<count { api.scalar_function_add_parameter(function, text) }
    }
    try register(name, returning: type, parameters: parameters) { batch, output in
      try body(batch.columns, batch.rowCount, output)
    }
  }

  private func register(
    _ name: String, returning type: DataType, parameters: (duckdb_scalar_function?) -> Void,
    _ body: @escaping @Sendable (Batch, ChunkWriter) throws -> Void
  ) throws(DuckDBError) {
    var function = api.create_scalar_function()
    defer { api.destroy_scalar_function(&function) }
    api.scalar_function_set_name(function, name)
    parameters(function)
    var result = type.handle(api)
    defer { api.destroy_logical_type(&result) }
    api.scalar_function_set_return_type(function, result)
    api.scalar_function_set_special_handling(function)
    let state = FunctionState(api, type, body)
    api.scalar_function_set_extra_info(function, Unmanaged.passRetained(state).toOpaque()) { pointer in
      if let pointer { Unmanaged<AnyObject>.fromOpaque(pointer).release() }
    }
    api.scalar_function_set_function(function) { info, input, output in
      guard case .success(let api) = Library.functions, let pointer = api.scalar_function_get_extra_info(info) else {
        return
      }
      Unmanaged<FunctionState>.fromOpaque(pointer).takeUnretainedValue().call(info, input, output)
    }
    guard api.register_scalar_function(handle, function) == 0 else {
      throw DuckDBError(kind: .other, message: "The engine refused the function \(name).")
    }
  }
}

/// DuckDB's type numbers for "any" and VARCHAR.
private let anyType: Int32 = 34
private let varcharType: Int32 = 17

private final class FunctionState: Sendable {
  let api: cduckdb_functions
  let type: DataType
  let body: @Sendable (Batch, ChunkWriter) throws -> Void

  init(_ api: cduckdb_functions, _ type: DataType, _ body: @escaping @Sendable (Batch, ChunkWriter) throws -> Void) {
    self.api = api
    self.type = type
    self.body = body
  }

  func call(_ info: duckdb_function_info?, _ input: duckdb_data_chunk?, _ output: duckdb_vector?) {
    let columns = (0..<api.data_chunk_get_column_count(input)).map { index in
      let vector = api.data_chunk_get_vector(input, index)
      var handle = api.vector_get_column_type(vector)
      defer { api.destroy_logical_type(&handle) }
      return Vector(vector, DataType(handle, api), api)
    }
    do {
      try body(Batch(rowCount: Int(api.data_chunk_get_size(input)), columns: columns), ChunkWriter(output, type, api))
    } catch {
      api.scalar_function_set_error(info, SourceFailure.shared.remember(error))
    }
  }
}
