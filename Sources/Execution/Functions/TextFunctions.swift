import DuckDB
import Tabular

/// What operations need and the engine doesn't have: functions over text, known to every statement of a run.
package enum TextFunctions {
  /// Makes `weir_similarity(a, b) → DOUBLE` known: from 0 to 1, null if an argument is.
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
  }
}
