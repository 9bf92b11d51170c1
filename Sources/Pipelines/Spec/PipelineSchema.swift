import Tabular

/// The JSON Schema of a pipeline file, generated from what the operations, rules and connectors say of themselves.
package enum PipelineSchema {
  /// JSON text, draft 2020-12.
  package static func json(catalog: Catalog) -> String {
    let definitions: [(String, Value)] =
      [
        ("step", step), ("read", read), ("transform", transform), ("operation", operation), ("check", check),
        ("rule", rule),
        ("write", write), ("connection", connection(catalog)), ("schedule", schedule), ("retry", retry), ("span", span),
      ] + kinds
    let root: [(String, Value)] = [
      ("$schema", .text("https://json-schema.org/draft/2020-12/schema")), ("title", .text("Weir pipeline")),
      ("type", .text("object")),
      ("properties", JSONSchema.unique(topLevel)), ("additionalProperties", .boolean(false)),
      ("anyOf", .list((["steps"] + PipelineReading.documentKeys).map { required([$0]) })),
      ("$defs", JSONSchema.unique(definitions)),
    ]
    return JSONSchema.unique(root).jsonText
  }

  private static var topLevel: [(String, Value)] {
    [
      ("name", text("The pipeline's name.")), ("description", text("What it is for.")),
      ("schedule", reference("schedule")),
      ("parameters", described(type("array", "object"), "Values a run may be given.")),
      ("steps", array(of: reference("step"), "What is done, step by step.")), ("retry", reference("retry")),
      ("retry_policy", reference("retry")), ("error_handling", type("object")),
      (
        "tests",
        array(
          of: closed(
            [("name", text("Its name.")), ("given", type("object")), ("expect", type("object"))], required: ["expect"]),
          "Rows given to steps, rows expected of others.")
      ),
    ] + (PipelineReading.documentKeys + PipelineReading.sectionKeys).map { ($0, Value.boolean(true)) }
  }

  private static var step: Value {
    let kinds = ["read", "transform", "check", "write"]
    let properties: [(String, Value)] =
      [
        (
          "id",
          JSONSchema.object([
            "type": .text("string"), "pattern": .text("^[A-Za-z_][A-Za-z0-9_]*$"),
            "description": .text("Name of the step and of its rows in SQL."),
          ])
        ),
        ("description", text("What the step is for.")), ("retry", reference("retry")), ("timeout", reference("span")),
        (
          "profile",
          described(
            JSONSchema.value(.toggle),
            "Whether the run tells what the rows are like: nulls, distinct values, quartiles.")
        ),
      ] + kinds.map { ($0, reference($0)) }
    guard case .structure(let fields) = closed(properties, required: ["id"]) else { return .boolean(true) }
    return .structure(fields + [(name: "oneOf", value: .list(kinds.map { required([$0]) }))])
  }

  private static var read: Value {
    either(
      text("A URL or path."),
      open([
        ("from", reference("connection")), ("table", text("Table to read.")),
        ("query", text("Query in the system's own SQL.")),
        ("path", text("File, pattern or address to read.")), ("columns", names("Only these columns.")),
        ("filter", text("Condition in the system's own SQL.")), ("limit", JSONSchema.value(.integer)),
        ("mode", JSONSchema.value(.choice(["full", "incremental"]))),
        ("cursor", text("Column that grows, for incremental reads.")),
        ("lag", reference("span")), ("start", text("Smallest cursor value.")), ("end", text("Largest cursor value.")),
        ("options", type("object")),
      ]))
  }

  private static var write: Value {
    either(
      text("A URL or path."),
      open([
        ("from", text("Step whose rows are written.")), ("to", reference("connection")),
        ("table", text("Table to write.")),
        ("path", text("File to write.")), ("mode", type("string")), ("key", names("Columns that identify a row.")),
        ("on_schema_change", JSONSchema.value(.choice(SchemaPolicy.allCases.map(\.rawValue)))),
        ("verify", JSONSchema.value(.choice(VerifyLevel.allCases.map(\.rawValue)))),
        ("filter", text("Only rows this holds for.")),
        ("mapping", described(type("object", "array"), "Source column to target column.")), ("options", type("object")),
      ]))
  }

  private static var transform: Value {
    either(
      array(of: reference("operation"), "Operations in order."), text("One SELECT over the steps it names."),
      open([
        ("on", text("Step to work on.")), ("sql", text("One SELECT.")),
        ("operations", array(of: reference("operation"), "In order.")),
      ])
    )
  }

  private static var check: Value {
    either(
      array(of: reference("rule"), "Rules."),
      open([("on", text("Step to check.")), ("rules", array(of: reference("rule"), "Rules."))]))
  }

  private static var span: Value {
    described(type("string", "number"), "A length of time: 30s, 5m, 2h, PT10S; a number means seconds.")
  }

  private static var retry: Value { type("integer", "boolean", "object") }
  private static var schedule: Value {
    described(type("string", "number", "object"), "Cron expression, interval, or a map.")
  }
}

