import Pipelines
import Tabular

/// Lines of JSON lines that are no records: with file and line, as they stand there.
extension JSONDocuments {
  private struct Refusal {
    var position: String
    var original: String
  }

  /// A query that lists them.
  func refusals() async throws -> SQL {
    let rows = try await refused(limit: .max).map { refusal -> SQL in
      "(\(text: refusal.position), \(text: refusal.original))"
    }
    return """
      SELECT position, original, 'malformed' AS rule, \(text: JSONDocuments.reason) AS reason \
      FROM (VALUES \(rows)) AS refused(position, original)
      """
  }

  func firstRefusal() async throws -> Problem {
    let first = try await refused(limit: 1).first
    return Problem(
      "malformed-row",
      "\(first?.position ?? read.files.first): \(JSONDocuments.reason) \(first?.original.prefix(200) ?? "")",
      hint: "Mend the line, or leave out `strict` to set such lines aside.", at: read.request.location)
  }

  private static let reason = "The line is no JSON object."

  private func refused(limit: Int) async throws -> [Refusal] {
    var result: [Refusal] = []
    for path in read.files.paths {
      let bad = try await read.ask(
        """
        SELECT DISTINCT line FROM (\(Lines.read(path, column: "line", compression: Compression(path).rawValue))) WHERE trim(line) <> '' \
        AND NOT coalesce(json_valid(line) AND json_type(TRY_CAST(line AS JSON)) = 'OBJECT', false)
        """
      ).compactMap { row in if case .text(let text)? = row.first { text } else { nil } }
      guard !bad.isEmpty else { continue }
      let wanted = Set(bad)
      let reader = try ByteReader(path)
      var (line, number) = ([UInt8](), 0)
      while result.count < limit, try reader.readLine(into: &line) {
        number += 1
        if line.last == 13 { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        if wanted.contains(text) {
          result.append(Refusal(position: "\(read.files.name(of: path)):\(number)", original: text))
        }
        line.removeAll(keepingCapacity: true)
      }
    }
    return result
  }
}
