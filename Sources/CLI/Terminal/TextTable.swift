/// Rows under headings, aligned by what the terminal shows, cut to its width. Numbers are never cut; where even short texts don't fit
/// beside them, each row becomes a block of lines.
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
      let texts = widths.indices.filter { !numeric.contains($0) }
      while widths.reduce(0, +) + 2 * (widths.count - 1) > width {
        guard let widest = texts.max(by: { widths[$0] < widths[$1] }), widths[widest] > 8 else {
          return blocks(cells, width)
        }
        widths[widest] -= 1
      }
    }
    func line(_ row: [String]) -> String {
      var text = row.enumerated().map { pad($1, to: widths[$0], isRight: numeric.contains($0)) }.joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      return text + "\n"
    }
    return line(headings) + line(widths.map { String(repeating: "─", count: $0) }) + cells.map(line).joined()
  }

  private func blocks(_ cells: [[String]], _ width: Int) -> String {
    let margin = headings.map { Terminal.cells($0) }.max() ?? 0
    return cells.map { row in
      zip(headings, row).filter { !$1.isEmpty }.map { heading, value in
        pad(heading, to: margin, isRight: false) + "  "
          + pad(value, to: min(Terminal.cells(value), max(8, width - margin - 2)), isRight: false) + "\n"
      }.joined()
    }.joined(separator: "\n")
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
