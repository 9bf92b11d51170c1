import DuckDB
import Pipelines
import Tabular

extension Connection {
  /// Makes known what connectors may call to read and write numbers without losing a digit:
  /// - `weir_double(VARCHAR) -> BOOLEAN`: whether a double stands for the number;
  /// - `weir_integer(VARCHAR) -> BIGINT`: the whole number, null for any other text;
  /// - `weir_json_traits(VARCHAR) -> BIGINT`: 1 = holds a number no double stands for, 2 = a whole one beyond 64 bits;
  /// - `weir_json_exact`, `weir_json_safe` `(VARCHAR) -> VARCHAR`: numbers with a fraction, or those a double would change, as texts;
  /// - `weir_json_compact(VARCHAR) -> VARCHAR`: the value on one line; `weir_json_member(VARCHAR) -> VARCHAR`: see `ExactJSON.member`.
  func registerExactFunctions() async throws {
    try registerTextFunction("weir_double", returning: .boolean) { texts, rows, output in
      let input = texts[0]
      for row in 0..<rows {
        if input.isNull(row) {
          output.setNull(row)
        } else {
          output.data.storeBytes(of: ExactDouble.holds(input.bytes(row)) ? 1 : 0, toByteOffset: row, as: UInt8.self)
        }
      }
    }
    try registerTextFunction("weir_integer", returning: .int64) { texts, rows, output in
      let input = texts[0]
      let shape = DecimalShape(precision: 19, scale: 0)
      for row in 0..<rows {
        if !input.isNull(row), let digits = ExactDecimal.parse(input.bytes(row), shape),
          let value = Int64(exactly: digits)
        {
          output.data.storeBytes(of: value, toByteOffset: row * 8, as: Int64.self)
        } else {
          output.setNull(row)
        }
      }
    }
    try registerTextFunction("weir_json_traits", returning: .int64) { texts, rows, output in
      let input = texts[0]
      for row in 0..<rows {
        if input.isNull(row) {
          output.setNull(row)
        } else {
          output.data.storeBytes(of: ExactJSON.traits(input.bytes(row)).rawValue, toByteOffset: row * 8, as: Int64.self)
        }
      }
    }
    try registerRewriting("weir_json_exact") { ExactJSON.quoted($0, .fractions, into: &$1) }
    try registerRewriting("weir_json_safe") { ExactJSON.quoted($0, .inexact, into: &$1) }
    try registerRewriting("weir_json_compact") { ExactJSON.compact($0, into: &$1) }
    try registerTextFunction("weir_json_member", returning: .text) { texts, rows, output in
      let input = texts[0]
      for row in 0..<rows {
        if !input.isNull(row), let value = ExactJSON.member(input.bytes(row)) {
          output.assign(row, value)
        } else {
          output.setNull(row)
        }
      }
    }
  }

  private func registerRewriting(
    _ name: String, _ rewrite: @escaping @Sendable (UnsafeRawBufferPointer, inout [UInt8]) -> Void
  ) throws {
    try registerTextFunction(name, returning: .text) { texts, rows, output in
      let input = texts[0]
      var text: [UInt8] = []
      for row in 0..<rows {
        if input.isNull(row) {
          output.setNull(row)
        } else {
          text.removeAll(keepingCapacity: true)
          rewrite(input.bytes(row), &text)
          text.withUnsafeBytes { output.assign(row, $0) }
        }
      }
    }
  }
}
