import Foundation
import TestSupport
import Testing

/// Whatever is typed wrong, with `-o json` one document with problems comes out and the exit code is 2.
@Suite(.timeLimit(.minutes(10))) struct WrongUsageTests {
  private static let copy = """
    name: copy
    parameters: { start_date: 2025-01-01, region: eu }
    steps:
      - id: rows
        read: { from: rows.csv, filter: "day >= '{{ start_date }}' AND region = '{{ region }}'" }
      - id: land
        write: { from: rows, to: out.json, mode: replace }
    """

  static let mistakes: [[String]] = [
    [], ["--nope"], ["nope"], ["init", "a", "b"], ["init", "--nope"], ["new"], ["new", "copy"], ["new", "a", "b"],
    ["run"], ["run", "nope"], ["run", "copy", "--nope"], ["run", "copy", "more"], ["run", "copy", "--var", "region"],
    ["run", "copy", "--var", "=1"],
    ["run", "copy", "--var", "regoin=us"], ["run", "copy", "--threads", "0"], ["run", "copy", "--threads", "-1"],
    ["run", "copy", "--threads", "many"],
    ["run", "copy", "--memory", "abc"], ["run", "copy", "--memory", "0"], ["run", "copy", "--memory", "nan"],
    ["run", "copy", "--memory", "99999999999999999999GB"],
    ["run", "copy", "--limit", "-1"], ["run", "copy", "--limit", "0"], ["run", "copy", "--timeout", "0"],
    ["run", "copy", "--timeout", "nan"],
    ["run", "copy", "--timeout", "1e300"], ["run", "copy", "--verify", "some"],
    ["run", "copy", "--standstill", "-1", "--isolated"],
    ["run", "copy", "--standstill", "5"], ["run", "copy", "--start-date", "2025-02-01", "--end-date", "2025-01-01"],
    ["run", "copy", "--start-date", "2025-02-30"], ["run", "copy", "--end-date", "2025-01-01"],
    ["run", "copy", "--resume", "nope"],
    ["run", "copy", "--resume", "latest", "--var", "region=us"],
    ["validate"], ["validate", "nope"], ["validate", "copy", "--var", "regoin=us"], ["validate", "broken"],
    ["plan"], ["plan", "nope"], ["plan", "copy", "--threads", "0"], ["plan", "broken"],
    ["preview"], ["preview", "copy", "--rows", "-1"], ["preview", "copy", "--rows", "ten"],
    ["preview", "copy", "--step", "nope"],
    ["query"], ["query", "SELEC 1"], ["query", "SELECT 1", "--limit", "-1"], ["query", "SELECT 1", "-c", "nope"],
    ["query", "SELECT 1; DROP TABLE x"],
    ["test"], ["test", "nope"], ["test", "copy"], ["replay"], ["replay", "nope"], ["replay", "nope", "--memory", "x"],
    ["replay", "nope", "--rule", "x"],
    ["schema", "more"], ["connections", "nope"], ["connections", "list", "more"], ["connections", "add"],
    ["connections", "add", "shop"],
    ["connections", "add", "shop", "nope"], ["connections", "add", "9", "postgres"],
    ["connections", "add", "shop", "postgres", "host"],
    ["connections", "add", "shop", "postgres", "hots=x"], ["connections", "test"], ["connections", "test", "nope"],
    ["connections", "discover", "nope"],
    ["connections", "delete", "nope"], ["connections", "delete", "nope", "--yes"], ["connections", "types", "more"],
    ["secrets", "set"], ["secrets", "set", "9"], ["secrets", "set", "a", "b"], ["secrets", "delete", "nope", "--yes"],
    ["secrets", "nope"],
    ["state", "get"], ["state", "get", "copy"], ["state", "get", "copy", "rows"], ["state", "set", "copy", "rows"],
    ["state", "clear"],
    ["state", "clear", "copy"], ["state", "list", "a", "b"], ["state", "export", "a", "b"], ["state", "nope", "a"],
    ["runs", "show"], ["runs", "show", "nope"], ["runs", "logs", "nope"], ["runs", "list", "--status", "failled"],
    ["runs", "list", "--limit", "-1"],
    ["runs", "nope"], ["rejects", "list", "nope"], ["rejects", "show", "nope"], ["rejects", "show", "--limit", "-1"],
    ["rejects", "export", "nope"],
    ["doctor", "more"], ["doctor", "--nope"], ["version", "more"], ["completion"], ["completion", "tcsh"],
    ["completion", "bash", "more"],
    ["run", "copy", "--workspace", "/nowhere/at/all"],
  ]

  private func program() throws -> Program {
    let program = try Program()
    try FileManager.default.createDirectory(atPath: program.folder.file("pipelines"), withIntermediateDirectories: true)
    for (name, text) in [
      "pipelines/copy.yaml": Self.copy, "pipelines/broken.yaml": "name: [", "rows.csv": "day,region\n2025-01-01,eu\n",
    ] {
      try Data(text.utf8).write(to: URL(filePath: program.folder.file(name)))
    }
    return program
  }

  @Test func oneDocumentWithProblemsComesOut() async throws {
    let program = try program()
    for mistake in Self.mistakes where !mistake.isEmpty {
      for form in [["-o", "json"], ["--output=json"]] {
        let outcome = try await program.run(Program.path(), mistake + form)
        let document = (try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8))) as? NSDictionary
        let problems = document?["problems"] as? [NSDictionary] ?? []
        #expect(outcome.status == 2 && !problems.isEmpty, "\(mistake): \(outcome)")
        for problem in problems {
          #expect(
            Set(problem.allKeys.compactMap { $0 as? String }).isSuperset(of: ["code", "message", "hint", "location"]),
            "\(mistake)")
        }
      }
    }
  }

  @Test func mistakesAreWrongUsageInWordsToo() async throws {
    let program = try program()
    for mistake in Self.mistakes where !mistake.isEmpty {
      let outcome = try await program.run(Program.path(), mistake)
      #expect(outcome.status == 2 && outcome.output.isEmpty && !outcome.errors.isEmpty, "\(mistake): \(outcome)")
    }
  }

  /// Every verb that goes well prints one document, too.
  @Test func oneDocumentComesOutWhenAllIsWell() async throws {
    let program = try program()
    let good: [[String]] = [
      ["init", "other"], ["new", "more"], ["validate", "copy"], ["plan", "copy"], ["preview", "copy"],
      ["query", "SELECT 1 AS a"], ["run", "copy"],
      [
        "run", "copy", "--var", "region=eu", "--start-date", "2025-01-01", "--threads", "2", "--memory", "1GB",
        "--limit", "5", "--timeout", "60",
      ],
      ["replay", "latest"], ["schema"], ["connections"], ["connections", "types"],
      ["connections", "add", "shop", "duckdb", "path=x.duckdb"],
      ["connections", "delete", "shop", "--yes"], ["secrets"], ["state"], ["state", "set", "copy", "rows", "1"],
      ["state", "get", "copy", "rows"],
      ["state", "export"], ["state", "clear", "copy", "--yes"], ["runs"], ["runs", "show", "latest"],
      ["runs", "logs", "latest"],
      ["runs", "list", "--status", "success", "--pipeline", "copy"], ["rejects"], ["rejects", "show"],
      ["rejects", "export"], ["version"], ["completion", "bash"],
    ]
    for command in good {
      let outcome = try await program.run(Program.path(), command + ["-o", "json"])
      #expect(outcome.status == 0, "\(command): \(outcome)")
      #expect((try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8))) != nil, "\(command): \(outcome)")
    }
  }

  @Test func theNearParameterIsNamed() async throws {
    let outcome = try await program().weir("run", "copy", "--var", "regoin=us")
    #expect(
      outcome.errors.contains("The pipeline has no parameter \"regoin\".")
        && outcome.errors.contains("Did you mean \"region\"?"), "\(outcome)")
  }
}
