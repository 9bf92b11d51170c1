import DuckDB
import Tabular

/// What operations need and the engine doesn't have: functions over text, known to every statement of a run.
package enum TextFunctions {
  /// Makes `weir_similarity(a, b) → DOUBLE` and `weir_xpath(xml, path) → VARCHAR[]` known; both are null if an argument is.
  package static func register(on connection: Connection) async throws {
    try await connection.registerTextFunction("weir_similarity", parameters: 2, returning: .float64) { texts, rows, output in
      var comparison = TextSimilarity()
      for row in 0..<rows {
        guard !texts[0].isNull(row), !texts[1].isNull(row) else {
          output.setNull(row)
          continue
        }
        let similarity = comparison.similarity(texts[0].bytes(row), texts[1].bytes(row))
        output.data.storeBytes(of: similarity, toByteOffset: row * 8, as: Double.self)
      }
    }
    try await connection.registerTextFunction("weir_xpath", parameters: 2, returning: .list(.text)) { texts, rows, output in
      var count = 0
      for row in 0..<rows {
        guard !texts[0].isNull(row), !texts[1].isNull(row) else {
          output.setNull(row)
          output.data.storeBytes(of: UInt64(count), toByteOffset: row * 16, as: UInt64.self)
          output.data.storeBytes(of: 0, toByteOffset: row * 16 + 8, as: UInt64.self)
          continue
        }
        let found = try XPath.values(texts[0].bytes(row), String(decoding: texts[1].bytes(row), as: UTF8.self))
        output.growChild(to: count + found.count)
        let child = output.child(0)
        for (offset, value) in found.enumerated() {
          var value = value
          value.withUTF8 { child.assign(count + offset, UnsafeRawBufferPointer($0)) }
        }
        output.data.storeBytes(of: UInt64(count), toByteOffset: row * 16, as: UInt64.self)
        output.data.storeBytes(of: UInt64(found.count), toByteOffset: row * 16 + 8, as: UInt64.self)
        count += found.count
      }
    }
  }
}
