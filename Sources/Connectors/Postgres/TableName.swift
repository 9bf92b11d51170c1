import Pipelines
import Tabular

/// The name of a table as a user writes it: `orders`, `shop.orders`, `"my.schema"."Order Items"`.
struct TableName: Hashable, Sendable {
  var schema: String?
  var name: String

  init(schema: String?, name: String) {
    self.schema = schema
    self.name = name
  }

  /// Outside quotation marks a dot separates; upper and lower case are kept as written.
  init(_ text: String) throws(Problem) {
    var parts: [String] = [""]
    var isQuoted = false
    // Not by characters: a mark with an accent on it is a mark all the same.
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\"" where isQuoted && rest.first == "\"":
        parts[parts.count - 1].append("\"")
        rest.removeFirst()
      case "\"": isQuoted.toggle()
      case "." where !isQuoted: parts.append("")
      default: parts[parts.count - 1].unicodeScalars.append(scalar)
      }
    }
    guard !isQuoted, (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else {
      throw Problem(
        "invalid-name", "\"\(text)\" is not the name of a table.",
        hint: "Write table or schema.table; quote parts with dots.")
    }
    guard parts.allSatisfy({ $0.utf8.count <= 63 }) else {
      throw Problem("invalid-name", "PostgreSQL's names have at most 63 bytes; \"\(text)\" has more.")
    }
    self.init(schema: parts.count == 2 ? parts[0] : nil, name: parts[parts.count - 1])
  }

  var sql: SQL { schema.map { "\(name: $0).\(name: name)" } ?? "\(name: name)" }
  var description: String { schema.map { "\($0).\(name)" } ?? name }
}
