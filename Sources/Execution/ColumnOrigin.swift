import DuckDB
import Pipelines
import Tabular

/// Finds which columns of a query come through it unchanged, where their types say less than their source knows.
///
/// The query is bound once over empty relations in which each such column is an enumeration of its own: wherever a value is worked on, the
/// engine makes a plain text of it, and only columns handed through (also filtered, joined, sorted, renamed) are that enumeration still.
extension SchemaCheck {
  /// - Parameter inputs: the relations the query names.
  /// - Returns: the unchanged columns under their new names.
  func unchangedColumns(of query: SQL, from inputs: [(name: String, schema: Schema)]) async throws -> Schema {
    let marked = inputs.flatMap { input in
      input.schema.columns.filter(\.isSaidByItsSource).map { (input: input.name, column: $0) }
    }
    guard !marked.isEmpty else { return Schema([]) }
    if let found = try? await probe(query, inputs, marked) { return found }
    // One of them is used where only a text can be.
    var result = Schema([])
    for one in marked { result.columns += (try? await probe(query, inputs, [one]))?.columns ?? [] }
    return result
  }

  private func probe(
    _ query: SQL, _ inputs: [(name: String, schema: Schema)], _ marked: [(input: String, column: Column)]
  ) async throws -> Schema {
    let relations = inputs.map { input -> SQL in
      let columns = input.schema.columns.map { column -> SQL in
        let mark = marked.firstIndex { $0.input == input.name && $0.column.name == column.name }
        let type: SQL = mark.map { "ENUM (\(text: "weir \($0)"))" } ?? "\(column.type)"
        return "CAST(NULL AS \(type)) AS \(name: column.name)"
      }
      return "\(name: input.name) AS (SELECT \(columns))"
    }
    let found = try await engine.connection.describe("WITH \(relations) SELECT * FROM (\n\(query)\n)")
    return Schema(
      found.columns.compactMap { column in
        guard case .enumeration(let labels) = column.type else { return nil }
        guard var before = marked.enumerated().first(where: { labels == ["weir \($0.offset)"] })?.element.column else {
          return nil
        }
        before.name = column.name
        return before
      })
  }
}

extension Column {
  /// Whether the engine carries the column as a text that doesn't show its type.
  fileprivate var isSaidByItsSource: Bool {
    switch type {
    case .numeric: true
    case .text, .json: native != nil
    default: false
    }
  }
}
