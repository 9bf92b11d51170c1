import Foundation
import TestSupport
import Testing

/// `weir state` and what starts a run somewhere else, told by the rows that land.
@Suite(.timeLimit(.minutes(10))) struct StateTests {
  let program: Program

  init() throws {
    program = try Program()
    let pipeline = """
      name: orders
      steps:
        - id: rows
          read: { from: rows.csv, mode: incremental, cursor: id }
        - { id: land, write: { from: rows, to: shop.sqlite, table: t, mode: append } }
      """
    try put(pipeline, "orders.yaml")
    try put("id,name\n1,a\n2,b\n", "rows.csv")
  }

  private func put(_ text: String, _ file: String) throws {
    try Data(text.utf8).write(to: URL(filePath: program.folder.file(file)))
  }

  private func run(_ arguments: String...) async throws -> Program.Outcome {
    try await program.run(Program.path(), ["run", "orders.yaml"] + arguments)
  }

  private func ids() async throws -> [String] {
    try await program.run("/usr/bin/sqlite3", [program.folder.file("shop.sqlite"), "SELECT id FROM t ORDER BY rowid"])
      .output.split(separator: "\n").map(String.init)
  }

  @Test func stateIsListedSetClearedAndExported() async throws {
    try #require(try await run().status == 0)
    #expect(try await ids() == ["1", "2"])
    #expect(try await program.weir("state", "get", "orders", "rows").output == "2\n")
    let listed = try await program.weir("state", "list", "orders", "-o", "json")
    #expect(listed.output.contains("\"value\" : \"2\"") && listed.output.contains("\"step\" : \"rows\""), "\(listed)")
    #expect(try await program.weir("state", "export").output == program.weir("state", "export", "-o", "json").output)

    try put("id,name\n1,a\n2,b\n3,c\n4,d\n5,e\n", "rows.csv")
    let set = try await program.weir("state", "set", "orders", "rows", "4")
    #expect(set.status == 0, "\(set)")
    #expect(try await program.weir("state", "get", "orders", "rows").output == "4\n")
    let afterSet = try await run()
    #expect(afterSet.status == 0, "\(afterSet)")
    // The value set by hand is the last that has landed: 3 is left out, 4 is read again as a boundary value.
    #expect(try await ids() == ["1", "2", "4", "5"])
    #expect(try await program.weir("state", "get", "orders", "rows").output == "5\n")

    let refused = try await program.weir("state", "clear", "orders")
    #expect(refused.status == 2)
    #expect(try await program.weir("state", "clear", "orders", "--yes").output == "cleared 1\n")
    #expect(try await program.weir("state", "get", "orders", "rows").status == 2)
    let count = try await ids().count
    let afterClear = try await run()
    #expect(afterClear.status == 0, "\(afterClear)")
    #expect(try await ids().count == count + 5)
  }

  @Test func aFullRefreshIsRefusedWhereItWouldDoubleRowsAndReplacesElsewhere() async throws {
    try #require(try await run().status == 0)
    let refused = try await run("--full-refresh", "-o", "json")
    #expect(refused.status == 2 && refused.output.contains("refresh-doubles-rows"), "\(refused)")
    #expect(try await ids() == ["1", "2"])
    let text = try String(contentsOfFile: program.folder.file("orders.yaml"), encoding: .utf8)
    try put(text.replacing("mode: append", with: "mode: merge, key: [id]"), "orders.yaml")
    try put("id,name\n1,changed\n2,b\n", "rows.csv")
    try #require(try await run("--full-refresh").status == 0)
    let names = try await program.run(
      "/usr/bin/sqlite3", [program.folder.file("shop.sqlite"), "SELECT name FROM t ORDER BY id"]
    ).output
    #expect(names == "changed\nb\n")
  }

  @Test func aRunTakesTheDaysItIsGiven() async throws {
    try put(
      """
      name: days
      parameters: { start_date: 2025-01-01, end_date: 2025-12-31 }
      steps:
        - id: rows
          read: { from: days.csv, filter: "day BETWEEN DATE '{{ start_date }}' AND DATE '{{ end_date }}'" }
        - { id: land, write: { from: rows, to: days.json, mode: replace } }
      """, "days.yaml")
    try put("day\n2024-12-31\n2025-01-15\n2025-02-01\n2025-02-28\n2026-01-01\n", "days.csv")
    for (arguments, count) in [
      ([], 3), (["--start-date", "2025-02-01"], 2), (["--start-date", "2025-01-01", "--end-date", "2025-02-01"], 2),
      (["--var", "end_date=2025-01-31"], 1),
    ] {
      let outcome = try await program.run(Program.path(), ["run", "days.yaml", "--allow-shrink"] + arguments)
      #expect(outcome.status == 0, "\(outcome)")
      #expect(try program.json("days.json").count == count, "\(arguments)")
    }
  }
}
