import Foundation
import TestSupport
import Testing

/// A secret is put wherever a person could put one; it must come out nowhere.
@Suite(.timeLimit(.minutes(10))) struct SecretTests {
  struct Place: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var files: [String: String] = [:]
    var commands: [[String]]
    var input: String?
    var environment: [String: String] = [:]
  }

  private static let canary = "kanarek+7fQ/2'x"
  private static let inURL = "kanarek%2B7fQ%2F2%27x"

  private static func pipeline(_ from: String, extra: String = "") -> String {
    "name: p\n\(extra)steps:\n  - id: rows\n    read: \(from)\n  - id: land\n    write: { from: rows, to: out.json, mode: replace }\n"
  }

  private static let look = [
    ["runs", "show", "latest", "-o", "json"], ["runs", "logs", "latest"], ["runs", "list", "-o", "json"],
  ]

  private static func runs(
    _ name: String, _ text: String, environment: [String: String] = [:], arguments: [String] = []
  ) -> Place {
    Place(
      testDescription: name, files: ["pipelines/p.yaml": text],
      commands: ["run", "validate", "plan", "preview", "test"].flatMap { verb in
        [[verb, "p"] + arguments, [verb, "p", "-o", "json"] + arguments]
      } + [["run", "p", "--isolated"] + arguments] + look + [
        ["replay", "latest"], ["replay", "latest", "-o", "json"],
      ] + look,
      environment: environment)
  }

  static let places: [Place] = [
    runs("password in a URL", pipeline("{ from: \"postgres://u:\(inURL)@127.0.0.1:1/db\", table: t }")),
    runs("password with a slash", pipeline("{ from: \"postgres://u:\(canary)@127.0.0.1:1/db\", table: t }")),
    runs("password beside a wrong port", pipeline("{ from: \"postgres://u:\(inURL)@127.0.0.1:port/db\", table: t }")),
    runs("password in an unknown scheme", pipeline("{ from: \"postgers://u:\(inURL)@127.0.0.1/db\", table: t }")),
    runs("user of a web address", pipeline("\"http://u:\(inURL)@127.0.0.1:1/rows.csv\"")),
    runs("token as user", pipeline("\"http://\(inURL)@127.0.0.1:1/rows.csv\"")),
    runs("token of a web address", pipeline("\"http://127.0.0.1:1/rows.csv?a=b&token=\(inURL)\"")),
    runs(
      "signed address", pipeline("\"http://127.0.0.1:1/rows.csv?X-Amz-Signature=\(inURL)&X-Amz-Credential=\(inURL)\"")),
    runs("signed address without a known ending", pipeline("\"https://127.0.0.1:1/rows?sig=\(inURL)\"")),
    runs(
      "address in SQL",
      "name: p\nsteps:\n  - id: rows\n    transform: { sql: \"SELECT * FROM 'http://u:\(inURL)@127.0.0.1:1/x.csv'\" }\n"
    ),
    runs(
      "password setting",
      pipeline("{ from: { type: postgres, host: 127.0.0.1, port: 1, database: d, password: \"\(canary)\" }, table: t }")
    ),
    runs(
      "password setting with a slip",
      pipeline("{ from: { type: postgres, host: 127.0.0.1, pasword: \"\(canary)\" }, table: t }")),
    runs(
      "password beside a mistake",
      pipeline("\n      { from: { type: postgres, password: \"\(canary)\", hst: x }, tabel: t }")),
    runs("password in a file that isn't YAML", pipeline("{ from: { type: postgres, password: \(canary), host: [ } }")),
    runs(
      "block of text under a name",
      pipeline("\n      from:\n        type: postgres\n        password: |\n          \(canary)\n         wrong\n")),
    runs(
      "parameter's default",
      pipeline(
        "{ from: 'postgres://127.0.0.1:1/{{ api_token }}', table: t }",
        extra: "parameters:\n  api_token: \"\(canary)\"\n")),
    runs(
      "parameter in a list",
      pipeline(
        "{ from: 'postgres://127.0.0.1:1/{{ api_token }}', table: t }",
        extra: "parameters:\n  - name: api_token\n    default: \"\(canary)\"\n")),
    runs(
      "given parameter",
      pipeline("{ from: 'http://127.0.0.1:1/{{ api_token }}.csv' }", extra: "parameters: [api_token]\n"),
      arguments: ["--var", "api_token=\(canary)"]),
    runs(
      "given parameter used as password",
      pipeline(
        "{ from: { type: postgres, host: 127.0.0.1, port: 1, database: \"{{ day }}\", password: \"{{ day }}\" }, table: t }",
        extra: "parameters: [day]\n"), arguments: ["--var", "day=\(canary)"]),
    runs(
      "given parameter in an address",
      pipeline("'http://127.0.0.1:1/x.csv?token={{ day }}'", extra: "parameters: [day]\n"),
      arguments: ["--var", "day=\(canary)"]),
    runs(
      "variable", pipeline("{ from: 'postgres://u@127.0.0.1:1/${SHOP_PASSWORD}', table: t }"),
      environment: ["SHOP_PASSWORD": canary]),
    runs(
      "variable that is a URL", pipeline("{ from: '${SHOP}', table: t }"),
      environment: ["SHOP": "postgres://u:\(inURL)@127.0.0.1:1/db"]),
    runs(
      "variable that is a connection", pipeline("{ from: SHOP, table: t }"),
      environment: ["SHOP": "postgres://u:\(inURL)@127.0.0.1:nine/db"]),
    runs(
      "default of a variable",
      pipeline("{ from: { type: postgres, host: 127.0.0.1, port: 1, password: \"${NONE:-\(canary)}\" }, table: t }")),
    Place(
      testDescription: "connection files",
      files: [
        "connections/shop.yaml": "type: postgres\nhost: 127.0.0.1\nport: 1\ndatabase: d\npassword: \"\(canary)\"\n",
        "connections/other.yaml": "url: \"postgres://u:\(inURL)@127.0.0.1:1/d\"\n",
        "connections/wrong.yaml": "type: postgres\npasswort: \"\(canary)\"\n",
        "connections/broken.yaml": "password: \(canary)\n\t- x\n",
        ".env": "FILE_PASSWORD=\(canary)\n",
        "connections/env.yaml": "type: postgres\nhost: 127.0.0.1\nport: 1\ndatabase: '${FILE_PASSWORD}'\n",
      ],
      commands: ["shop", "other", "wrong", "broken", "env"].flatMap { name in
        [
          ["connections", "test", name], ["connections", "test", name, "-o", "json"],
          ["connections", "discover", name, "-o", "json"],
        ]
      } + [["connections", "list", "-o", "json"], ["doctor"], ["query", "SELECT 1", "-c", "shop"]]),
    Place(
      testDescription: "command line",
      commands: [
        ["connections", "test", "postgres://u:\(inURL)@127.0.0.1:1/d"],
        ["connections", "test", "postgres://u:\(inURL)@127.0.0.1:nine/d"],
        ["connections", "discover", "http://u:\(inURL)@127.0.0.1:1/x.csv", "-o", "json"],
        ["connections", "discover", "shop://u:\(inURL)@h"],
        ["query", "SELECT * FROM 'http://u:\(inURL)@127.0.0.1:1/x.csv'"],
        ["query", "SELECT * FROM 'http://h:1/x.csv?token=\(inURL)", "-o", "json"],
        ["query", "SELECT 1", "-c", "postgres://u:\(inURL)@127.0.0.1:1/d"],
        ["run", "postgres://u:\(inURL)@127.0.0.1:1/d"],
        ["secrets", "set", "pw", canary], ["secrets", "set", "pw", canary, "-o", "json"],
        ["run", "p", "--var", canary],
        ["connections", "add", "shop", "postgres", canary],
        ["connections", "add", "shop", "postgres", "pasword=\(canary)"],
        ["connections", "add", "shop", "postgres://u:\(inURL)@127.0.0.1:nine/d"],
      ]),
  ]

  @Test(arguments: places)
  func comesOutNowhere(_ place: Place) async throws {
    let program = try Program(environment: place.environment)
    for (path, text) in place.files {
      let url = URL(filePath: program.folder.file(path))
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    for command in place.commands {
      let outcome = try await program.run(Program.path(), command)
      #expect(outcome.status != 0 || !["run", "replay"].contains(command[0]), "\(command) \(outcome)")
      expectNoCanary(Data((outcome.output + outcome.errors).utf8), "\(command): \(outcome)")
    }
    let hidden = program.folder.file(".weir")
    for path in FileManager.default.enumerator(atPath: hidden)?.compactMap({ $0 as? String }) ?? [] {
      guard let data = FileManager.default.contents(atPath: hidden + "/" + path) else { continue }
      expectNoCanary(data, path)
    }
  }

  /// The secret and its traces in the forms in which it could come out.
  private func expectNoCanary(_ data: Data, _ place: String) {
    let base64 = Data(Self.canary.utf8).base64EncodedString().prefix(18)
    for form in ["kanarek", "7fQ/2", "7fQ%2F2", "7fQ%2f2", "2'x", "2%27x", String(base64)] {
      #expect(data.range(of: Data(form.utf8)) == nil, "\(form) in \(place)")
    }
  }

  @Test func filesBelongToTheirOwner() async throws {
    let program = try Program()
    try Data(Self.pipeline("rows.csv").utf8).write(to: URL(filePath: program.folder.file("p.yaml")))
    try Data("a\n1\n".utf8).write(to: URL(filePath: program.folder.file("rows.csv")))
    try #require(try await program.weir("run", "p.yaml").status == 0)
    let hidden = program.folder.file(".weir")
    func mode(_ path: String) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
    #expect(try mode(hidden) == 0o700)
    #expect(try mode(hidden + "/weir.db") == 0o600)
    for path in FileManager.default.enumerator(atPath: hidden + "/runs")?.compactMap({ $0 as? String }) ?? []
    where path.contains(".") {
      #expect(try mode(hidden + "/runs/" + path) == 0o600, "\(path)")
    }
  }

  /// A replay is given what the first run was given, though it is stored encrypted.
  @Test func sealedParametersComeBack() async throws {
    let program = try Program()
    let text = """
      name: p
      parameters: [api_token]
      steps:
        - id: rows
          transform: { sql: "SELECT length('{{ api_token }}') AS n" }
        - id: land
          write: { from: rows, to: out.json, mode: replace }
      """
    try Data(text.utf8).write(to: URL(filePath: program.folder.file("p.yaml")))
    let first = try await program.weir("run", "p.yaml", "--var", "api_token=twelve chars", "-o", "json")
    #expect(first.status == 0 && first.output.contains("\"api_token\" : \"•••\""), "\(first)")
    try FileManager.default.removeItem(atPath: program.folder.file("out.json"))
    let second = try await program.weir("replay", "latest", "-o", "json")
    #expect(second.status == 0, "\(second)")
    #expect((try program.json("out.json").firstObject as? NSDictionary)?["n"] as? Int == 12)
    let third = try await program.weir("replay", "latest", "-o", "json")
    #expect(third.status == 0, "\(third)")
  }
}
