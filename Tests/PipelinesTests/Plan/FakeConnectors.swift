import Tabular

@testable import Pipelines

/// A kind of file, for tests of the planner.
struct FakeFile: Source, Destination {
  struct Settings: Sendable {
    var path = ""
    var delimiter: String?
  }
  static let manifest = Manifest(
    id: "csv", title: "CSV", summary: "Text files with columns.", category: .file, aliases: ["comma separated"],
    fileEndings: ["csv", "parquet"],
    settings: SettingsSchema(Settings()) {
      Field(\.path, "path", "File.").required()
      Field(\.delimiter, "delimiter", "Between two values.")
    })
  static let writeModes: Set<WriteMode> = [.replace, .append]
  let settings: Settings
  init(_ settings: Settings, context: ConnectorContext) throws { self.settings = settings }
  func check() async -> ConnectionReport { ConnectionReport([]) }
  func resources() async throws -> [Resource] { [] }
  func read(_ request: ReadRequest) async throws -> Extract { Extract(.query("SELECT 1", setup: [])) }
  func prepare(_ request: WriteRequest) async throws -> Load {
    throw Problem("fake", "Nothing is written here.")
  }
}

/// A kind of server, for tests of the planner.
struct FakeServer: Source, Destination {
  struct Settings: Sendable {
    var host = "localhost"
    var port = 5432
    var database = ""
    var user = ""
    var password = Secret()
    var sslmode = "prefer"
  }
  static let manifest = Manifest(
    id: "postgres", title: "PostgreSQL", summary: "A server.", category: .database, aliases: ["postgresql"],
    schemes: ["postgres", "postgresql"],
    settings: SettingsSchema(Settings()) {
      Field(\.host, "host", "Server.")
      Field(\.port, "port", "Port.")
      Field(\.database, "database", "Database.").required()
      Field(\.user, "user", "User.")
      Field(\.password, "password", "Password.")
      Field(\.sslmode, "sslmode", "Encryption.")
    })
  static let writeModes = Set(WriteMode.allCases)
  let settings: Settings
  init(_ settings: Settings, context: ConnectorContext) throws { self.settings = settings }
  func check() async -> ConnectionReport { ConnectionReport([]) }
  func resources() async throws -> [Resource] { [] }
  func read(_ request: ReadRequest) async throws -> Extract { Extract(.query("SELECT 1", setup: [])) }
  func prepare(_ request: WriteRequest) async throws -> Load {
    throw Problem("fake", "Nothing is written here.")
  }
}

/// A system that can only be read.
struct FakeFeed: Source {
  struct Settings: Sendable {}
  static let manifest = Manifest(
    id: "feed", title: "Feed", summary: "Read only.", category: .api, settings: SettingsSchema(Settings()) {})
  init(_ settings: Settings, context: ConnectorContext) throws {}
  func check() async -> ConnectionReport { ConnectionReport([]) }
  func resources() async throws -> [Resource] { [] }
  func read(_ request: ReadRequest) async throws -> Extract { Extract(.query("SELECT 1", setup: [])) }
}

struct KnownConnections: ConnectionLookup {
  func connection(named name: String) throws -> ConnectionSettings {
    let place = Location(file: "connections/\(name).yaml", line: 1, column: 1)
    guard ["shop", "lake"].contains(name) else { throw Problem.unknownConnection(name, among: ["lake", "shop"]) }
    return ConnectionSettings(
      connector: "postgresql",
      settings: try SettingReader.read("database: \(name)\npassword: sesame-\(name)", file: place.file))
  }
}

extension Catalog {
  static let fake = Catalog([
    ConnectorType(FakeFile.self), ConnectorType(FakeServer.self), ConnectorType(FakeFeed.self),
  ])
}

/// Plans a text as a workspace would; table names are the words after FROM and JOIN.
func planned(_ text: String, file: String = "p.yaml", redactor: Redactor = Redactor()) throws -> Plan {
  let spec = try PipelineParser(redactor: redactor).parse(text, file: file)
  let planner = Planner(catalog: .fake, connections: KnownConnections(), redactor: redactor)
  return try planner.plan(spec) { sql in
    guard sql.uppercased().hasPrefix("SELECT") else { throw Problem("not-a-select", "A transform is one SELECT.") }
    let words = sql.split { $0.isWhitespace || "(),;".contains($0) }.map(String.init)
    return words.indices.dropFirst().filter { ["FROM", "JOIN"].contains(words[$0 - 1].uppercased()) }.map { words[$0] }
  }
}
