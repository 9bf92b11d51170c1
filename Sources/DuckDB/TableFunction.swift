internal import CDuckDB
import Tabular

extension Connection {
  /// Makes `source` readable as `SELECT * FROM name()`. Rows are pulled when the engine wants them, only the columns it needs.
  package func register(_ source: any BatchSource, as name: String) throws(DuckDBError) {
    var function = api.create_table_function()
    defer { api.destroy_table_function(&function) }
    api.table_function_set_name(function, name)
    let state = SourceState(source, api)
    api.table_function_set_extra_info(function, Unmanaged.passRetained(state).toOpaque(), release)
    api.table_function_supports_projection_pushdown(function, true)
    api.table_function_set_bind(function) { info in
      let state = SourceState.at(bind: info)
      for column in state.source.schema.columns {
        var type = column.type.handle(state.api)
        defer { state.api.destroy_logical_type(&type) }
        state.api.bind_add_result_column(info, column.name, type)
      }
      if let rows = state.source.estimatedRows { state.api.bind_set_cardinality(info, idx_t(max(0, rows)), false) }
    }
    api.table_function_set_init(function) { info in
      let state = SourceState.at(initialise: info)
      let columns = (0..<state.api.init_get_column_count(info)).map { Int(state.api.init_get_column_index(info, $0)) }
      let scan = ScanState(columns, state.source.scan())
      state.api.init_set_init_data(info, Unmanaged.passRetained(scan).toOpaque(), release)
      state.api.init_set_max_threads(info, idx_t(state.source.partitions))
    }
    api.table_function_set_local_init(function) { info in
      let state = SourceState.at(initialise: info)
      state.api.init_set_init_data(info, Unmanaged.passRetained(ReaderState()).toOpaque(), release)
    }
    api.table_function_set_function(function) { info, output in
      let state = SourceState.at(call: info)
      guard let scanPointer = state.api.function_get_init_data(info),
        let localPointer = state.api.function_get_local_init_data(info)
      else { return }
      let scan = Unmanaged<ScanState>.fromOpaque(scanPointer).takeUnretainedValue()
      let local = Unmanaged<ReaderState>.fromOpaque(localPointer).takeUnretainedValue()
      state.fill(output, info, scan, local)
    }
    guard api.register_table_function(handle, function) == 0 else {
      throw DuckDBError(kind: .other, message: "The engine refused the table function \(name).")
    }
  }
}

private let release: duckdb_delete_callback_t = { pointer in
  if let pointer { Unmanaged<AnyObject>.fromOpaque(pointer).release() }
}

/// One registered source; lives as long as the engine knows the function.
private final class SourceState {
  let source: any BatchSource
  let api: cduckdb_functions
  let capacity: Int

  init(_ source: any BatchSource, _ api: cduckdb_functions) {
    self.source = source
    self.api = api
    capacity = Int(api.vector_size())
  }

  static func at(bind info: duckdb_bind_info?) -> SourceState { of { $0.bind_get_extra_info(info) } }
  static func at(initialise info: duckdb_init_info?) -> SourceState { of { $0.init_get_extra_info(info) } }
  static func at(call info: duckdb_function_info?) -> SourceState { of { $0.function_get_extra_info(info) } }

  private static func of(_ pointer: (cduckdb_functions) -> UnsafeMutableRawPointer?) -> SourceState {
    guard case .success(let api) = Library.functions, let pointer = pointer(api) else {
      preconditionFailure("A table function was called without its state.")
    }
    return Unmanaged<SourceState>.fromOpaque(pointer).takeUnretainedValue()
  }

  func fill(_ output: duckdb_data_chunk?, _ info: duckdb_function_info?, _ scan: ScanState, _ local: ReaderState) {
    do {
      if local.isDone { return api.data_chunk_set_size(output, 0) }
      // The engine asks for the row number only when no column is needed (count(*)); then any column will do.
      let wanted = scan.columns.filter { $0 < source.schema.columns.count }
      let reader: any BatchReader
      if let open = local.reader {
        reader = open
      } else {
        reader = try scan.rows.open(columns: wanted)
        local.reader = reader
      }
      var writers: [any VectorWriter] = []
      for (place, column) in scan.columns.enumerated() where column < source.schema.columns.count {
        writers.append(
          ChunkWriter(api.data_chunk_get_vector(output, idx_t(place)), source.schema.columns[column].type, api))
      }
      let rows = try reader.read(into: writers, capacity: capacity)
      local.isDone = rows == 0
      api.data_chunk_set_size(output, idx_t(rows))
    } catch {
      api.function_set_error(info, SourceFailure.shared.remember(error))
    }
  }
}

private final class ScanState {
  let columns: [Int]
  let rows: any BatchScan
  init(_ columns: [Int], _ rows: any BatchScan) {
    self.columns = columns
    self.rows = rows
  }
}

private final class ReaderState {
  var reader: (any BatchReader)?
  var isDone = false
}

/// Writes one column of a chunk.
struct ChunkWriter: VectorWriter {
  let vector: duckdb_vector?
  let type: DataType
  let api: cduckdb_functions
  let data: UnsafeMutableRawPointer

  init(_ vector: duckdb_vector?, _ type: DataType, _ api: cduckdb_functions) {
    self.vector = vector
    self.type = type
    self.api = api
    data = api.vector_get_data(vector) ?? UnsafeMutableRawPointer(bitPattern: 16)!
  }

  func setNull(_ row: Int) {
    api.vector_ensure_validity_writable(vector)
    guard let validity = api.vector_get_validity(vector) else { return }
    validity[row >> 6] &= ~(1 << UInt64(row & 63))
  }

  func assign(_ row: Int, _ bytes: UnsafeRawBufferPointer) {
    let text = bytes.bindMemory(to: CChar.self)
    api.unsafe_vector_assign_string_element_len(vector, idx_t(row), text.baseAddress ?? emptyText, idx_t(text.count))
  }

  var childCount: Int { Int(api.list_vector_get_size(vector)) }

  func growChild(to count: Int) {
    _ = api.list_vector_reserve(vector, idx_t(count))
    _ = api.list_vector_set_size(vector, idx_t(count))
  }

  func child(_ index: Int) -> any VectorWriter {
    switch type {
    case .list(let element): ChunkWriter(api.list_vector_get_child(vector), element, api)
    case .structure(let fields): ChunkWriter(api.struct_vector_get_child(vector, idx_t(index)), fields[index].type, api)
    default: self
    }
  }
}

nonisolated(unsafe) private let emptyText: UnsafePointer<CChar> = {
  let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  byte.pointee = 0
  return UnsafePointer(byte)
}()
