import Connectors
import Execution
import Foundation
import Pipelines
import Synchronization
import TestSupport
import Testing
import Workspace

/// What `docs/connectors.md` asks of every connector, through whole runs. A connector without a case here fails.
@Suite(.timeLimit(.minutes(10))) struct ConnectorContractTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var id: String
    /// The connection's settings; `$PORT` is the server's.
    var settings: String
    /// The same for a place where nothing is.
    var gone: String
    /// What a step says beside the connection: `, table: t`.
    var subject = ""
    var missing: String = ""
    /// The code of a read of something that isn't there, and of a connection to nothing.
    var codes = (missing: "file-not-found", gone: "file-not-found")
    /// What reading no rows leads to where the format then has no columns either; nil = no rows.
    var empty: String?
    /// The rows' SQL and what they are when they come back.
    var rows = """
      SELECT * FROM (VALUES (1::BIGINT, 'ü "q", <x> & ''1'' ' || chr(10) || ' end ', 29.90::DECIMAL(9,2), DATE '2024-02-29', true), \
      (2, NULL, -0.01, NULL, NULL), (3, 'NULL', NULL, DATE '1969-12-31', false)) AS t (id, name, price, day, ok)
      """
    var back = """
      SELECT CAST(id AS BIGINT) || '|' || coalesce(name, '-') || '|' || coalesce(CAST(CAST(price AS DECIMAL(9,2)) AS VARCHAR), '-') || '|' \
      || coalesce(CAST(CAST(day AS DATE) AS VARCHAR), '-') || '|' || coalesce(CAST(CAST(ok AS BOOLEAN) AS VARCHAR), '-') AS line FROM it ORDER BY id
      """
    var expected = ["1|ü \"q\", <x> & '1' \n end |29.90|2024-02-29|true", "2|-|-0.01|-|-", "3|NULL|-|1969-12-31|false"]
    var columns = ["id", "name", "price", "day", "ok"]
    var testDescription: String { id }

    static func file(_ id: String, _ ending: String, empty: String? = nil) -> Case {
      Case(id: id, settings: "path: it.\(ending)", gone: "path: gone.\(ending)", empty: empty)
    }
  }

  static let cases: [Case] = [
    .file("csv", "csv"), .file("json", "json", empty: "empty-file"), .file("parquet", "parquet"), .file("avro", "avro"),
    .file("excel", "xlsx"),
    .file("xml", "xml", empty: "empty-file"),
    Case(
      id: "text", settings: "path: it.txt", gone: "path: gone.txt",
      rows: "SELECT 'ü \"q\", <x> ' AS line UNION ALL SELECT ' two' UNION ALL SELECT ''",
      back: "SELECT line FROM it ORDER BY line_number", expected: ["ü \"q\", <x> ", " two", ""],
      columns: ["line", "line_number"]),
    Case(
      id: "sqlite", settings: "path: it.sqlite", gone: "path: gone.sqlite", subject: ", table: t",
      missing: ", table: nope",
      codes: ("unknown-table", "file-not-found")),
    Case(
      id: "duckdb", settings: "path: it.duckdb", gone: "path: gone.duckdb", subject: ", table: t",
      missing: ", table: nope",
      codes: ("unknown-table", "file-not-found")),
    Case(
      id: "postgres", settings: "host: 127.0.0.1\nport: $PORT\ndatabase: postgres\npassword: secret",
      gone: "host: 127.0.0.1\nport: 1\ndatabase: postgres", subject: ", table: contract.t",
      missing: ", table: contract.nope",
      codes: ("unknown-table", "connection-refused")),
  ]

  /// Those that can be tested here: PostgreSQL is skipped where it isn't installed.
  static var testable: [Case] { cases.filter { $0.id != "postgres" || PostgresServer.isThere } }

  @Test func everyConnectorHasACase() {
    #expect(Set(Self.cases.map(\.id)) == Set(Connectors.catalog.types.map(\.id)))
  }

  @Test func everyConnectorDescribesItself() {
    for type in Connectors.catalog.types {
      #expect(type.id.wholeMatch(of: /[a-z][a-z0-9]*/) != nil && !type.title.isEmpty && type.summary.hasSuffix("."))
      #expect(!type.schemes.isEmpty || !type.fileEndings.isEmpty, "\(type.id) can't be meant by an address")
      for setting in type.settings {
        #expect(setting.summary.hasSuffix("."), "\(type.id).\(setting.name)")
        if SecretShape.isName(setting.name) { #expect(setting.kind == .secret, "\(type.id).\(setting.name)") }
      }
    }
  }

  @Test(arguments: testable) func rowsComeBackAsTheyWere(_ it: Case) async throws {
    let trial = try await Trial(it)
    let written = try await trial.write(it.rows)
    try #require(written.status == .success, "\(written.problems)")
    // Not only once: a second run finds what the first one left.
    #expect(try await trial.write(it.rows).status == .success)
    let read = try await trial.read(it.back)
    #expect(read.status == .success, "\(read.problems)")
    #expect(try trial.lines() == it.expected)
  }

  @Test(arguments: testable) func whatIsThereIsDiscovered(_ it: Case) async throws {
    let trial = try await Trial(it)
    try #require(try await trial.write(it.rows).status == .success)
    let resources = try await trial.workspace.discover("it")
    let name = it.subject.isEmpty ? "it." : trial.table
    let found = try #require(
      resources.first { it.subject.isEmpty ? $0.name.contains(name) : $0.name == name }, "\(resources.map(\.name))")
    #expect(found.columns.map(\.name) == it.columns)
    #expect(found.columns.allSatisfy { !$0.type.isEmpty } && !found.kind.isEmpty)
    let report = try await trial.workspace.testConnection("it")
    #expect(report.succeeded && report.lines.map(\.stage) == ConnectionReport.Stage.allCases && report.latencyMs != nil)
  }

  @Test(arguments: testable) func noRowsAreNoRows(_ it: Case) async throws {
    let trial = try await Trial(it)
    let written = try await trial.write("SELECT * FROM (\(it.rows)) WHERE false")
    try #require(written.status == .success, "\(written.problems)")
    do {
      let read = try await trial.read(it.back)
      #expect(
        it.empty == nil ? read.status == .success : read.problems.first?.code.description == it.empty,
        "\(read.problems)")
      if it.empty == nil { #expect(try trial.lines() == []) }
    } catch let error as InvalidPipeline {
      #expect(error.problems.all.first?.code.description == it.empty, "\(error)")
    }
  }

  @Test(arguments: testable) func whatIsMissingIsNamed(_ it: Case) async throws {
    let trial = try await Trial(it)
    if !it.missing.isEmpty { try #require(try await trial.write(it.rows).status == .success) }
    let missing = try await trial.problem(of: "{ from: it\(it.missing) }")
    #expect(
      missing?.code.description == it.codes.missing && missing?.isTransient == false, "\(String(describing: missing))")
    let gone = try await trial.problem(of: "{ from: gone\(it.subject) }")
    #expect(gone?.code.description == it.codes.gone, "\(String(describing: gone))")
    let report = try await trial.workspace.testConnection("gone")
    #expect(
      !report.succeeded && !report.connectionEstablished && report.lines.count == 1 && report.lines[0].problem != nil)
    #expect(!FileManager.default.fileExists(atPath: trial.place.file("back.json")))
  }

  /// A load that is cancelled in its middle ends, and leaves what was there before, and nothing else.
  @Test(arguments: testable) func aCancelledLoadLeavesNothing(_ it: Case) async throws {
    let trial = try await Trial(it)
    try #require(try await trial.write(it.rows).status == .success)
    let before = try FileManager.default.contentsOfDirectory(atPath: trial.place.path).sorted()
    let cancellation = Cancellation()
    let endless = "SELECT b.* FROM range(100000000000) AS a, (\(it.rows)) AS b"
    let run = try await trial.run(trial.writing(endless), cancellation) { event in
      if event.step == "put", case .stepStarted = event.kind { cancellation.cancel() }
    }
    #expect(run.status == .cancelled, "\(run.problems)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: trial.place.path).sorted() == before)
    #expect(try await trial.read(it.back).status == .success)
    #expect(try trial.lines() == it.expected)
  }
}

