import Foundation
import Tabular

extension Connection {
  /// The tables and views a query reads, each as often as it names it, without the names it defines itself (WITH). Nothing is looked up
  /// or read.
  /// - Throws: an error of kind `parser` if the text is not exactly one SELECT.
  package func tableNames(in query: String) async throws -> [String] {
    let tree = try await syntax(of: query)
    if case .object(let fields) = tree, case .flag(true)? = fields["error"] {
      guard case .text(let message)? = fields["error_message"] else {
        throw DuckDBError(kind: .parser, message: "The SQL can't be read.")
      }
      throw DuckDBError(kind: .parser, message: message)
    }
    if case .object(let fields) = tree, case .list(let statements)? = fields["statements"], statements.count != 1 {
      throw DuckDBError(kind: .parser, message: "Expected one SELECT, found \(statements.count).")
    }
    var names: [String] = []
    tree.collectTables(into: &names, defined: [])
    return names
  }

  /// Every text and name in a query, among them the files it reads; empty if it can't be understood.
  package func texts(in query: String) async throws -> [String] {
    var texts: [String] = []
    try await syntax(of: query).collectTexts(into: &texts)
    return texts
  }

  private func syntax(of query: String) async throws -> SyntaxTree {
    let reply = try await self.query("SELECT json_serialize_sql(\(text: query))::VARCHAR").rows[0][0].description
    return try JSONDecoder().decode(SyntaxTree.self, from: Data(reply.utf8))
  }
}

/// The engine's syntax tree of a statement, as `json_serialize_sql` gives it.
private enum SyntaxTree: Decodable {
  case object([String: SyntaxTree])
  case list([SyntaxTree])
  case text(String)
  case flag(Bool)
  case other

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let fields = try? container.decode([String: SyntaxTree].self) {
      self = .object(fields)
    } else if let elements = try? container.decode([SyntaxTree].self) {
      self = .list(elements)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else {
      self = .other
    }
  }

  func collectTexts(into texts: inout [String]) {
    switch self {
    case .text(let text): texts.append(text)
    case .list(let elements): for element in elements { element.collectTexts(into: &texts) }
    case .object(let fields): for field in fields.values { field.collectTexts(into: &texts) }
    case .flag, .other: break
    }
  }

  func collectTables(into names: inout [String], defined: Set<String>) {
    switch self {
    case .list(let elements):
      for element in elements { element.collectTables(into: &names, defined: defined) }
    case .object(let fields):
      var defined = defined
      if case .object(let with)? = fields["cte_map"], case .list(let definitions)? = with["map"] {
        for case .object(let definition) in definitions {
          if case .text(let name)? = definition["key"] { defined.insert(name.lowercased()) }
        }
      }
      if case .text("BASE_TABLE")? = fields["type"], case .text(let name)? = fields["table_name"],
        case .text("")? = fields["schema_name"], !defined.contains(name.lowercased())
      {
        names.append(name)
      }
      for (_, field) in fields.sorted(by: { $0.key < $1.key }) { field.collectTables(into: &names, defined: defined) }
    case .text, .flag, .other: break
    }
  }
}
