import Foundation
import Tabular

extension Connection {
  /// The tables and views a query reads, each as often as it names it, without the names it defines itself (WITH). Nothing is looked up
  /// or read.
  /// - Throws: an error of kind `parser` if the text is not exactly one SELECT.
  package func tableNames(in query: String) async throws -> [String] {
    let tree = try await understood(query)
    if case .object(let fields) = tree, case .list(let statements)? = fields["statements"], statements.count != 1 {
      throw DuckDBError(kind: .parser, message: "Expected one SELECT, found \(statements.count).")
    }
    var names: [String] = []
    tree.collectTables(into: &names, defined: [])
    return names
  }

  /// What a SQL expression names. Nothing is looked up or read.
  /// - Parameter expression: in parentheses.
  /// - Throws: an error of kind `parser`.
  package func names(in expression: SQL) async throws -> ExpressionNames {
    var names = ExpressionNames()
    try await understood("SELECT \(expression.text)").collectNames(into: &names, isInside: false)
    return names
  }

  /// Every text and name in a query, among them the files it reads; empty if it can't be understood.
  package func texts(in query: String) async throws -> [String] {
    var texts: [String] = []
    try await syntax(of: query).collectTexts(into: &texts)
    return texts
  }

  /// - Throws: an error of kind `parser`.
  private func understood(_ query: String) async throws -> SyntaxTree {
    let tree = try await syntax(of: query)
    if case .object(let fields) = tree, case .flag(true)? = fields["error"] {
      guard case .text(let message)? = fields["error_message"] else {
        throw DuckDBError(kind: .parser, message: "The SQL can't be read.")
      }
      throw DuckDBError(kind: .parser, message: message)
    }
    return tree
  }

  private func syntax(of query: String) async throws -> SyntaxTree {
    let reply = try await self.query("SELECT json_serialize_sql(\(text: query))::VARCHAR").rows[0][0].description
    return try JSONDecoder().decode(SyntaxTree.self, from: Data(reply.utf8))
  }
}

/// What a SQL expression names, as it is written.
package struct ExpressionNames: Sendable {
  /// Columns and fields: `a` is `["a"]`, `a.b` and `a['b']` are `["a", "b"]`; a table's name may come first.
  package var columns: [[String]] = []
  /// Functions in lower case that aren't called in a query of their own or over a window.
  package var functions: Set<String> = []
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

  /// - Parameter isInside: Whether this is part of a query of its own.
  func collectNames(into names: inout ExpressionNames, isInside: Bool) {
    switch self {
    case .list(let elements):
      for element in elements { element.collectNames(into: &names, isInside: isInside) }
    case .object(let fields):
      if let path, !path.isEmpty { return names.columns.append(path) }
      if !isInside, case .text("FUNCTION")? = fields["class"], case .text(let name)? = fields["function_name"] {
        names.functions.insert(name.lowercased())
      }
      let isQuery = fields["class"].map { if case .text("SUBQUERY") = $0 { true } else { false } } ?? false
      for (key, field) in fields {
        field.collectNames(into: &names, isInside: isInside || isQuery && key == "subquery")
      }
    case .text, .flag, .other: break
    }
  }

  /// The way to a column or a field of it; nil = this is something else.
  private var path: [String]? {
    guard case .object(let fields) = self, case .text(let kind)? = fields["type"] else { return nil }
    if kind == "COLUMN_REF", case .list(let parts)? = fields["column_names"] {
      return parts.compactMap { if case .text(let part) = $0 { part } else { nil } }
    }
    let isExtract = ["ARRAY_EXTRACT", "STRUCT_EXTRACT"].contains(kind)
    let isCall = fields["function_name"].map { if case .text("struct_extract") = $0 { true } else { false } } ?? false
    guard isExtract || isCall, case .list(let children)? = fields["children"], children.count == 2,
      let record = children[0].path, case .object(let constant) = children[1],
      case .object(let value)? = constant["value"], case .text(let name)? = value["value"]
    else { return nil }
    return record + [name]
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
