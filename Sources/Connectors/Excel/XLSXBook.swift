import Pipelines

/// What an XLSX workbook says beside its cells (ECMA-376): its epoch, its sheets, which formats show points in time.
struct XLSXBook {
  /// What a number with a format is.
  enum Shape { case number, day, time }

  private(set) var is1904 = false
  private(set) var sheets: [(name: String, path: String)] = []
  private var shapes: [Shape] = []
  let archive: ZIPArchive

  /// - Throws: `invalid-file`, `encrypted-file`.
  init(_ path: String) throws(Problem) {
    archive = try ZIPArchive(path)
    var targets: [String: String] = [:]
    var found: [(name: String, id: String)] = []
    var is1904 = false
    _ = try archive.events("xl/_rels/workbook.xml.rels") { event in
      if case .start(let name, let attributes) = event, name.localName == "Relationship" {
        targets[attributes.value("Id") ?? ""] = attributes.value("Target")
      }
    }
    let book: Void? = try archive.events("xl/workbook.xml") { event in
      guard case .start(let name, let attributes) = event else { return }
      switch name.localName {
      case "workbookPr": is1904 = ["1", "true"].contains(attributes.value("date1904"))
      case "sheet": found.append((attributes.value("name") ?? "", attributes.value("id") ?? ""))
      default: break
      }
    }
    guard book != nil else { throw Problem("invalid-file", "\"\(path)\" is no XLSX workbook.") }
    self.is1904 = is1904
    sheets = found.map { sheet in
      let target = targets[sheet.id] ?? ""
      return (sheet.name, target.hasPrefix("/") ? String(target.dropFirst()) : "xl/" + target)
    }
    try readStyles()
  }

  private mutating func readStyles() throws(Problem) {
    var formats: [Int: String] = [:]
    var shapes: [Shape] = []
    var isInCells = false
    _ = try archive.events("xl/styles.xml") { event in
      switch event {
      case .start(let name, let attributes):
        let id = attributes.value("numFmtId").flatMap { Int($0) } ?? 0
        switch name.localName {
        case "numFmt": formats[id] = attributes.value("formatCode")
        case "cellXfs": isInCells = true
        case "xf" where isInCells: shapes.append(XLSXBook.shape(id, formats[id]))
        default: break
        }
      case .end(let name): if name.localName == "cellXfs" { isInCells = false }
      case .text: break
      }
    }
    self.shapes = shapes
  }

  private static func shape(_ id: Int, _ format: String?) -> Shape {
    guard XLSWorkbook.isDate(id, format) else { return .number }
    guard let format else { return (18...21).contains(id) || (45...47).contains(id) ? .time : .day }
    return XLSWorkbook.letters(of: format).isDisjoint(with: ["y", "d"])
      && format.lowercased().contains { "hs".contains($0) }
      ? .time : .day
  }

  /// What a number in a cell of that style is.
  func shape(style: Int) -> Shape { shapes.indices.contains(style) ? shapes[style] : .number }
}

extension String {
  /// The name of an element or attribute without its namespace.
  fileprivate var localName: Substring { split(separator: ":").last ?? "" }
}

extension [(name: String, value: String)] {
  fileprivate func value(_ name: String) -> String? { first { $0.name.localName == name }?.value }
}
