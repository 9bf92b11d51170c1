import Foundation
import Pipelines
import Tabular

/// The records of JSON files as JSON texts, and what all of them together look like.
struct JSONDocuments {
  let format: JSON
  let read: FileRead
  /// One document per line: then a bad line doesn't spoil the others.
  let isLines: Bool
  /// The engine's name of the files' layout.
  let layout: String
  /// How long one document may be.
  let limit: Int

  struct Survey {
    var schema: Schema
    /// Some number would be changed by the engine's own reading.
    var isCareful: Bool
    /// Lines that aren't records.
    var refused: Int
  }

  init(format: JSON, read: FileRead) {
    self.format = format
    self.read = read
    isLines =
      format.layout != .array
      && read.files.paths.allSatisfy { JSONDocuments.isLines($0, named: read.files.name(of: $0), format) }
    layout = isLines ? "newline_delimited" : format.layout == .array ? "array" : "auto"
    let packed = read.files.paths.contains { Compression($0) != .none }
    limit = min(2_000_000_000, max(64_000_000, (read.files.bytes ?? 0) * (packed ? 20 : 1) + 1_000_000))
  }

  private static func isLines(_ path: String, named name: String, _ format: JSON) -> Bool {
    let plain = FileSet.plainName(String(name.prefix { $0 != "?" }))
    let isNamedSo = format.layout == .lines || plain.hasSuffix(".jsonl") || plain.hasSuffix(".ndjson")
    guard let reader = try? ByteReader(path) else { return isNamedSo }
    var head: [UInt8] = []
    while head.count < 1_000_000, let byte = try? reader.next() {
      if byte == 10, !head.isEmpty { break }
      if head.isEmpty, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { continue }
      head.append(byte)
    }
    if isNamedSo { return head.first != UInt8(ascii: "[") }
    return head.first == UInt8(ascii: "{") && (try? JSONSerialization.jsonObject(with: Data(head))) != nil
  }

  private var all: SQL {
    let documents: SQL = """
      SELECT json FROM read_json_objects(\(read.files.list), format = \(text: layout), maximum_object_size = \(limit)\
      \(isLines ? ", ignore_errors = true" : "" as SQL))
      """
    guard !format.records.isEmpty else { return documents }
    var path = "$"
    for part in format.records.split(separator: ".") where part != "$" { path = JSONTypes.path(path, String(part)) }
    return """
      SELECT unnest(CASE json_type(list) WHEN 'ARRAY' THEN CAST(list AS JSON[]) ELSE [list] END) AS json \
      FROM (SELECT json_extract(CAST(weir_json_safe(json) AS JSON), \(text: path)) AS list \
      FROM (\(documents))) WHERE list IS NOT NULL
      """
  }

  /// One JSON text per record in the column `json`.
  var records: SQL {
    isLines && format.records.isEmpty
      ? "SELECT json FROM (\(all)) WHERE coalesce(json_type(json) = 'OBJECT', false)" : all
  }

  func survey() async throws -> Survey {
    let isGood: SQL = isLines && format.records.isEmpty ? "coalesce(json_type(json) = 'OBJECT', false)" : "true"
    let row =
      try await read.ask(
        """
        SELECT count(*) FILTER (NOT good), bit_or(weir_json_traits(json)) FILTER (good), count(*) FILTER (good), \
        count(*) FILTER (json_type(json) = 'OBJECT') FROM (SELECT json, \(isGood) AS good FROM (\(all)))
        """
      ).first ?? []
    guard row.count == 4, case .integer(let refused) = row[0], case .integer(let records) = row[2] else {
      throw Problem("unreadable-file", "\"\(read.files.first)\" can't be read.", at: read.request.location)
    }
    let traits = if case .integer(let bits) = row[1] { bits } else { Int128(0) }
    guard records > 0 else {
      if !format.records.isEmpty { throw missingRecords() }
      return Survey(schema: Schema([]), isCareful: false, refused: Int(refused))
    }
    guard row[3] != .integer(0), let schema = try await schema() else {
      if !format.records.isEmpty { throw missingRecords() }
      throw Problem(
        "no-records", "\"\(read.files.first)\" holds values that are no records.",
        hint:
          "A record is an object: {\"id\": 1}. If the records are inside a document, say where: `records: data.items`.",
        at: read.request.location)
    }
    return Survey(schema: schema, isCareful: traits != 0, refused: Int(refused))
  }

  /// The columns over all records, in order of first appearance; dates and identifiers as text.
  private func schema() async throws -> Schema? {
    if format.records.isEmpty {
      let found = try? await read.describe(
        """
        SELECT * FROM read_json(\(read.files.list), format = \(text: layout), sample_size = -1, dateformat = '%%', timestampformat = '%%', \
        map_inference_threshold = -1, field_appearance_threshold = 0, union_by_name = true, records = 'true', \
        maximum_object_size = \(limit)\(isLines ? ", ignore_errors = true" : "" as SQL))
        """)
      if let found, !JSONTypes.hasRenamed(found.columns) { return found }
    }
    // The engine renames keys that differ only in case; this keeps them, but holds all records in memory.
    let structure = try await read.ask("SELECT CAST(json_group_structure(json) AS VARCHAR) FROM (\(records))").first?
      .first
    guard case .text(let text)? = structure else { return nil }
    return JSONTypes.schema(structure: text)
  }

  private func missingRecords() -> Problem {
    Problem(
      "no-records", "\"\(read.files.first)\" has no records at \"\(format.records)\".",
      hint: "`records` names the fields on the way to the list, separated by points.", at: read.request.location)
  }
}
