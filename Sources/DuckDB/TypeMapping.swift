internal import CDuckDB
import Glibc
import Tabular

/// DuckDB's type numbers (`duckdb_type` of its C API) for the types without parameters.
private let plainTypes: [(id: Int32, type: DataType)] = [
  (1, .boolean), (2, .integer(bits: 8, signed: true)), (3, .int16), (4, .int32), (5, .int64),
  (6, .integer(bits: 8, signed: false)), (7, .integer(bits: 16, signed: false)), (8, .integer(bits: 32, signed: false)),
  (9, .integer(bits: 64, signed: false)), (10, .float32), (11, .float64), (12, .timestamp(.microseconds)), (13, .date),
  (14, .time), (15, .interval), (16, .int128), (17, .text), (18, .blob), (20, .timestamp(.seconds)),
  (21, .timestamp(.milliseconds)), (22, .timestamp(.nanoseconds)), (27, .uuid), (29, .bit), (30, .timeTZ),
  (31, .timestampTZ),
  (32, .integer(bits: 128, signed: false)), (36, .null),
]

private enum TypeNumber {
  static let varchar: Int32 = 17
  static let decimal: Int32 = 19
  static let enumeration: Int32 = 23
  static let list: Int32 = 24
  static let structure: Int32 = 25
  static let map: Int32 = 26
  static let union: Int32 = 28
  static let array: Int32 = 33
  static let bignum: Int32 = 35
  static let timeNanos: Int32 = 39
}

extension DataType {
  /// Reads the engine's description of a type.
  init(_ handle: duckdb_logical_type?, _ api: cduckdb_functions) {
    func child(_ make: (duckdb_logical_type?) -> duckdb_logical_type?) -> DataType {
      var type = make(handle)
      defer { api.destroy_logical_type(&type) }
      return DataType(type, api)
    }
    func taken(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
      guard let pointer else { return "" }
      defer { api.free(pointer) }
      return String(cString: pointer)
    }
    let id = api.get_type_id(handle)
    switch id {
    case TypeNumber.varchar:
      self = taken(api.logical_type_get_alias(handle)) == "JSON" ? .json : .text
    case TypeNumber.decimal:
      self = .decimal(precision: Int(api.decimal_width(handle)), scale: Int(api.decimal_scale(handle)))
    case TypeNumber.enumeration:
      self = .enumeration(
        (0..<idx_t(api.enum_dictionary_size(handle))).map { taken(api.enum_dictionary_value(handle, $0)) })
    case TypeNumber.list: self = .list(child(api.list_type_child_type))
    case TypeNumber.array:
      self = .array(child(api.array_type_child_type), count: Int(api.array_type_array_size(handle)))
    case TypeNumber.map: self = .map(key: child(api.map_type_key_type), value: child(api.map_type_value_type))
    case TypeNumber.structure:
      self = .structure(
        (0..<api.struct_type_child_count(handle)).map { index in
          Column(taken(api.struct_type_child_name(handle, index)), child { api.struct_type_child_type($0, index) })
        })
    case TypeNumber.union: self = .other("UNION")
    case TypeNumber.bignum: self = .other("BIGNUM")
    case TypeNumber.timeNanos: self = .other("TIME_NS")
    default: self = plainTypes.first { $0.id == id }?.type ?? .other("type \(id)")
    }
  }

  /// The engine's own description of the type; the caller destroys it. Maps, arrays and enumerations can't be produced by a
  /// `BatchSource` and become text.
  func handle(_ api: cduckdb_functions) -> duckdb_logical_type? {
    switch self {
    case .decimal(let precision, let scale): return api.create_decimal_type(UInt8(precision), UInt8(scale))
    case .list(let element):
      var child = element.handle(api)
      defer { api.destroy_logical_type(&child) }
      return api.create_list_type(child)
    case .structure(let fields):
      var types = fields.map { $0.type.handle(api) }
      defer { for index in types.indices { api.destroy_logical_type(&types[index]) } }
      let names = fields.map { strdup($0.name) }
      defer { for name in names { Glibc.free(name) } }
      var pointers = names.map { UnsafePointer($0) }
      return api.create_struct_type(&types, &pointers, idx_t(fields.count))
    case .json:
      let type = api.create_logical_type(TypeNumber.varchar)
      api.logical_type_set_alias(type, "JSON")
      return type
    default: return api.create_logical_type(plainTypes.first { $0.type == self }?.id ?? TypeNumber.varchar)
    }
  }
}

/// The columns of a result, looked up once and used for each of its chunks.
struct ResultLayout {
  let schema: Schema

  init(_ result: inout duckdb_result, _ api: cduckdb_functions) {
    schema = Schema(
      (0..<api.column_count(&result)).map { index in
        var type = api.column_logical_type(&result, index)
        defer { api.destroy_logical_type(&type) }
        return Column(text(api.column_name(&result, index)), DataType(type, api))
      })
  }

  func batch(_ chunk: duckdb_data_chunk, rows: Int, _ api: cduckdb_functions) -> Batch {
    Batch(
      rowCount: rows,
      columns: schema.columns.enumerated().map { index, column in
        Vector(api.data_chunk_get_vector(chunk, idx_t(index)), column.type, api)
      })
  }
}

extension Vector {
  init(_ vector: duckdb_vector?, _ type: DataType, _ api: cduckdb_functions) {
    let children: [Vector] =
      switch type {
      case .list(let element): [Vector(api.list_vector_get_child(vector), element, api)]
      case .map(let key, let value):
        [Vector(api.list_vector_get_child(vector), .structure([Column("key", key), Column("value", value)]), api)]
      case .array(let element, _): [Vector(api.array_vector_get_child(vector), element, api)]
      case .structure(let fields):
        fields.enumerated().map { Vector(api.struct_vector_get_child(vector, idx_t($0)), $1.type, api) }
      default: []
      }
    self.init(
      type: type, data: UnsafeRawPointer(api.vector_get_data(vector) ?? UnsafeMutableRawPointer(bitPattern: 16)!),
      validity: api.vector_get_validity(vector).map { UnsafePointer($0) }, children: children)
  }
}
