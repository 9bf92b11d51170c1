import DuckDB
import Foundation
import Pipelines
import Tabular

/// Whether a query makes of more rows only more rows, so that what it makes of a few can be added to what it made of the others. Asked of
/// the engine's own plan of the query, over empty tables of the same columns.
struct RowByRow {
  /// The relations whose rows are few.
  private let fed: Set<String>
  private var emptied: Set<String> = []
  private var joined: Set<String> = []
  /// For each named query inside the query (WITH): the tables its rows come from.
  private var named: [String: Set<String>] = [:]

  /// Stands for rows that come from no table.
  private static let own = "?"

  private struct Refusal: Error { var reason: String }

  private struct Node: Decodable {
    var name: String
    var children: [Node]
    var extra: [String: Text]

    private enum CodingKeys: String, CodingKey {
      case name, children
      case extra = "extra_info"
    }

    /// A text or a list of texts.
    struct Text: Decodable {
      var text: String
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        text = try (try? container.decode(String.self)) ?? container.decode([String].self).joined(separator: ", ")
      }
    }
  }

  private init(fed: Set<String>) { self.fed = fed }

  /// - Parameter select: names the relations in `schemas`.
  /// - Returns: relations that must count as empty, because their rows have landed and stand beside the few (UNION).
  /// - Throws: `not-row-by-row`.
  static func check(
    _ select: SQL, _ schemas: [String: Schema], fed: Set<String>, of step: PlannedStep, on connection: Connection
  ) async throws -> Set<String> {
    let stub = "weir_stub"
    try await connection.execute("DROP SCHEMA IF EXISTS \(name: stub) CASCADE")
    try await connection.execute("CREATE SCHEMA \(name: stub)")
    for (name, schema) in schemas {
      let columns = schema.columns.map { column -> SQL in
        column.type == .numeric ? "\(name: column.name) VARCHAR" : "\(name: column.name) \(column.type)"
      }
      try await connection.execute("CREATE TABLE \(name: stub).\(name: name) (\(columns))")
    }
    try await connection.execute("SET search_path = 'weir_stub,main'")
    try await connection.execute("PRAGMA disable_optimizer")
    let plan = try await connection.query("EXPLAIN (FORMAT json) \(select)").rows.first?.last?.description ?? ""
    var search = RowByRow(fed: fed)
    do {
      var found: Set<String> = []
      for node in try JSONDecoder().decode([Node].self, from: Data(plan.utf8)) {
        found.formUnion(try search.tables(under: node))
      }
      guard fed.isSubset(of: found) else { throw Refusal(reason: "can't be followed") }
      guard search.emptied.isDisjoint(with: search.joined) else {
        throw Refusal(reason: "uses the same rows in two ways")
      }
      return search.emptied
    } catch let refusal as Refusal {
      throw refused(step, refusal.reason)
    } catch is DecodingError {
      throw refused(step, "can't be followed")
    }
  }

  /// `memory.weir_stub."rows"` → `rows`.
  private static func name(_ table: String) -> String {
    let last = table.components(separatedBy: "weir_stub.").last ?? table
    return SQL.unquoted(last)
  }

  private static func refused(_ step: PlannedStep, _ reason: String) -> Problem {
    Problem(
      "not-row-by-row",
      "Step \"\(step.id)\" \(reason), so what it makes of the rows that were set aside can't be added to what has landed.",
      hint: "Run the whole pipeline again with weir run.", at: step.location)
  }

  /// The tables whose rows a part of the plan takes.
  private mutating func tables(under node: Node) throws -> Set<String> {
    let kind = node.name.trimmingCharacters(in: .whitespaces)
    if kind == "CTE" {
      let definition = try tables(under: node.children[0])
      if let index = node.extra["Table Index"]?.text { named[index] = definition }
      return try tables(under: node.children[1])
    }
    if kind == "CTE_SCAN" { return node.extra["CTE Index"].flatMap { named[$0.text] } ?? [] }
    if let table = node.extra["Table"]?.text { return [Self.name(table)] }
    var parts: [Set<String>] = []
    for child in node.children { parts.append(try tables(under: child)) }
    // A part that yields rows though its tables are empty can't be emptied: constants, files, a count of nothing.
    let isOwn = parts.isEmpty || ["UNGROUPED_AGGREGATE", "SIMPLE_AGGREGATE"].contains(kind)
    let all = parts.reduce(into: isOwn ? [Self.own] : Set<String>()) { $0.formUnion($1) }
    let places = parts.indices.filter { !parts[$0].isDisjoint(with: fed) }
    if places.isEmpty { return all }
    switch kind {
    case "PROJECTION", "FILTER", "UNNEST", "INOUT_FUNCTION", "ORDER_BY": break
    case "UNION":
      for index in parts.indices where !places.contains(index) { emptied.formUnion(parts[index]) }
      guard !emptied.contains(Self.own) else { throw Refusal(reason: "adds rows of its own") }
    case let join where join.hasSuffix("JOIN") || join == "CROSS_PRODUCT":
      guard places.count == 1 else { throw Refusal(reason: "joins its rows with each other") }
      for index in parts.indices where !places.contains(index) { joined.formUnion(parts[index]) }
      let type = node.extra["Join Type"]?.text ?? "INNER"
      let keepsFirst = ["LEFT", "SEMI", "ANTI", "MARK", "SINGLE"].contains(type) && places == [0]
      let keepsSecond = ["RIGHT", "RIGHT_SEMI", "RIGHT_ANTI"].contains(type) && places == [1]
      guard type == "INNER" || keepsFirst || keepsSecond else {
        throw Refusal(reason: "joins in a way that depends on all rows")
      }
    case let group where group.contains("GROUP_BY") || group.contains("AGGREGATE"): throw Refusal(reason: "groups rows")
    case let window where window.contains("WINDOW"): throw Refusal(reason: "looks at several rows at once")
    case let limit where limit.contains("LIMIT") || limit.contains("TOP_N") || limit.contains("SAMPLE"):
      throw Refusal(reason: "takes only some rows")
    default: throw Refusal(reason: "doesn't work row by row (\(kind))")
    }
    return all
  }
}
