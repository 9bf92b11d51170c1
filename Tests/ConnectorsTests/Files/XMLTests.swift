import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@Suite struct XMLTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  @Test func aRepeatedElementBecomesRows() async throws {
    try files.put(
      "o.xml",
      """
      <?xml version="1.0"?><!-- orders --><ns:orders xmlns:ns="urn:x"><meta><made>now</made></meta>
        <order id="1"><name>A &amp; B &#x44B;&#65;</name><note><![CDATA[<raw> & more]]></note><item sku="a">1</item><item sku="b"/></order>
        <order id="2"><name></name><ns:extra>x</ns:extra><at place="y"><deep>1</deep></at></order>
      </ns:orders>
      """)
    let result = try await files.read("xml", "o.xml", sorted: true)
    #expect(result.names == ["id", "name", "note", "item", "ns:extra", "at"])
    #expect(
      result.rows == [
        ["1", "A & B ыA", "<raw> & more", #"[{"sku":"a","text":"1"},{"sku":"b"}]"#, "NULL", "NULL"],
        ["2", "", "NULL", "NULL", "x", #"{"place":"y","deep":"1"}"#],
      ])
    #expect(
      try await files.read("xml", "o.xml", ["record": "item"], sorted: true).rows == [["a", "1"], ["b", "NULL"]])
    #expect(try await files.read("xml", "o.xml", ["record": "ns:orders/meta"]).rows == [["now"]])
    #expect(try await files.read("xml", "o.xml", columns: ["name", "id"]).names == ["name", "id"])
    await #expect { _ = try await files.read("xml", "o.xml", ["record": "nope"]) } throws: {
      ($0 as? Problem)?.code == "no-records"
    }
  }

  @Test(arguments: [
    "<rows/>", "<?xml version=\"1.0\"?>\n<rows>\n</rows>\n", "<rows xmlns=\"urn:x\"><!-- none --></rows>",
  ])
  func documentsWithoutRecords(_ text: String) async throws {
    try files.put("e.xml", text)
    for options in [[:], ["record": "row"], ["record": "rows/row"]] as [[String: String]] {
      await #expect {
        _ = try await files.read("xml", "e.xml", options)
      } throws: {
        let problem = $0 as? Problem
        return problem?.code == "empty-file" && problem?.location != nil && problem?.hint?.contains("columns:") == true
      }
      let result = try await files.read("xml", "e.xml", options, columns: ["id", "name"])
      #expect(result.names == ["id", "name"] && result.rows.isEmpty)
    }
    try files.put("d/1.xml", text)
    try files.put("d/2.xml", "<rows><row><id>1</id></row><row><id>2</id></row></rows>")
    #expect(try await files.read("xml", "d", sorted: true).rows == [["1"], ["2"]])
    try files.put("n.xml", "<export><at>now</at><rows/></export>")
    #expect(try await files.read("xml", "n.xml", ["record": "rows/row"], columns: ["id"]).rows.isEmpty)
    await #expect { _ = try await files.read("xml", "n.xml", ["record": "lines/row"], columns: ["id"]) } throws: {
      ($0 as? Problem)?.code == "no-records"
    }
  }

  @Test(arguments: ["utf-16", "windows-1251", "utf-8"]) func otherEncodings(_ name: String) async throws {
    let text = "<?xml version=\"1.0\" encoding=\"\(name)\"?>\r\n<r><x>имя</x><x>два\r\nы</x></r>"
    let encodings: [String: String.Encoding] = [
      "utf-16": .utf16LittleEndian, "windows-1251": .windowsCP1251, "utf-8": .utf8,
    ]
    let mark: [UInt8] = name == "utf-16" ? [0xFF, 0xFE] : name == "utf-8" ? [0xEF, 0xBB, 0xBF] : []
    try files.put("e.xml", Data(mark) + (try #require(text.data(using: encodings[name] ?? .utf8))))
    #expect(try await files.read("xml", "e.xml").rows == [["имя"], ["два\nы"]])
  }

  @Test(arguments: [
    ("<a><b>1</a>", "invalid-file", 1), ("<a>\n<b>\n", "invalid-file", 3), ("<a>\n&nope;</a>", "invalid-file", 2),
    ("", "invalid-file", 1),
    ("<a/><b/>", "invalid-file", 1), ("<a x=1/>", "invalid-file", 1), ("<a x='1' x='2'/>", "invalid-file", 1),
    ("<!DOCTYPE a [<!ENTITY e SYSTEM \"/etc/passwd\">]><a>&e;</a>", "unsafe-xml", 1),
    ("<?xml version=\"1.0\" encoding=\"ebcdic\"?><a/>", "unknown-encoding", 1),
  ])
  func whatIsWrongIsNamedWithItsPlace(_ text: String, _ code: String, _ line: Int) async throws {
    try files.put("w.xml", text)
    await #expect { _ = try await files.read("xml", "w.xml") } throws: { error in
      let problem = error as? Problem
      return problem?.code.description == code && problem?.location?.line == line
    }
  }

  @Test func damagedDocumentsNeverCrash() async throws {
    let whole = Array("<?xml version=\"1.0\"?><r><x a=\"1\">t &lt; u</x><x><![CDATA[q]]><y/><!-- c --></x></r>".utf8)
    var numbers = SeededNumbers(seed: 7)
    for _ in 0..<300 {
      var bytes = whole
      bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
      if Bool.random(using: &numbers) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &numbers)) }
      try files.put("f.xml", Data(bytes))
      let source = try #require(files.connector("xml") as? any Source)
      do {
        _ = try await source.read(ReadRequest(.path("f.xml"), step: "r"))
      } catch {
        #expect(error is Problem)
      }
    }
  }

  @Test func valuesComeBackAsTheyWere() async throws {
    #expect(try await files.write("xml", "out/v.xml", RoundTripTests.values))
    #expect(try await files.write("xml", "out/v.xml.gz", RoundTripTests.values))
    #expect(
      try await files.write(
        "xml", "m.xml", "SELECT range AS id, 'a<' || range || '&amp;' || chr(10) AS t FROM range(25001)"))
    let many = try await files.read("xml", "m.xml")
    #expect(many.rows.count == 25_001 && many.rows[7] == ["7", "a<7&amp;\n"])
    #expect(try await files.write("xml", "e.xml", "SELECT 1 AS id LIMIT 0"))
    await #expect { _ = try await files.write("xml", "n.xml", "SELECT 1 AS \"a b\"") } throws: {
      ($0 as? Problem)?.code == "invalid-name"
    }
  }

  /// CSV → JSON → XML → CSV (TRF-31).
  @Test func aTableGoesAroundThroughFourFormats() async throws {
    let text = "id,name,price\n1,\"A & <B>, \"\"C\"\"\",29.90\n2,ы,0.01\n"
    try files.put("a.csv", text)
    for (from, to) in [("a.csv", "b.json"), ("b.json", "c.xml"), ("c.xml", "d.csv")] {
      let source = try #require(files.connector(String(from.split(separator: ".")[1])) as? any Source)
      let extract = try await source.read(ReadRequest(.path(from), step: "read"))
      let result = try await files.run(extract, sorted: true)
      let rows = result.rows.map { row -> SQL in
        let values = zip(row, result.schema.columns).map { value, column -> SQL in
          "CAST(\(text: value) AS \(column.type))"
        }
        return "(\(values))"
      }
      let query: SQL = "SELECT * FROM (VALUES \(rows)) AS t(\(names: result.names))"
      #expect(try await files.write(String(to.split(separator: ".")[1]), to, query))
    }
    let first = try await files.read("csv", "a.csv", sorted: true)
    let last = try await files.read("csv", "d.csv", sorted: true)
    #expect(first.rows == last.rows && first.names == last.names && first.types == last.types)
  }
}
