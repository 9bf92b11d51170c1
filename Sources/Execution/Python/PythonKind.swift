import Tabular

/// How values of a type travel to a Python function and back: as JSON that loses nothing, and as which Python type.
enum PythonKind: Sendable {
  case boolean, float32, float64, text, json, blob, date, time, timestampTZ
  case integer(bits: Int, signed: Bool)
  case decimal(DecimalType)
  /// A number without bounds, as text.
  case numeric
  /// A datetime whose smallest step is that many microseconds.
  case timestamp(step: Int)
  indirect case list(PythonKind)
  case structure([(name: String, kind: PythonKind)])
  indirect case map(PythonKind, PythonKind)
  /// The engine's own text of a type that Python has no match for.
  case words

  struct DecimalType: Sendable {
    var precision: Int
    var scale: Int
  }

  init(_ type: DataType) {
    switch type {
    case .boolean: self = .boolean
    case .integer(let bits, let signed): self = .integer(bits: bits, signed: signed)
    case .decimal(let precision, let scale): self = .decimal(DecimalType(precision: precision, scale: scale))
    case .numeric: self = .numeric
    case .float32: self = .float32
    case .float64: self = .float64
    case .text: self = .text
    case .json: self = .json
    case .blob: self = .blob
    case .date: self = .date
    case .time: self = .time
    case .timestamp(.seconds): self = .timestamp(step: 1_000_000)
    case .timestamp(.milliseconds): self = .timestamp(step: 1000)
    case .timestamp(.microseconds): self = .timestamp(step: 1)
    case .timestampTZ: self = .timestampTZ
    case .list(let element), .array(let element, _): self = .list(PythonKind(element))
    case .structure(let fields): self = .structure(fields.map { ($0.name, PythonKind($0.type)) })
    case .map(let key, let value): self = .map(PythonKind(key), PythonKind(value))
    case .uuid, .bit, .timeTZ, .timestamp(.nanoseconds), .interval, .enumeration, .null, .other: self = .words
    }
  }

  /// The type under which the engine hands values over and takes them back.
  var carrier: DataType {
    switch self {
    case .boolean: .boolean
    case .integer(let bits, let signed): .integer(bits: bits, signed: signed)
    case .decimal(let type): .decimal(precision: type.precision, scale: type.scale)
    case .float32: .float32
    case .float64: .float64
    case .json: .json
    case .blob: .blob
    case .date: .date
    case .time: .time
    case .timestamp: .timestampMicros
    case .timestampTZ: .timestampTZ
    case .list(let element): .list(element.carrier)
    case .structure(let fields): .structure(fields.map { Column($0.name, $0.kind.carrier) })
    case .map(let key, let value): .list(.structure([Column("key", key.carrier), Column("value", value.carrier)]))
    case .numeric, .text, .words: .text
    }
  }

  /// Whether a map lies inside: only a column as a whole can be one.
  var holdsMap: Bool {
    switch self {
    case .map: true
    case .list(let element): element.holdsMap
    case .structure(let fields): fields.contains { $0.kind.holdsMap }
    default: false
    }
  }

  /// What the Python side is told, as JSON.
  var description: Value {
    func list(_ parts: Value...) -> Value { .list(parts) }
    switch self {
    case .boolean: return list(.text("bool"))
    case .integer(let bits, let signed):
      let top = Value.decimal(
        signed ? String(Int128.max >> Int128(128 - bits)) : String(UInt128.max >> UInt128(128 - bits)))
      return list(.text("int"), signed ? .integer(Int128.min >> Int128(128 - bits)) : .integer(0), top)
    case .decimal(let type): return list(.text("dec"), .integer(Int128(type.precision)), .integer(Int128(type.scale)))
    case .numeric: return list(.text("dec"), .integer(0), .integer(0))
    case .float32: return list(.text("float"), .float(Double(Float.greatestFiniteMagnitude)))
    case .float64: return list(.text("float"), .float(Double.greatestFiniteMagnitude))
    case .text: return list(.text("text"))
    case .json: return list(.text("json"))
    case .blob: return list(.text("blob"))
    case .date: return list(.text("date"))
    case .time: return list(.text("time"))
    case .timestamp(let step): return list(.text("ts"), .integer(Int128(step)))
    case .timestampTZ: return list(.text("tstz"))
    case .list(let element): return list(.text("list"), element.description)
    case .structure(let fields):
      return list(.text("struct"), .list(fields.map { .list([.text($0.name), $0.kind.description]) }))
    case .map(let key, let value): return list(.text("map"), key.description, value.description)
    case .words: return list(.text("words"))
    }
  }
}

/// The columns of a Python step: what goes in, what comes out, and the SQL around both.
struct PythonShape: Sendable {
  struct Output: Sendable {
    var column: Column
    var kind: PythonKind
    /// The column of the input it is, changed or not; nil = it is new.
    var origin: Int?
    /// Whether it has the type it came with.
    var isSame: Bool
  }
  let input: Schema
  let inputKinds: [PythonKind]
  let outputs: [Output]

  /// - Parameter returns: columns that are new or change their type; a name that differs only in case means the column there is.
  init(_ input: Schema, returns: [Column]) {
    self.input = input
    inputKinds = input.columns.map { PythonKind($0.type) }
    var outputs = input.columns.enumerated().map { index, column in
      Output(column: column, kind: PythonKind(column.type), origin: index, isSame: true)
    }
    for column in returns {
      if let place = outputs.firstIndex(where: { $0.column.name.lowercased() == column.name.lowercased() }) {
        let isSame = outputs[place].column.type == column.type
        outputs[place].column.type = column.type
        outputs[place].kind = PythonKind(column.type)
        outputs[place].isSame = isSame && outputs[place].origin != nil
      } else {
        outputs.append(Output(column: column, kind: PythonKind(column.type), origin: nil, isSame: false))
      }
    }
    self.outputs = outputs
  }

  /// The columns as they come back from the function.
  var carried: Schema { Schema(outputs.map { Column($0.column.name, $0.kind.carrier) }) }

  /// The rows of `relation` as they are handed over.
  func handedOver(_ relation: SQL) -> SQL {
    let columns: [SQL] = zip(input.columns, inputKinds).map { column, kind in
      let name: SQL = "\(name: column.name)"
      if case .map = kind { return "CAST(map_entries(\(name)) AS \(kind.carrier)) AS \(name)" }
      return kind.carrier == column.type ? name : "CAST(\(name) AS \(kind.carrier)) AS \(name)"
    }
    return "SELECT \(columns) FROM \(relation)"
  }

  /// The rows of the table function `name` under their own types.
  func takenBack(from name: SQL) -> SQL {
    let columns: [SQL] = outputs.map { output in
      let name: SQL = "\(name: output.column.name)"
      if case .map = output.kind { return "CAST(map_from_entries(\(name)) AS \(output.column.type)) AS \(name)" }
      return output.kind.carrier == output.column.type ? name : "CAST(\(name) AS \(output.column.type)) AS \(name)"
    }
    return "SELECT \(columns) FROM \(name)()"
  }
}
