import DuckDB
import Tabular

/// What operations need and the engine doesn't have: functions over text, known to every statement of a run.
package enum TextFunctions {
  /// Makes known: `weir_similarity(a, b) → DOUBLE`, from 0 to 1, null if an argument is; `weir_pattern(a) → VARCHAR`, see `TextPattern`.
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
    try await connection.registerTextFunction("weir_pattern", returning: .text) { texts, rows, output in
      var pattern = TextPattern()
      for row in 0..<rows {
        if texts[0].isNull(row) { output.setNull(row) } else { pattern.write(texts[0].bytes(row)) { output.assign(row, $0) } }
      }
    }
  }
}
