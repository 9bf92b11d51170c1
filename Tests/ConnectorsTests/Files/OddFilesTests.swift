import Connectors
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

/// Files that are empty, damaged or ambiguous.
@Suite struct OddFilesTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  private func problem(_ body: () async throws -> Void) async -> Problem? {
    do {
      try await body()
      return nil
    } catch { return error as? Problem }
  }

  @Test(arguments: ["", "[]", " [ ]\n", "\n\n"]) func emptyJSONInventsNoColumns(_ text: String) async throws {
    for name in ["e.json", "e.jsonl"] {
      try files.put(name, text)
      let found = await problem { _ = try await files.read("json", name) }
      #expect(found?.code == "empty-file" && found?.location != nil && found?.hint?.contains("types") == true)
      let result = try await files.read("json", name, ["types": ["id": "BIGINT"]])
      #expect(result.names == ["id"] && result.types == ["BIGINT"] && result.rows.isEmpty)
    }
    try files.put("d/1.json", text)
    try files.put("d/2.json", "[{\"a\": 1}]")
    #expect(try await files.read("json", "d").rows == [["1"]])
  }

  @Test(arguments: [
    ("a,b,a\n1,2,3\n", "Columns 1 and 3"), ("id,Name,name\n1,x,y\n", "(\"Name\") and 3 (\"name\")"),
  ]) func collidingHeadersAreNamed(_ text: String, _ words: String) async throws {
    try files.put("c.csv", text)
    let found = await problem { _ = try await files.read("csv", "c.csv") }
    #expect(
      found?.code == "column-collision" && found?.message.contains(words) == true && found?.location != nil,
      "\(String(describing: found))")
    let result = try await files.read("csv", "c.csv", ["header": false, "skip": 1])
    #expect(result.rows.count == 1 && result.names.count == 3)
    try files.put("ok.csv", "a,a_1\n1,2\n")
    #expect(try await files.read("csv", "ok.csv").names == ["a", "a_1"])
  }

  @Test func collidingKeysAreNamed() async throws {
    try files.put("k.jsonl", "{\"id\": 1, \"Name\": \"a\"}\n{\"id\": 2, \"name\": \"b\"}\n")
    let found = await problem { _ = try await files.read("json", "k.jsonl") }
    #expect(found?.code == "column-collision" && found?.message.contains("\"Name\" and \"name\"") == true)
    #expect(
      try await files.read("json", "k.jsonl", columns: ["id", "name"], sorted: true).rows == [
        ["1", "NULL"], ["2", "b"],
      ])
  }

  @Test(arguments: ["id,n\r\n1,a\n2,b\r\n3,\"c\r\nd\"\n4\n5,e\n", "id,n\n1,a\r\n2,b\n3,\"c\r\nd\"\n4\n5,e\r\n"])
  func mixedLineEndsAreRead(_ text: String) async throws {
    try files.put("m.csv", text)
    let result = try await files.read("csv", "m.csv", sorted: true)
    #expect(result.rows == [["1", "a"], ["2", "b"], ["3", "c\r\nd"], ["5", "e"]])
    #expect(result.rejects.count == 1 && result.rejects.first?[0].contains("m.csv:") == true)
  }

  @Test func badLinesOfJSONAreSetAside() async throws {
    try files.put("b.jsonl", "{\"a\": 1}\n\n{\"a\": \n5\n{\"b\": 2}\n{\"a\": 3} x\n")
    let result = try await files.read("json", "b.jsonl", sorted: true)
    #expect(result.names == ["a", "b"] && result.rows.count == 2)
    #expect(result.rejects.map { $0[0].split(separator: ":").last ?? "" } == ["3", "4", "6"])
    #expect(result.rejects.map { $0[1] } == ["{\"a\": ", "5", "{\"a\": 3} x"])
    let found = await problem { _ = try await files.read("json", "b.jsonl", ["strict": true]) }
    #expect(found?.code == "malformed-row" && found?.message.contains("b.jsonl:3") == true)
  }

  @Test(arguments: ["jsonl", "jsonl.gz", "json"]) func byteOrderMarksAreNoPartOfTheFirstRecord(
    _ ending: String
  ) async throws {
    for (name, rows) in [("m/1", [1, 2]), ("m/2", [3]), ("one", [1, 2, 3])] {
      let records = rows.map { "{\"id\": \($0), \"n\": \"v\($0)\"}" }
      let text = ending == "json" ? "[\(records.joined(separator: ", "))]" : records.map { $0 + "\n" }.joined()
      try files.put("\(name).\(ending)", "\u{FEFF}" + text)
      if ending.hasSuffix(".gz") {
        try files.put("plain", "\u{FEFF}" + text)
        let target = files.folder.file("\(name).\(ending)")
        let packed = try await Program().run(
          "/bin/sh", ["-c", "gzip -c '\(files.folder.file("plain"))' > '\(target)'"])
        try #require(packed.status == 0, "\(packed)")
      }
    }
    let expected = [["1", "v1"], ["2", "v2"], ["3", "v3"]]
    for path in ["one.\(ending)", "m", "m/*.\(ending)"] {
      let result = try await files.read("json", path, sorted: true)
      #expect(result.names == ["id", "n"] && result.rows == expected && result.rejects.isEmpty, "\(path)")
    }
    try files.put("bad.jsonl", "\u{FEFF}{\"id\": 1}\nbad\n")
    #expect(try await files.read("json", "bad.jsonl").rejects.map { $0[0] } == [files.folder.file("bad.jsonl") + ":2"])
  }

  @Test func namesThatOnlyLookTheSameAreTold() async throws {
    let names = ["caf\u{E9}", "cafe\u{301}"]
    try files.put("t.csv", "\(names[0]),\(names[1])\n1,2\n")
    try files.put("t.json", "[{\"\(names[0])\": 1, \"\(names[1])\": 2}]")
    try files.put("t.xml", "<r><x><\(names[0])>1</\(names[0])><\(names[1])>2</\(names[1])></x></r>")
    try files.put("d/1.csv", "\(names[0])\n1\n")
    try files.put("d/2.csv", "\(names[1])\n2\n")
    for (id, path) in [("csv", "t.csv"), ("json", "t.json"), ("xml", "t.xml"), ("csv", "d")] {
      let found = await problem { _ = try await files.read(id, path) }
      #expect(
        found?.code == "column-collision" && found?.message.contains("U+0065 U+0301") == true
          && found?.message.contains("U+00E9") == true, "\(path): \(String(describing: found))")
    }
    try files.put("one.csv", "caf\u{C9},\(names[0])\n1,2\n")
    #expect(try await files.read("csv", "one.csv").rows == [["1", "2"]])
  }

  @Test func aNULIsNamedWithItsLine() async throws {
    try files.put("z.csv", Data("id,n\n1,a\n2,b\0c\n".utf8))
    let found = await problem { _ = try await files.read("csv", "z.csv") }
    #expect(found?.code == "nul-byte" && found?.message.contains("line 3") == true)
  }

  @Test(arguments: ["json", "jsonl", "jsonl.gz"]) func jsonInsideComesBackAsItWas(_ ending: String) async throws {
    #expect(
      try await files.write(
        "json", "j.\(ending)",
        """
        SELECT 1 AS id, CAST('{"b": 1.50, "a": [1,  12345678901234567890.123456789], "é": "\\u00e9\\"}"}' AS JSON) AS doc, 1.5 AS x
        UNION ALL SELECT 2, NULL, NULL UNION ALL SELECT 3, CAST('{\n "k" : 1e400 }' AS JSON), 2.5
        """))

  }

  @Test(arguments: ["json", "jsonl", "csv"]) func timesFarAwayComeBack(_ ending: String) async throws {
    #expect(
      try await files.write(
        ending == "csv" ? "csv" : "json", "t.\(ending)",
        """
        SELECT 1 AS id, TIMESTAMP '0044-03-15 (BC) 12:00:00.5' AS at, TIMESTAMPTZ '0044-03-15 (BC) 12:00:00+00' AS z, DATE '0044-03-15 (BC)' AS d
        UNION ALL SELECT 2, TIMESTAMP '12345-01-01 00:00:00', TIMESTAMPTZ '12345-01-01 00:00:00Z', DATE '12345-01-01'
        UNION ALL SELECT 3, 'infinity'::TIMESTAMP, '-infinity'::TIMESTAMPTZ, 'infinity'::DATE
        """))
  }

  @Test func everyConnectorHasItsFolderAndPage() throws {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent()
    let sources = repository.appending(path: "Sources/Connectors")
    let folders = Set(
      try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { !$0.hasSuffix(".swift") }.map {
        $0.lowercased()
      })
    let pages = Set(
      try FileManager.default.contentsOfDirectory(atPath: repository.appending(path: "docs/reference/connectors").path))
    let named = ["duckdb": "duckdbfile"]
    for connector in Connectors.all {
      #expect(folders.contains(named[connector.id] ?? connector.id), "\(connector.id) has no folder")
      #expect(pages.contains("\(connector.id).md"), "\(connector.id) has no page")
    }
    let shared: Set = ["files", "sql"]
    #expect(folders.subtracting(shared).count == Connectors.all.count)
  }
}
