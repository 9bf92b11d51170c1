import Tabular

/// The outputs of a split: names and the conditions of their rows, in order.
package struct SplitOutputs: SettingValue {
  package struct Output: Sendable {
    package var name: FieldName
    /// nil = the rows that fit no other output.
    package var condition: Condition?
  }

  package var list: [Output] = []
  package init() {}
  package static var kind: SettingKind { .map }
  package var display: String? { nil }

  package init(setting: Setting) throws(Problem) {
    guard case .map(let entries) = setting.content, !entries.isEmpty else {
      throw Problem(
        "wrong-type", "must be a map of output to condition.",
        hint: "For example into: { large: amount >= 1000, others: else }.",
        at: setting.location)
    }
    for entry in entries {
      let name = try FieldName(checking: entry.key, at: entry.keyLocation)
      let isElse =
        entry.value.content == .null
        || ["else", "otherwise", "default", "rest"].contains(entry.value.text?.lowercased() ?? "")
      guard !isElse || !list.contains(where: { $0.condition == nil }) else {
        throw Problem("two-works", "has two outputs for rows that fit no other one.", at: entry.keyLocation)
      }
      guard !list.contains(where: { $0.name.name.lowercased() == entry.key.lowercased() }) else {
        throw Problem("name-taken", "has two outputs called \"\(entry.key)\".", at: entry.keyLocation)
      }
      list.append(Output(name: name, condition: isElse ? nil : try Condition(setting: entry.value)))
    }
  }

  /// - Throws: `unknown-choice`.
  func index(of output: FieldName) throws(Problem) -> Int {
    guard let index = list.firstIndex(where: { $0.name.name == output.name }) else {
      throw Problem(
        "unknown-choice", "There is no output \"\(output.name)\".",
        hint: Nearest.hint(output.name, among: list.map(\.name.name)),
        at: output.location)
    }
    return index
  }

  /// True for rows that fit one of the outputs, never null; nil if an output takes all others.
  func anyCondition(over input: Relation) throws(Problem) -> SQL? {
    var conditions: [SQL] = []
    for output in list {
      guard let condition = output.condition else { return nil }
      conditions.append("coalesce(\(try condition.sql(over: input)), FALSE)")
    }
    return "(\(conditions, separator: " OR "))"
  }

  /// True for the rows of one output, never null; a condition that can't be told of a row doesn't fit it.
  func condition(of output: FieldName, toAll: Bool, over input: Relation) throws(Problem) -> SQL {
    let wanted = try index(of: output)
    var cases: [SQL] = []
    var own: SQL?
    for (index, output) in list.enumerated() {
      guard let condition = output.condition else { continue }
      let holds: SQL = "coalesce(\(try condition.sql(over: input)), FALSE)"
      if index == wanted { own = holds }
      cases.append("WHEN \(holds) THEN \(index)")
    }
    if toAll, let own { return own }
    guard !cases.isEmpty else { return "TRUE" }
    return "CASE \(cases, separator: " ") ELSE \(list.firstIndex { $0.condition == nil } ?? -1) END = \(wanted)"
  }
}
