import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

@Suite struct ExcelTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  /// A workbook of one sheet; style 1 shows a day, 2 a day and time, 3 a time of day.
  private func put(_ name: String, _ rows: String, is1904: Bool = false) throws {
    let main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    let archive = try ZIPWriter(files.folder.file(name))
    let parts: [(String, String)] = [
      (
        "[Content_Types].xml",
        """
        <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" \
        ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" \
        ContentType="\(kind).sheet.main+xml"/><Override PartName="/xl/worksheets/s.xml" ContentType="\(kind).worksheet+xml"/>\
        <Override PartName="/xl/styles.xml" ContentType="\(kind).styles+xml"/></Types>
        """
      ),
      (
        "_rels/.rels",
        """
        <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" \
        Type="\(office)/officeDocument" Target="xl/workbook.xml"/></Relationships>
        """
      ),
      (
        "xl/workbook.xml",
        """
        <workbook \(main) xmlns:r="\(office)"><workbookPr\(is1904 ? " date1904=\"1\"" : "")/><sheets>\
        <sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>
        """
      ),
      (
        "xl/_rels/workbook.xml.rels",
        """
        <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" \
        Type="\(office)/worksheet" Target="worksheets/s.xml"/><Relationship Id="r2" Type="\(office)/styles" \
        Target="styles.xml"/></Relationships>
        """
      ),
      (
        "xl/styles.xml",
        """
        <styleSheet \(main)><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm"/></numFmts>\
        <fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>\
        <cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/>\
        <xf numFmtId="164"/><xf numFmtId="21"/></cellXfs></styleSheet>
        """
      ),
      ("xl/worksheets/s.xml", "<worksheet \(main)><sheetData>\(rows)</sheetData></worksheet>"),
    ]
    for (part, text) in parts { try archive.add(part, Array(text.utf8)) }
    try archive.finish()
  }

  private func text(_ cell: String, _ text: String) -> String {
    "<c r=\"\(cell)\" t=\"inlineStr\"><is><t>\(text)</t></is></c>"
  }
  private func number(_ cell: String, _ value: String, _ style: Int = 0) -> String {
    "<c r=\"\(cell)\" s=\"\(style)\"><v>\(value)</v></c>"
  }

  @Test func bothEpochs() async throws {
    func rows(_ days: [String]) -> String {
      "<row r=\"1\">\(text("A1", "id"))\(text("B1", "day"))\(text("C1", "at"))</row>"
        + days.enumerated().map { place, day in
          "<row r=\"\(place + 2)\">\(number("A\(place + 2)", "\(place)"))\(number("B\(place + 2)", day, 1))"
            + "\(number("C\(place + 2)", day + ".5", 2))</row>"
        }.joined()
    }
    try put("1900.xlsx", rows(["1", "59", "61", "45351"]))
    let first = try await files.read("excel", "1900.xlsx", sorted: true)
    #expect(first.types == ["BIGINT", "DATE", "TIMESTAMP"])
    #expect(first.rows.map { $0[1] } == ["1900-01-01", "1900-02-28", "1900-03-01", "2024-02-29"])
    #expect(first.rows[3][2].hasPrefix("2024-02-29T12:00:00") || first.rows[3][2].hasPrefix("2024-02-29 12:00:00"))
    try put("1904.xlsx", rows(["0", "1", "43889"]), is1904: true)
    #expect(
      try await files.read("excel", "1904.xlsx", sorted: true).rows.map { $0[1] } == [
        "1904-01-01", "1904-01-02", "2024-02-29",
      ])
  }

  @Test func typesAreThoseOfAllCells() async throws {
    let head = ["id", "day", "ok", "x", "mix", "time", "gone"].enumerated().map { place, name in
      text("\(CellRange.letters(of: place))1", name)
    }
    try put(
      "t.xlsx",
      """
      <row r="1">\(head.joined())</row><row r="2">\(number("A2", "1"))</row>
      <row r="3">\(number("A3", "2"))\(number("B3", "45351", 1))<c r="C3" t="b"><v>0</v></c>\(number("D3", "0.5"))\
      \(number("E3", "7"))\(number("F3", "0.75", 3))</row>
      <row r="6">\(number("A6", "3"))<c r="D6" t="e"><v>#N/A</v></c>\(text("E6", "z"))</row><row r="9"><c r="A9" s="1"/></row>
      """)
    let result = try await files.read("excel", "t.xlsx", sorted: true)
    #expect(result.types == ["BIGINT", "DATE", "BOOLEAN", "DOUBLE", "VARCHAR", "TIME", "VARCHAR"])
    #expect(
      result.rows == [
        ["1", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"],
        ["2", "2024-02-29", "false", "0.5", "7", "18:00:00", "NULL"],
        ["3", "NULL", "NULL", "NULL", "z", "NULL", "NULL"],
      ])
    let part = try await files.read("excel", "t.xlsx", ["range": "B3:C4", "header": false])
    #expect(part.types == ["DATE", "BOOLEAN"] && part.rows == [["2024-02-29", "false"]])
  }

  @Test func columnsThatAreEmptyForLongComeBack() async throws {
    let rows: SQL = """
      SELECT range::INTEGER AS id, CASE WHEN range > 5000 THEN DATE '1900-02-27' + range::INTEGER - 5001 END AS day,
        CASE WHEN range > 5000 THEN range * 0.5::DOUBLE END AS v, CASE WHEN range > 5000 THEN range % 2 = 0 END AS ok,
        CASE WHEN range > 5000 THEN 'x & "' || range || chr(10) || ' <' END AS t FROM range(10000)
      """
    for _ in 0..<2 { #expect(try await files.write("excel", "l.xlsx", rows, ["sheet": "A & \"B\""])) }
    let result = try await files.read("excel", "l.xlsx", ["sheet": "A & \"B\""], sorted: true)
    #expect(result.types == ["BIGINT", "DATE", "DOUBLE", "BOOLEAN", "VARCHAR"] && result.rows.count == 10_000)
    #expect(result.rows[5001] == ["5001", "1900-02-27", "2500.5", "false", "x & \"5001\n <"])
    #expect(result.rows[5003][1] == "1900-03-01")
    let names = try FileManager.default.contentsOfDirectory(atPath: files.folder.path)
    #expect(names == ["l.xlsx"])
    await #expect(throws: (any Error).self) { try await files.write("excel", "n.xlsx", "SELECT 'nan'::DOUBLE AS x") }
  }

  @Test func sheetsComeBackAsTheyWere() async throws {
    let rows: SQL = """
      SELECT 1::INTEGER AS id, 'ы & <x>' AS t, 29.90::DECIMAL(10,2) AS p, true AS b, DATE '2024-02-29' AS day,
        9007199254740993::BIGINT AS big, 0.1::DOUBLE AS d
      UNION ALL SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL
      """
    #expect(try await files.write("excel", "a.xlsx", rows))
    let result = try await files.read("excel", "a.xlsx", sorted: true)
    #expect(result.types == ["BIGINT", "VARCHAR", "DOUBLE", "BOOLEAN", "DATE", "VARCHAR", "DOUBLE"])
    #expect(result.rows[0] == ["1", "ы & <x>", "29.9", "true", "2024-02-29", "9007199254740993", "0.1"])
  }

  @Test func aRangeOfASheet() async throws {
    try await files.write(
      "excel", "r.xlsx", "SELECT range::INTEGER AS id, 'v' || range AS t FROM range(20)", ["sheet": "Data"])
    let result = try await files.read("excel", "r.xlsx", ["sheet": "Data", "range": "A1:B4"], sorted: true)
    #expect(result.rows == [["0", "v0"], ["1", "v1"], ["2", "v2"]])
    await #expect(throws: Problem.self) { _ = try await files.read("excel", "r.xlsx", ["sheet": "Nope"]) }
  }

  @Test func columnsThatBeginEmptyComeBack() async throws {
    let rows: SQL = """
      SELECT * FROM (VALUES (1, NULL::DATE, NULL::DOUBLE, NULL::BOOLEAN, NULL::DECIMAL(9,2), NULL), (2, DATE '2024-02-29', 0.1, false, 29.90, ''),
        (3, DATE '1969-12-31', 1e300, true, -0.01, '45351.0')) AS t (id, day, v, ok, price, s)
      """
    #expect(try await files.write("excel", "n.xlsx", rows))
  }
}
