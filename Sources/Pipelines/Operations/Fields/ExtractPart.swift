import Tabular

/// Takes a part of a value: by JSON path, by XPath, or by regular expression.
package struct ExtractPart: FieldOperation {
  package enum Format: String, AliasedChoice {
    case json, xml
    package static let otherSpellings: [String: Format] = ["jsonpath": .json, "xpath": .xml]
  }

  package struct Settings: Sendable {
    var field: FieldName?
    var output: FieldName?
    var path: PlacedText?
    var xpath: PlacedText?
    var format = Format.json
    var regex: String?
    var group = 0
    var all: Bool?
    var type: TypeName?
    var onError = Cast.OnError.stop
  }

  package static let manifest = OperationManifest(
    name: "extract", aliases: ["json_extract", "regex_extract", "parse_json", "json_path"],
    summary:
      "Takes a part of a value, by JSON path, by XPath or by regular expression, into a column; empty where there is no such part.",
    example: """
      - extract: { field: payload, path: $.customer.id, output_field: customer_id }
      - extract: { field: payload, path: "$.items[?(@.qty > 1)].sku", output_field: skus }
      - extract: { field: document, xpath: "/order/item[@sku='A-1']/price", type: "decimal(10,2)", output_field: price }
      - extract: { field: sku, regex: '([A-Z]+)-\\d+', group: 1, output_field: family }
      """,
    shown: Example(
      """
      - { id: 1, payload: '{"customer": {"id": "C-7"}}' }
      - { id: 2, payload: '{}' }
      - { id: 3, payload: null }
      """,
      gives: """
        - { id: 1, payload: '{"customer": {"id": "C-7"}}', customer_id: C-7 }
        - { id: 2, payload: '{}', customer_id: null }
        - { id: 3, payload: null, customer_id: null }
        """),
    badValues:
      "Where the path leads nowhere or the expression doesn't match, the part is empty. A text that isn't JSON or "
      + "XML, and a part that isn't of the `type`, stop the run or become empty, as `on_error` says.",
    settings: SettingsSchema(Settings()) {
      Field(\.field, "field", "The column.").required().also("field_name", "column", "source_field")
      Field(\.output, "output_field", "Column that takes the part.").required().also("as", "target_field", "into")
      Field(\.path, "path", "JSON path: `$.a.b`, `['a b']`, `[0]`, `[-1]`, `[*]`, `[?(@.a == 'x')]`.").also(
        "json_path", "jsonpath")
      Field(
        \.xpath, "xpath",
        "XPath: `/a/b`, `//b`, `*`, `@attr`, `text()`, `[2]`, `[last()]`, `[@a='x']`, `[b='x']`. A name without a prefix fits any namespace."
      ).also("xml_path")
      Field(\.format, "format", "What `path` is a path into: json or xml.").advanced()
      Field(\.regex, "regex", "Regular expression.").also("pattern")
      Field(\.group, "group", "Which group of the expression; 0 = the whole match.")
      Field(
        \.all, "all",
        "For paths: every match as a list, or only the first. By default a list for JSON paths with `*` or a filter, else the first."
      )
      Field(\.type, "type", "The type of the part; text if not given. The value must fit it exactly.").also("data_type")
      Field(
        \.onError, "on_error",
        "What happens to a value that is no JSON or XML, or a part that doesn't fit the type: stop or null."
      ).also("on_failure")
    })

  private enum Way: Sendable {
    case pointer(String)
    case json(JSONPath)
    case xml(String)
    case regex(String)
  }

  let settings: Settings
  let field: FieldName
  let output: FieldName
  private let way: Way
  package let location: Location

  package init(_ settings: Settings, at location: Location) throws(Problem) {
    guard let field = settings.field, let output = settings.output else {
      throw Problem("missing-setting", "\"field\" and \"output_field\" are required.", at: location)
    }
    guard [settings.path != nil, settings.xpath != nil, settings.regex != nil].count(where: \.self) == 1 else {
      throw Problem("missing-setting", "\"extract\" needs one of \"path\", \"xpath\" and \"regex\".", at: location)
    }
    self.settings = settings
    self.field = field
    self.output = output
    self.location = location
    if let path = settings.xpath ?? (settings.format == .xml ? settings.path : nil) {
      do { _ = try XPath(path.text) } catch { throw error.located(at: path.location) }
      way = .xml(path.text)
    } else if let path = settings.path {
      way = path.text.hasPrefix("/") ? .pointer(path.text) : .json(try JSONPath(path.text, at: path.location))
    } else {
      let regex = settings.regex ?? ""
      try RegexGroups.check(settings.group, written: "group \(settings.group)", in: regex, at: location)
      way = .regex(regex)
    }
  }

  package var patterns: [String] { [settings.regex].compactMap(\.self) }
  package var effect: String {
    "Takes \(settings.xpath?.text ?? settings.path?.text ?? settings.regex ?? "") of \(field.name) into \(output.name)."
  }

  package func assignments(over input: Relation, in context: OperationContext) throws(Problem) -> [Assignment] {
    let access = try input.field(field)
    let (text, isList) = try part(of: access)
    var value = text
    if let type = settings.type {
      value = isList ? "list_transform(\(text), lambda __p: \(typed("__p", type)))" : typed(text, type)
    }
    let type = settings.type?.type ?? .text
    return [Assignment(output.name, value, isList ? .list(type) : type, after: access.root.name)]
  }

  /// The part as text, or as a list of texts.
  private func part(of access: FieldAccess) throws(Problem) -> (SQL, isList: Bool) {
    switch way {
    case .regex(let regex):
      let text: SQL = access.type == .text ? access.sql : "CAST(\(access.sql) AS VARCHAR)"
      return ("nullif(regexp_extract(\(text), \(Literal.text(regex)), \(settings.group)), '')", false)
    case .pointer(let path): return ("json_extract_string(\(json(access)), \(Literal.text(path)))", false)
    case .json(let path):
      let found = path.sql(in: json(access))
      let isList = settings.all ?? path.isMany
      if isList == path.isMany { return (found, isList) }
      return isList ? ("CASE WHEN \(found) IS NULL THEN [] ELSE [\(found)] END", true) : ("(\(found))[1]", false)
    case .xml(let path):
      guard access.type.isText || access.type.isUnknown else {
        throw Problem(
          "wrong-type", "An XPath leads into text; column \"\(field.name)\" is \(access.type.inWords).",
          at: field.location)
      }
      let found = insisting(
        on: "weir_xpath(\(access.sql), \(Literal.text(path)))", from: access, "is no well-formed XML", as: "VARCHAR")
      return settings.all == true
        ? ("from_json(\(found), '[\"VARCHAR\"]')", true) : ("json_extract_string(\(found), '$[0]')", false)
    }
  }

  private func json(_ access: FieldAccess) -> SQL {
    switch access.type {
    case .json: return access.sql
    case let type where type.isText:
      let blank: SQL = "CASE WHEN trim(\(access.sql)) <> '' THEN \(access.sql) END"
      let filled = FieldAccess(root: access.root, path: access.path, sql: blank, type: access.type)
      return insisting(on: "TRY_CAST(\(blank) AS JSON)", from: filled, "is no JSON", as: "JSON")
    default: return "to_json(\(access.sql))"
    }
  }

  /// `result`, which is empty only where the value is, or where errors may be.
  private func insisting(on result: SQL, from access: FieldAccess, _ reason: SQL, as type: SQL) -> SQL {
    if settings.onError == .null { return result }
    let shown: SQL = "left(CAST(\(access.sql) AS VARCHAR), 100)"
    let refusal = Refusal.saying(
      "\(Literal.text("\"extract\" of column \"\(access.root.name)\": \"")) || \(shown) || '\" \(reason).'",
      at: location)
    return "CASE WHEN \(access.sql) IS NOT NULL THEN coalesce(\(result), CAST(\(refusal) AS \(type))) END"
  }

  private func typed(_ text: SQL, _ type: TypeName) -> SQL {
    let attempt = ExactCast.attempt(text, from: .text, to: type.type)
    if settings.onError == .null { return attempt }
    let refusal = Refusal.saying(
      "\(Literal.text("\"extract\" into \"\(output.name)\": \"")) || \(text) || \(Literal.text("\" is no exact \(type.text)."))",
      at: location)
    return "CASE WHEN \(text) IS NOT NULL THEN coalesce(\(attempt), CAST(\(refusal) AS \(type.type))) END"
  }
}
