import Execution
import Tabular
import Workspace

/// What a step does, below its first rows: columns before and after, and the effect of each operation.
struct StepView {
  var shown: StepShown
  var isColored: Bool

  var text: String {
    guard let before = shown.before else { return "" }
    var text = "\n" + columns("before", before) + columns("after", shown.rows.schema)
    if let rowsIn = shown.rowsIn, let rowsOut = shown.rowsOut {
      let share = shown.countedRows.map { ", of the first \($0.grouped) only" } ?? ""
      text += "\(StepEffect.count(rowsIn, "row")) in, \(rowsOut.grouped) out\(share)\n"
    }
    let isList = shown.effects.count > 1 || shown.effects.first?.words != nil
    for (index, effect) in shown.effects.enumerated() {
      let words = effect.words ?? ""
      if isList { text += "\(index + 1). \(words)\n" }
      for line in effect.impact { text += Ink.green((isList ? "   " : "") + line, if: isColored) + "\n" }
    }
    return text
  }

  private func columns(_ when: String, _ schema: Schema) -> String {
    Ink.dim("Columns \(when): ", if: isColored) + schema.columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
      + "\n"
  }
}
