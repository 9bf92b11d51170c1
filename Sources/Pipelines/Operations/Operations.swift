import Tabular

/// Operations that serve one purpose, for the reference.
package struct OperationGroup: Sendable {
  package let title: String
  package let types: [OperationType]

  init(_ title: String, _ types: [OperationType]) {
    self.title = title
    self.types = types
  }
}

/// Every operation of Weir, in the order of the reference.
package enum Operations {
  package static let groups = [
    OperationGroup(
      "Choosing and naming columns",
      [
        OperationType(Select.self), OperationType(FieldRemoval.self), OperationType(Rename.self),
        OperationType(FieldMapping.self), OperationType(Flatten.self),
      ]),
    OperationGroup(
      "Computing columns",
      [
        OperationType(Derive.self), OperationType(FieldAddition.self), OperationType(FieldCalculation.self),
        OperationType(Conditional.self), OperationType(Lookup.self), OperationType(DateOperation.self),
        OperationType(ExtractPart.self),
        OperationType(
          ExtractPart.self, named: "xml_extract", aliases: ["xpath_extract", "xpath", "parse_xml"], fixing: "format",
          to: "xml",
          summary: "Takes a part of XML in a text column by XPath: `extract` with `path` as an XPath.",
          example: "- xml_extract: { field: document, path: //item/@sku, all: true, output_field: skus }",
          shown: Example(
            """
            - { id: 1, document: '<order><item sku="A1"/><item sku="B7"/></order>' }
            - { id: 2, document: '<order/>' }
            """,
            gives: """
              - { id: 1, document: '<order><item sku="A1"/><item sku="B7"/></order>', skus: [A1, B7] }
              - { id: 2, document: '<order/>', skus: [] }
              """),
          badValues:
            "Where the path leads nowhere, the part is empty. A text that isn't XML, and a part that isn't of the `type`, "
            + "stop the run or become empty, as `on_error` says.",
          describing: [
            "path":
              "XPath: `/a/b`, `//b`, `*`, `@attr`, `text()`, `[2]`, `[last()]`, `[@a='x']`, `[b='x']`. A name without a prefix fits any namespace.",
            "xpath": "The same as `path`.",
            "all": "Every match as a list, or only the first, which is the default.",
            "on_error": "What happens to a value that is no XML, or a part that doesn't fit the type: stop or null.",
          ]),
      ]),
    OperationGroup("Text", texts),
    OperationGroup(
      "Types, gaps and spellings",
      [
        OperationType(Cast.self), OperationType(Fill.self), OperationType(Standardise.self),
        OperationType(Cleanse.self),
      ]),
    OperationGroup("Hiding values", [OperationType(Hash.self), OperationType(Mask.self)]),
    OperationGroup(
      "Choosing and ordering rows",
      [
        OperationType(Filter.self), OperationType(Sort.self), OperationType(Dedupe.self), OperationType(Limit.self),
        OperationType(Sample.self), OperationType(FieldValidation.self),
      ]),
    OperationGroup(
      "Figures over rows",
      [
        OperationType(Aggregate.self), OperationType(Resample.self), OperationType(Window.self),
        OperationType(Profile.self),
      ]),
    OperationGroup(
      "Reshaping", [OperationType(Split.self), OperationType(Unpivot.self), OperationType(Pivot.self)]),
    OperationGroup("Several tables", [OperationType(Join.self), OperationType(Union.self)]),
    OperationGroup(
      "Your own code", [OperationType(SQLQuery.self), OperationType(Python.self), OperationType(Call.self)]),
  ]

  package static let all = groups.flatMap(\.types)

  private static let texts: [OperationType] = [
    OperationType(TextOperation.self),
    text(
      "title_case", "Capitalises every word.", ["proper_case"], on: "usb-C cable", "o'neil's CABLE",
      gives: "Usb-C Cable", "O'neil's Cable"),
    text("lowercase", "Puts text in lower case.", ["lower"], on: "USB Cable", "ÄRGER", gives: "usb cable", "ärger"),
    text("uppercase", "Puts text in upper case.", ["upper"], on: "Usb cable", "ärger", gives: "USB CABLE", "ÄRGER"),
    text(
      "capitalize", "Capitalises the first letter only.", ["sentence_case"], on: "usb CABLE", "mouse",
      gives: "Usb cable",
      "Mouse"),
    text(
      "trim", "Removes spaces, tabs and line breaks around text.", ["strip"], on: "  usb cable ", "mouse",
      gives: "usb cable", "mouse"),
    text(
      "squeeze", "Removes spaces around text and all but one inside.", ["normalize_spaces"], on: "  usb   cable ",
      "mouse", gives: "usb cable", "mouse"),
    OperationType(
      TextOperation.self, named: "format", fixing: "operation", to: "format",
      summary: "Rewrites text by a regular expression and a pattern.",
      example: #"- format: { field: phone, regex: '(\d{3})-(\d{4})', pattern: "$1 $2" }"#,
      shown: Example(
        """
        - { name: Ann, phone: 555-0100 }
        - { name: Bob, phone: unknown }
        - { name: Cleo, phone: null }
        """,
        gives: """
          - { name: Ann, phone: 555 0100 }
          - { name: Bob, phone: unknown }
          - { name: Cleo, phone: null }
          """)),
    OperationType(Replace.self), OperationType(SplitText.self),
  ]

  /// By name or any documented spelling (C11): case, spaces, `_` and `-` don't matter.
  package static func named(_ name: String) -> OperationType? { index[fold(name)] }

  private static let index: [String: OperationType] = Dictionary(
    all.flatMap { type in ([type.name] + type.aliases).map { (fold($0), type) } },
    uniquingKeysWith: { first, _ in first })

  /// The operation a map says: `{type: filter, …}` or `{filter: …}`.
  /// - Throws: `Problems`, or a `Problem` such as `unknown-operation` with the near name.
  package static func make(_ setting: Setting) throws -> any Operation {
    let name: Setting
    let settings: Setting
    if let type = setting["type"] {
      (name, settings) = (type, setting)
    } else if setting.entries.count == 1 {
      let entry = setting.entries[0]
      (name, settings) = (Setting(.text(entry.key), at: entry.keyLocation), entry.value)
    } else {
      throw Problem(
        "wrong-type", "An operation is a map with \"type\", or with its name as the only key.", at: setting.location)
    }
    guard let text = name.text, let type = named(text) else {
      throw Problem(
        "unknown-operation", "There is no operation \"\(name.text ?? "")\".",
        hint: Nearest.hint(name.text ?? "", among: all.map(\.name)), at: name.location)
    }
    return try type.make(settings, setting.location)
  }

  /// The name of the operation a map says; empty if it says none.
  static func name(in setting: Setting) -> String { setting["type"]?.text ?? setting.entries.first?.key ?? "" }

  static func fold(_ name: String) -> String { name.lowercased().filter { !" _-".contains($0) } }

  private static func text(
    _ name: String, _ summary: String, _ aliases: [String], on first: String, _ second: String,
    gives one: String, _ two: String
  ) -> OperationType {
    func rows(_ values: String...) -> String {
      values.map { "- { product_name: \(JSONText.quote($0)) }\n" }.joined() + "- { product_name: null }"
    }
    return OperationType(
      TextOperation.self, named: name, aliases: aliases, fixing: "operation", to: name, summary: summary,
      example: "- \(name): product_name", shown: Example(rows(first, second), gives: rows(one, two)),
      shorthand: "fields",
      badValues: "Empty values stay empty. A column that isn't text is refused before anything runs.")
  }
}
