import Foundation
import Pipelines
import Tabular

/// A query whose tables are meant to be those of one database, written so that they are whatever the engine's default database is:
/// the engine's own parser takes the query apart (`json_serialize_sql`), every table that names no database gets one, and the engine
/// writes the query again.
struct QualifiedQuery {
  let text: String
  let catalog: String

  /// - Parameter ask: asks the engine for the one value of a query.
  /// - Throws: `invalid-sql`.
  func rewritten(_ ask: (SQL) async throws -> String) async throws -> SQL {
    let parsed = try await ask("SELECT json_serialize_sql(\(text: text))")
    guard let tree = try JSONSerialization.jsonObject(with: Data(parsed.utf8)) as? [String: Any] else {
      throw refused("can't be read")
    }
    guard tree["error"] as? Bool != true, let statements = tree["statements"] as? [Any], statements.count == 1 else {
      throw refused(tree["error_message"] as? String ?? "must be one SELECT")
    }
    var names: Set<String> = []
    collectNames(in: tree, &names)
    let qualified = try JSONSerialization.data(withJSONObject: qualify(tree, except: names))
    return SQL(
      raw: try await ask("SELECT json_deserialize_sql(\(text: String(decoding: qualified, as: UTF8.self))::JSON)"))
  }

  /// The names that WITH gives to queries.
  private func collectNames(in tree: Any, _ names: inout Set<String>) {
    if let list = tree as? [Any] {
      for element in list { collectNames(in: element, &names) }
    } else if let node = tree as? [String: Any] {
      if let map = (node["cte_map"] as? [String: Any])?["map"] as? [[String: Any]] {
        names.formUnion(map.compactMap { ($0["key"] as? String)?.lowercased() })
      }
      for child in node.values { collectNames(in: child, &names) }
    }
  }

  private func qualify(_ tree: Any, except names: Set<String>) -> Any {
    if let list = tree as? [Any] { return list.map { qualify($0, except: names) } }
    guard var node = tree as? [String: Any] else { return tree }
    for (key, child) in node { node[key] = qualify(child, except: names) }
    if node["type"] as? String == "BASE_TABLE", (node["catalog_name"] as? String)?.isEmpty == true,
      let table = node["table_name"] as? String
    {
      let schema = node["schema_name"] as? String ?? ""
      if !schema.isEmpty || !names.contains(table.lowercased()) { node["catalog_name"] = catalog }
      if schema.isEmpty, node["catalog_name"] as? String == catalog { node["schema_name"] = "main" }
    }
    return node
  }

  private func refused(_ words: String) -> Problem {
    Problem("invalid-sql", "The query \(words).", hint: "Write one SELECT.")
  }
}
