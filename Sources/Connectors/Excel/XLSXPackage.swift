import Foundation
import Glibc
import Pipelines

/// The parts of a workbook with one sheet (ECMA-376), in a ZIP file.
struct XLSXPackage {
  let sheet: String

  static let sheetHead =
    declaration
    + "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>\n"
  static let sheetTail = "\n</sheetData></worksheet>\n"
  private static let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

  /// - Parameters:
  ///   - sheet: a gzip file with the sheet's XML, which is removed.
  /// - Throws: `disk-full`, `input-output`, `too-large`.
  func write(_ path: String, sheet packed: String) throws(Problem) {
    let archive = try ZIPWriter(path)
    for (name, text) in parts { try archive.add(name, Array((XLSXPackage.declaration + text).utf8)) }
    try archive.add("xl/worksheets/sheet1.xml", gzip: packed)
    try archive.finish()
    unlink(packed)
  }

  private var parts: [(name: String, text: String)] {
    let types = "http://schemas.openxmlformats.org/package/2006/content-types"
    let relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return [
      (
        "[Content_Types].xml",
        """
        <Types xmlns="\(types)"><Default Extension="rels" \
        ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" \
        ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="\(kind).sheet.main+xml"/>\
        <Override PartName="/xl/worksheets/sheet1.xml" ContentType="\(kind).worksheet+xml"/>\
        <Override PartName="/xl/styles.xml" ContentType="\(kind).styles+xml"/></Types>
        """
      ),
      (
        "_rels/.rels",
        """
        <Relationships xmlns="\(relations)"><Relationship Id="rId1" Type="\(office)/officeDocument" \
        Target="xl/workbook.xml"/></Relationships>
        """
      ),
      (
        "xl/workbook.xml",
        """
        <workbook xmlns="\(main)" xmlns:r="\(office)"><sheets><sheet name="\(XML.quoted(sheet))" sheetId="1" r:id="rId1"/>\
        </sheets></workbook>
        """
      ),
      (
        "xl/_rels/workbook.xml.rels",
        """
        <Relationships xmlns="\(relations)"><Relationship Id="rId1" Type="\(office)/worksheet" \
        Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="\(office)/styles" Target="styles.xml"/>\
        </Relationships>
        """
      ),
      (
        // Cells of style 1 show a day.
        "xl/styles.xml",
        """
        <styleSheet xmlns="\(main)"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>\
        <fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>\
        </fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
        <cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
        <cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
        <xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>
        """
      ),
    ]
  }
}
