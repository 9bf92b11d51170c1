import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Execution

/// Paths, delimiters, sheets, tables and columns of any name mean just that name, or are refused; nothing else in the folder changes.
@Suite struct FileInjectionTests {
  private static let rows: SQL = "SELECT 1::BIGINT AS id, 'it''s \"a\", b;c|d' AS t UNION ALL SELECT 2, ''"
  private static let expected = [["1", "it's \"a\", b;c|d"], ["2", ""]]
  private static let canary = "id\n1\n"

  private func files() throws -> FileRuns {
    let files = try FileRuns()
    try files.put("canary.csv", Self.canary)
    return files
  }

  /// The canary and these files stand in the folder, nothing else.
  private func expectOnly(_ names: Set<String>, in files: FileRuns, _ label: String) throws {
    #expect(try files.text("canary.csv") == Self.canary, "\(label)")
    // A load that the engine refuses is taken back by the runner, which isn't here.
    let found = try FileManager.default.contentsOfDirectory(atPath: files.folder.path).filter {
      !$0.hasPrefix(".weir-") || !$0.hasSuffix(".tmp")
    }
    #expect(Set(found).subtracting(["canary.csv"]) == names, "\(label)")
  }

  @Test(arguments: [("csv", "csv"), ("json", "json"), ("parquet", "parquet"), ("excel", "xlsx")])
  func aPathIsThatFile(_ kind: String, _ ending: String) async throws {
    var written = 0
    for text in HostileText.few where !text.contains("/") {
      let files = try files()
      let path = "\(text).\(ending)"
      let label = "\(kind) \(text.debugDescription)"
      do {
        #expect(try await files.write(kind, path, Self.rows), "\(label)")
      } catch {
        // Refused, and nothing is left behind.
        try expectOnly([], in: files, label)
        continue
      }
      written += 1
      try expectOnly([path], in: files, label)
      // What a pattern matches isn't only the file that is called so.
      guard !text.contains(where: { "*?[".contains($0) }) else { continue }
      let found = try await files.read(kind, path, sorted: true)
      #expect(found.rows == Self.expected || kind == "excel" && found.rows.count == 2, "\(label): \(found.rows)")
    }
    #expect(written > 10)
  }

  @Test(arguments: ["delimiter", "quote", "escape", "null", "comment", "decimal", "encoding", "date_format"])
  func aSettingOfTextFilesIsAValue(_ setting: String) async throws {
    var (kept, refused) = (0, 0)
    for text in HostileText.few {
      let files = try files()
      let label = "\(setting) \(text.debugDescription)"
      do {
        #expect(try await files.write("csv", "out.csv", Self.rows, [setting: text]), "\(label)")
      } catch {
        refused += 1
        try expectOnly([], in: files, label)
        continue
      }
      kept += 1
      try expectOnly(["out.csv"], in: files, label)
      // A setting may make rows unreadable, which sets them aside; it makes no new ones.
      let found = try? await files.read("csv", "out.csv", [setting: text], sorted: true)
      #expect(found == nil || [1, 2].contains(found?.rows.count), "\(label): \(found?.rows ?? [])")
      try expectOnly(["out.csv"], in: files, label)
    }
    #expect(kept + refused == HostileText.few.count)
  }

  @Test func aDelimiterOfOneLetterSeparates() async throws {
    for text in ["'", "\\", "`", ";", "|", "$", "-", "{"] {
      let files = try files()
      guard (try? await files.write("csv", "out.csv", Self.rows, ["delimiter": text])) == true else { continue }
      let found = try await files.read("csv", "out.csv", ["delimiter": text], sorted: true)
      #expect(found.rows == Self.expected, "\(text.debugDescription)")
    }
  }

