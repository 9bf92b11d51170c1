import DuckDB
import Pipelines
import Tabular

/// What operations need and the engine doesn't have: functions over text, known to every statement of a run.
package enum TextFunctions {
  /// Makes known: `weir_similarity(a, b) → DOUBLE`, from 0 to 1, null if an argument is; `weir_letters(a) → BIGINT`,
  /// see `TextSimilarity.letters`; `weir_pattern(a) → VARCHAR`, see `TextPattern`; `weir_number(a) → VARCHAR`, the digits of a number in
  /// any notation, see `PlainNumber`, null for other texts;
  /// `weir_xpath(document, path) → VARCHAR`, the texts the path leads to as a JSON list, null if the document isn't well-formed.
  package static func register(on connection: Connection) async throws {
    try await registerXPath(on: connection)
    try await connection.registerTextFunction("weir_number", returning: .text) { texts, rows, output in
      for row in 0..<rows {
        if !texts[0].isNull(row), let number = PlainNumber(texts[0].bytes(row)) {
          number.bytes.withUnsafeBytes { output.assign(row, $0) }
        } else {
          output.setNull(row)
        }
      }
    }
    try await connection.registerTextFunction("weir_similarity", parameters: 2, returning: .float64) {
      texts, rows, output in
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
    try await connection.registerTextFunction("weir_letters", returning: .int64) { texts, rows, output in
      var reader = TextSimilarity()
      for row in 0..<rows {
        if texts[0].isNull(row) {
          output.setNull(row)
        } else {
          output.data.storeBytes(of: reader.letters(texts[0].bytes(row)), toByteOffset: row * 8, as: UInt64.self)
        }
      }
    }
    try await connection.registerTextFunction("weir_pattern", returning: .text) { texts, rows, output in
      var pattern = TextPattern()
      for row in 0..<rows {
        if texts[0].isNull(row) {
          output.setNull(row)
        } else {
          pattern.write(texts[0].bytes(row)) { output.assign(row, $0) }
        }
      }
    }
  }

  private static func registerXPath(on connection: Connection) async throws {
    try await connection.registerTextFunction("weir_xpath", parameters: 2, returning: .text) { texts, rows, output in
      var known: (text: String, path: XPath)?
      for row in 0..<rows {
        guard !texts[0].isNull(row), !texts[1].isNull(row) else {
          output.setNull(row)
          continue
        }
        let written = String(decoding: texts[1].bytes(row), as: UTF8.self)
        if known?.text != written { known = (written, try XPath(written)) }
        let document = texts[0].bytes(row)
        var found: [String] = []
        if document.contains(where: { $0 > 32 }) {
          guard let root = try? XMLTree.read(document) else {
            output.setNull(row)
            continue
          }
          found = known?.path.texts(in: root) ?? []
        }
        var list = "[" + found.map(JSONText.quote).joined(separator: ",") + "]"
        list.withUTF8 { output.assign(row, UnsafeRawBufferPointer($0)) }
      }
    }
  }
}