extension PipelineSchema {
  /// The settings of each operation and rule, once for all its names.
  private static var kinds: [(String, Value)] {
    Operations.all.map {
      ("operation.\($0.name)", settings($0.settings, $0.shorthand, $0.mapShorthand, $0.summary))
    }
      + Rules.all.map { ("rule.\($0.name)", settings($0.settings, $0.shorthand, $0.mapShorthand, $0.summary)) }
  }

  private static var operation: Value {
    let entries = Operations.all.flatMap { type in
      ([type.name] + type.aliases).map { ($0, reference("operation.\(type.name)")) }
    }
    return named(entries, and: [])
  }

  private static var rule: Value {
    let entries = Rules.all.flatMap { type in
      ([type.name] + type.aliases).map { ($0, reference("rule.\(type.name)")) }
    }
    let onFail = described(JSONSchema.value(OnFail.kind), "What happens to rows that break the rule.")
    return named(
      entries,
      and: [
        ("use", described(type("string", "object"), "The name of a rule template.")), ("with", type("object")),
        ("on_fail", onFail), ("on_failure", onFail), ("name", text("Name of the rule.")),
        ("description", text("What it is for.")),
      ])
  }

  /// `name`, `name: settings` (with `more` beside it), or `{type: name, …}`.
  private static func named(_ entries: [(String, Value)], and more: [(String, Value)]) -> Value {
    var names: [String] = []
    for (name, _) in entries where !names.contains(name) { names.append(name) }
    let choices = JSONSchema.object(["enum": .list(names.map { .text($0) })])
    let spelled = either(choices, type("string"))
    return either(
      choices, closed(entries + more, required: []),
      JSONSchema.object([
        "type": .text("object"), "required": .list([.text("type")]),
        "properties": JSONSchema.unique([("type", spelled)]),
      ]))
  }

  private static func settings(
    _ settings: [SettingDescription], _ shorthand: String?, _ mapShorthand: String?, _ summary: String
  ) -> Value {
    var shapes = [
      JSONSchema.map(
        settings, and: [("parameters", type("object")), ("description", type("string"))],
        isOpen: mapShorthand == nil ? .closed : .open)
    ]
    if let shorthand, let field = settings.first(where: { $0.name == shorthand }) {
      shapes.append(JSONSchema.value(field.kind))
    }
    shapes.append(type("null"))
    return JSONSchema.object(["description": .text(summary), "anyOf": .list(shapes)])
  }

  private static func connection(_ catalog: Catalog) -> Value {
    let common = [
      "type", "connector_type", "connector", "name", "connection", "connector_id", "config", "credentials", "url",
    ]
    .map { ($0, Value.boolean(true)) }
    let kinds = catalog.types.map { type in
      let ids = JSONSchema.object([
        "properties": JSONSchema.unique([
          ("type", JSONSchema.object(["enum": .list(([type.id] + type.aliases).map { .text($0) })]))
        ]), "required": .list([.text("type")]),
      ])
      return JSONSchema.object(["if": ids, "then": JSONSchema.map(type.settings, and: common)])
    }
    let types = JSONSchema.object([
      "examples": .list(catalog.types.map { .text($0.id) }), "type": .text("string"),
      "description": .text("The connector."),
    ])
    var inline: [(String, Value)] = [("type", .text("object")), ("properties", JSONSchema.unique([("type", types)]))]
    if !kinds.isEmpty { inline.append(("allOf", .list(kinds))) }
    return either(text("A connection's name, a URL or a path."), JSONSchema.unique(inline))
  }

  private static func either(_ shapes: Value...) -> Value { JSONSchema.object(["anyOf": .list(shapes)]) }
  private static func reference(_ name: String) -> Value { JSONSchema.object(["$ref": .text("#/$defs/\(name)")]) }
  private static func required(_ names: [String]) -> Value {
    JSONSchema.object(["required": .list(names.map { .text($0) })])
  }
  private static func type(_ names: String...) -> Value {
    JSONSchema.object(["type": names.count == 1 ? .text(names[0]) : .list(names.map { .text($0) })])
  }
  private static func text(_ words: String) -> Value { described(JSONSchema.value(.text), words) }
  private static func names(_ words: String) -> Value { described(JSONSchema.value(.list(.text)), words) }
  private static func array(of element: Value, _ words: String) -> Value {
    JSONSchema.object(["type": .text("array"), "items": element, "description": .text(words)])
  }
  private static func described(_ schema: Value, _ words: String) -> Value {
    guard case .structure(let fields) = schema else { return schema }
    return .structure(fields + [(name: "description", value: .text(words))])
  }
  private static func open(_ properties: [(String, Value)]) -> Value {
    JSONSchema.object(["type": .text("object"), "properties": JSONSchema.unique(properties)])
  }
  private static func closed(_ properties: [(String, Value)], required names: [String]) -> Value {
    JSONSchema.object([
      "type": .text("object"), "properties": JSONSchema.unique(properties), "required": .list(names.map { .text($0) }),
      "additionalProperties": .boolean(false),
    ])
  }
}