/// A workspace with the connections `it` and `gone` of one case.
private struct Trial {
  let place: TemporaryFolder
  let workspace: Workspace
  let it: ConnectorContractTests.Case
  /// The table as discovery names it.
  private(set) var table = "t"

  init(_ it: ConnectorContractTests.Case) async throws {
    self.it = it
    place = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: place.file("connections"), withIntermediateDirectories: true)
    var settings = it.settings
    if it.id == "postgres" {
      settings = settings.replacing("$PORT", with: String(try PostgresServer.shared.get().port))
      let pg = try PostgresFixture("contract_\(UUID().uuidString.prefix(8).lowercased())")
      settings += "\nschema: \(pg.schema)"
      table = "\(pg.schema).t"
    }
    for (name, text) in [("it", settings), ("gone", it.gone)] {
      try Data("type: \(it.id)\n\(text)\n".utf8).write(to: URL(filePath: place.file("connections/\(name).yaml")))
    }
    workspace = try await Workspace(directory: URL(filePath: place.path), environment: [:])
  }

  private var subject: String { it.subject.replacing("contract.", with: "") }

  func writing(_ rows: String) -> String {
    "name: writing\nsteps:\n  - id: rows\n    transform:\n      sql: |\n        \(rows.replacing("\n", with: "\n        "))\n"
      + "  - { id: put, write: { from: rows, to: it\(subject), mode: replace } }\n"
  }

  func write(_ rows: String) async throws -> Run { try await run(writing(rows)) }

  private func reading(_ from: String, _ sql: String) -> String {
    "name: reading\nsteps:\n  - { id: it, read: \(from.replacing("contract.", with: "")) }\n  - id: lines\n    transform:\n      sql: |\n        \(sql.replacing("\n", with: "\n        "))\n"
      + "  - { id: out, write: { from: lines, to: back.json, mode: replace } }\n"
  }

  func read(_ sql: String) async throws -> Run { try await run(reading("{ from: it\(subject) }", sql)) }

  /// What a read of something leads to.
  func problem(of read: String) async throws -> Problem? {
    do {
      return try await run(reading(read, "SELECT * FROM it")).problems.first
    } catch let error as InvalidPipeline {
      return error.problems.all.first
    }
  }

  func run(
    _ text: String, _ cancellation: Cancellation = Cancellation(),
    onEvent: @escaping @Sendable (RunEvent) async -> Void = { _ in }
  ) async throws -> Run {
    try await workspace.run(
      RunRequest(PipelineText(file: "trial.yaml", text: text)), cancellation: cancellation, onEvent: onEvent)
  }

  /// The lines the last reading found.
  func lines() throws -> [String] {
    try JSONDecoder().decode([[String: String]].self, from: Data(contentsOf: URL(filePath: place.file("back.json"))))
      .compactMap { $0["line"] }
  }
}