  @Test func aSheetIsThatSheet() async throws {
    var written = 0
    for text in HostileText.few {
      let files = try files()
      guard (try? await files.write("excel", "out.xlsx", Self.rows, ["sheet": text])) == true else {
        try expectOnly([], in: files, text.debugDescription)
        continue
      }
      written += 1
      try expectOnly(["out.xlsx"], in: files, text.debugDescription)
      let found = try await files.read("excel", "out.xlsx", ["sheet": text], sorted: true)
      #expect(found.rows.count == 2, "\(text.debugDescription)")
      await #expect(throws: (any Error).self, "\(text.debugDescription)") {
        _ = try await files.read("excel", "out.xlsx", ["sheet": text + "x"])
      }
    }
    #expect(written > 5)
  }

  /// Tables, columns, keys and the names of states in database files.
  @Test(arguments: ["duckdb", "sqlite"]) func tablesAndColumnsAreNames(_ kind: String) async throws {
    var written = 0
    for text in HostileText.few {
      let files = try FileRuns()
      let database = try #require(files.connector(kind, ["path": "d.\(kind)"]) as? any Destination & Source)
      try await files.write(to: database, .table("canary"), "SELECT 1::BIGINT AS a", mode: .replace)
      let label = "\(kind) \(text.debugDescription)"
      do {
        let column: SQL = text.contains("\0") || text.lowercased() == "id" ? "odd" : "\(name: text)"
        for (id, mode) in [(1, WriteMode.append), (1, .merge), (2, .deleteInsert)] {
          try await files.write(
            to: database, .table(text), "SELECT \(id)::BIGINT AS \(column), \(text: text.filter { $0 != "\0" }) AS v_",
            mode: mode, key: mode == .append ? [] : [column == "odd" ? "odd" : text],
            state: [StateEntry(key: text, value: text)])
        }
        let known = try await database.storedState([text, "x"], for: .table(text))
        #expect(known == [text: text], "\(label)")
      } catch {
        #expect(
          try await Set(database.resources().map(\.name)).isSubset(of: ["canary", "_weir_state"]), "\(label): \(error)")
        continue
      }
      written += 1
      let names = try await database.resources().map(\.name)
      #expect(Set(names) == ["canary", "_weir_state", text], "\(label)")
      let found = try await files.run(
        database.read(ReadRequest(.table(text), destinations: [database], step: "read")), sorted: true)
      #expect(found.rows == [["1", text], ["2", text]], "\(label)")
      let canary = try await files.run(
        database.read(ReadRequest(.table("canary"), destinations: [database], step: "read")))
      #expect(canary.rows == [["1"]], "\(label)")
    }
    #expect(written > 10)
  }

  /// What passes both guards stays between its parentheses in SQLite, which reads texts, names and comments in its own way.
  @Test func conditionsForSQLiteStayInPlace() async throws {
    let files = try FileRuns()
    let database = try #require(files.connector("sqlite", ["path": "d.sqlite"]) as? any Destination & Source)
    try await files.write(to: database, .table("t"), "SELECT 1::BIGINT AS a UNION ALL SELECT 2", mode: .replace)
    let tricks = [
      "1=1 /* /* */ ) OR (1=1 -- */", "1=1 -- \r) OR (1=1", "[') OR (1=1 --]'] = 1", "`'`) OR (1=1 --' = 1",
      "'\\') OR (1=1 --'",
      "E'\\'' ) OR (1=1 --'", "1=1 /*/ ) OR (1=1 /*/", "\"a\\\") OR (1=1 --\"",
    ]
    var numbers = SeededNumbers(seed: 12)
    let place = FileRuns.place
    var accepted = 0
    for text in tricks + (0..<250).map({ _ in "1=1 " + HostileText.random(&numbers) }) {
      guard let condition = try? UserSQL.condition(Setting(.text(text), at: place)) else { continue }
      // The condition holds for nothing; whatever broke out of it would let rows through.
      let request = ReadRequest(
        .query("SELECT a FROM t WHERE \(SQL(enclosing: condition)) AND 1 = 0"), step: "read", location: place)
      guard let extract = try? await database.read(request) else { continue }
      guard (try? await database.read(ReadRequest(.table("t"), filter: condition, step: "read"))) != nil else {
        continue
      }
      accepted += 1
      let found = try? await files.run(extract)
      #expect(found == nil || found?.rows == [], "\(text.debugDescription)")
    }
    #expect(accepted > 5)
    for text in tricks where text.contains("/* /*") || text.hasPrefix("[") || text.hasPrefix("`") {
      await #expect(throws: Problem.self, "\(text)") {
        _ = try await database.read(ReadRequest(.table("t"), filter: text, step: "read"))
      }
    }
  }
}
