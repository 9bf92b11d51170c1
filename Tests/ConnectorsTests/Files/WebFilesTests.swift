import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

/// Files read over HTTP.
@Suite struct WebFilesTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  private func problem(_ body: () async throws -> Void) async -> Problem? {
    do {
      try await body()
      return nil
    } catch { return error as? Problem }
  }

  private func packed(_ id: String, _ name: String) async throws -> Data {
    try await files.write(id, name, "SELECT range AS id, 'v' || hash(range) AS x FROM range(20000)")
    return try Data(contentsOf: URL(fileURLWithPath: files.folder.file(name)))
  }

  @Test(arguments: [true, false]) func plainFilesAreRead(_ knowsRanges: Bool) async throws {
    let server = try HTTPServer(knowsRanges: knowsRanges)
    server.put("/a.csv", .bytes(Data("id,n\n1,a\n2,b\n".utf8)))
    server.put("/old.csv", .redirect("/a.csv"))
    server.put("/a.jsonl", .bytes(Data("\u{FEFF}{\"id\": 1, \"n\": \"a\"}\nbad\n{\"id\": 2, \"n\": \"b\"}\n".utf8)))
    server.put("/a.xml", .bytes(Data("<r><x><id>1</id><n>a</n></x><x><id>2</id><n>b</n></x></r>".utf8)))
    server.put("/a.txt", .bytes(Data("a\nb\n".utf8)))
    let expected = [["1", "a"], ["2", "b"]]
    #expect(try await files.read("csv", server.address("/a.csv"), sorted: true).rows == expected)
    #expect(try await files.read("csv", server.address("/old.csv"), sorted: true).rows == expected)
    #expect(try await files.read("xml", server.address("/a.xml"), sorted: true).rows == expected)
    #expect(try await files.read("text", server.address("/a.txt"), sorted: true).rows == [["a", "1"], ["b", "2"]])
    let lines = try await files.read("json", server.address("/a.jsonl"), sorted: true)
    #expect(lines.rows == expected && lines.rejects.map { $0[0] } == [server.address("/a.jsonl") + ":2"])
    #expect(server.requests.count { $0 == "GET /a.txt" } >= 1)
  }

  @Test(arguments: [true, false]) func packedFilesAreRead(_ knowsRanges: Bool) async throws {
    let server = try HTTPServer(knowsRanges: knowsRanges)
    for (id, name) in [("csv", "a.csv.gz"), ("csv", "a.csv.zst"), ("json", "a.jsonl.gz"), ("json", "a.jsonl.zst")] {
      server.put("/\(name)", .bytes(try await packed(id, name)))
      let result = try await files.read(id, server.address("/\(name)"), sorted: true)
      #expect(result.rows.count == 20_000 && result.rows[1][0] == "1", "\(name)")
    }
  }

  @Test(arguments: [("csv", "csv.gz"), ("csv", "csv.zst"), ("json", "jsonl.gz"), ("json", "jsonl.zst")])
  func filesThatEndTooEarlyAreRefused(_ id: String, _ ending: String) async throws {
    let whole = try await packed(id, "w.\(ending)")
    let server = try HTTPServer()
    for length in [whole.count - 1, whole.count / 2, 3] {
      let part = Data(whole.prefix(length))
      server.put("/w.\(ending)", .bytes(part))
      let address = server.address("/w.\(ending)")
      let remote = await problem { _ = try await files.read(id, address) }
      #expect(remote?.code == "truncated-file" && remote?.message.contains(address) == true, "\(length)")
      try files.put("part.\(ending)", part)
      let local = await problem { _ = try await files.read(id, "part.\(ending)") }
      #expect(local?.code == "truncated-file" && local?.message.contains("part.\(ending)") == true, "\(length)")
    }
    server.put("/w.\(ending)", .cut(whole, after: whole.count / 2))
    let cut = await problem { _ = try await files.read(id, server.address("/w.\(ending)")) }
    #expect(cut != nil && cut?.message.contains("/w.\(ending)") == true)
  }

  @Test(arguments: ["csv", "csv.gz", "jsonl", "xml"]) func whatTheServerSaysIsTold(_ ending: String) async throws {
    let id = ["csv.gz": "csv", "jsonl": "json"][ending] ?? ending
    let server = try HTTPServer()
    let missing = await problem { _ = try await files.read(id, server.address("/none.\(ending)")) }
    #expect(missing?.code == "unreadable-file" && missing?.message.contains("404") == true && missing?.location != nil)
    let port = try PostgresServer.freePort()
    let refused = await problem { _ = try await files.read(id, "http://127.0.0.1:\(port)/a.\(ending)") }
    #expect(refused?.code == "unreadable-file" && refused?.message.contains("127.0.0.1:\(port)") == true)
  }
}
