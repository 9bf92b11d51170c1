/// Every operation of Weir, in the order of the reference.
package enum Operations {
  package static let all: [OperationType] = fields + rows + tables

  private static let fields: [OperationType] = [
    OperationType(Derive.self), OperationType(FieldAddition.self), OperationType(FieldCalculation.self),
    OperationType(FieldValidation.self), OperationType(FieldRemoval.self), OperationType(Select.self),
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
    OperationType(Replace.self), OperationType(SplitText.self), OperationType(ExtractPart.self),
    OperationType(Cast.self),
    OperationType(Fill.self), OperationType(Standardise.self), OperationType(Lookup.self),
    OperationType(DateOperation.self),
    OperationType(Hash.self), OperationType(Mask.self), OperationType(Flatten.self),
  ]

  private static let rows: [OperationType] = [
    OperationType(Filter.self), OperationType(Sort.self), OperationType(Dedupe.self), OperationType(Split.self),
    OperationType(Limit.self), OperationType(Sample.self), OperationType(Window.self), OperationType(Python.self),
    OperationType(Call.self),
  ]

  private static let tables: [OperationType] = [
    OperationType(Aggregate.self), OperationType(Join.self), OperationType(Union.self), OperationType(Conditional.self),
    OperationType(Unpivot.self), OperationType(Pivot.self), OperationType(Profile.self),
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

  private static func text(_ name: String, _ summary: String, _ aliases: [String]) -> OperationType {
    OperationType(
      TextOperation.self, named: name, aliases: aliases, fixing: "operation", to: name, summary: summary,
      example: "- \(name): product_name", shorthand: "fields")
  }
}
