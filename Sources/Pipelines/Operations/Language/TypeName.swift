import Tabular

/// A type as a user writes it: `decimal(18,2)`, `date`, `whole number`.
package struct TypeName: SettingValue {
  package let type: DataType
  package let text: String

  package init(type: DataType, text: String) {
    self.type = type
    self.text = text
  }

  package static var kind: SettingKind { .text }
  package var display: String? { text }
  package init(setting: Setting) throws(Problem) {
    guard let text = setting.text else {
      throw Problem("wrong-type", "must be the name of a type.", at: setting.location)
    }
    let folded = text.lowercased().filter { !" _".contains($0) }
    if let type = Self.names[folded] {
      self.init(type: type, text: text)
    } else if let type = Self.decimal(folded) {
      self.init(type: type, text: text)
    } else {
      throw Problem(
        "unknown-type", "can't be \"\(text)\"; there is no such type.",
        hint: Nearest.hint(text, among: Array(Self.names.keys)) ?? "Types are \(Self.shown.joined(separator: ", ")).",
        at: setting.location)
    }
  }

  private static let shown = [
    "text", "integer", "bigint", "decimal(18,2)", "double", "boolean", "date", "time", "timestamp", "timestamptz",
    "json", "uuid",
  ]

  private static let names: [String: DataType] = [
    "text": .text, "string": .text, "varchar": .text, "str": .text, "char": .text,
    "tinyint": .integer(bits: 8, signed: true), "smallint": .int16, "int2": .int16, "int": .int32, "integer": .int64,
    "int4": .int32, "bigint": .int64, "int8": .int64, "long": .int64, "wholenumber": .int64, "hugeint": .int128,
    "double": .float64, "float": .float64, "float8": .float64, "real": .float32, "float4": .float32, "number": .float64,
    "decimal": .decimal(precision: 18, scale: 3), "numeric": .decimal(precision: 18, scale: 3),
    "money": .decimal(precision: 18, scale: 2),
    "boolean": .boolean, "bool": .boolean, "date": .date, "time": .time, "timestamp": .timestampMicros,
    "datetime": .timestampMicros,
    "timestamptz": .timestampTZ, "timestampwithtimezone": .timestampTZ, "json": .json, "uuid": .uuid, "blob": .blob,
    "bytes": .blob, "binary": .blob,
  ]

  private static func decimal(_ text: String) -> DataType? {
    guard let open = text.firstIndex(of: "("), text.hasSuffix(")"),
      ["decimal", "numeric", "number"].contains(text[..<open])
    else { return nil }
    let numbers = text[text.index(after: open)...].dropLast().split(separator: ",").map { Int($0) }
    guard let precision = numbers.first ?? nil, (1...38).contains(precision), numbers.count <= 2 else { return nil }
    guard let scale = numbers.count == 2 ? numbers[1] : 0, (0...precision).contains(scale) else { return nil }
    return .decimal(precision: precision, scale: scale)
  }
}
