/// Every operation of Weir, in the order of the reference.
package enum Operations {
  package static let all: [OperationType] = fields + rows + tables

  private static let fields: [OperationType] = [
    OperationType(FieldMapping.self), OperationType(Rename.self), OperationType(TextOperation.self),
    text("title_case", "Capitalises every word: \"usb cable\" becomes \"Usb Cable\".", ["proper_case"]),
    text("lowercase", "Puts text in lower case.", ["lower"]), text("uppercase", "Puts text in upper case.", ["upper"]),
    text("capitalize", "Capitalises the first letter only.", ["sentence_case"]),
    text("trim", "Removes spaces around text.", ["strip"]),
    text("squeeze", "Removes spaces around text and all but one inside.", ["normalize_spaces"]),
    OperationType(
      TextOperation.self, named: "format", fixing: "operation", to: "format",
      summary: "Rewrites text by a regular expression and a pattern.",
      example: #"- format: { field: phone, regex: '(\d{3})-(\d{4})', pattern: "$1 $2" }"#),
  ]

  private static let rows: [OperationType] = [OperationType(Filter.self)]

  private static let tables: [OperationType] = []

  /// By name or any documented spelling (C11): case, spaces, `_` and `-` don't matter.
  package static func named(_ name: String) -> OperationType? { index[fold(name)] }

  private static let index: [String: OperationType] = Dictionary(
    all.flatMap { type in ([type.name] + type.aliases).map { (fold($0), type) } }, uniquingKeysWith: { first, _ in first })

  static func fold(_ name: String) -> String { name.lowercased().filter { !" _-".contains($0) } }

  private static func text(_ name: String, _ summary: String, _ aliases: [String]) -> OperationType {
    OperationType(
      TextOperation.self, named: name, aliases: aliases, fixing: "operation", to: name, summary: summary,
      example: "- \(name): product_name", shorthand: "fields")
  }
}
