/// Rows under headings, aligned by what the terminal shows, cut to its width.
struct TextTable {
  var headings: [String]
  var rows: [[String]]
  /// Columns with numbers stand to the right.
  var numeric: Set<Int> = []

  func render(width: Int?) -> String {
    let cells = rows.map { row in row.map(Self.oneLine) }
    var widths = headings.indices.map { column in
      max(Terminal.cells(headings[column]), cells.map { Terminal.cells($0[column]) }.max() ?? 0)
    }
    if let width {
      while widths.reduce(0, +) + 2 * (widths.count - 1) > width, let widest = widths.max(), widest > 8 {
        if let index = widths.firstIndex(of: widest) { widths[index] -= 1 }
      }
    }
    func line(_ row: [String]) -> String {
      var text = row.enumerated().map { pad($1, to: widths[$0], isRight: numeric.contains($0)) }.joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      return text + "\n"
    }
    return line(headings) + line(widths.map { String(repeating: "─", count: $0) }) + cells.map(line).joined()
  }

  private func pad(_ text: String, to width: Int, isRight: Bool) -> String {
    var text = text
    if Terminal.cells(text) > width {
      while Terminal.cells(text) > width - 1 { text.removeLast() }
      text += "…"
    }
    let gap = String(repeating: " ", count: max(0, width - Terminal.cells(text)))
    return isRight ? gap + text : text + gap
  }

  private static func oneLine(_ text: String) -> String {
    text.contains { $0.isNewline || $0 == "\t" } ? String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }) : text
  }
}
