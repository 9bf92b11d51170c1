import Foundation
import Pipelines
import TestSupport
import Testing

/// The forms of output: YAML says what JSON says; colours only where they are wanted.
@Suite(.timeLimit(.minutes(10))) struct FormTests {
  @Test func yamlSaysWhatJSONSays() async throws {
    let program = try Program()
    try Data(
      "name: p\nsteps:\n  - { id: r, transform: { sql: \"SELECT 'a: b # c' AS x, NULL AS y, 'ü' AS z, '' AS e\" } }\n  - { id: w, write: { from: r, to: o.json, mode: replace } }\n"
        .utf8
    )
    .write(to: URL(filePath: program.folder.file("p.yaml")))
    try #require(try await program.weir("run", "p.yaml").status == 0)
    for command in [
      ["runs", "show", "latest"], ["runs", "list"], ["connections", "types"], ["connections"], ["state"],
      ["validate", "p.yaml"], ["plan", "p.yaml"],
      ["preview", "p.yaml"], ["schema"], ["secrets"], ["query", "SELECT [1, 2] AS l, {'a': 'x: y'} AS s, '- no' AS t"],
    ] {
      let json = try await program.run(Program.path(), command + ["-o", "json"])
      let yaml = try await program.run(Program.path(), command + ["-o", "yaml"])
      #expect(json.status == 0 && yaml.status == 0, "\(command): \(yaml)")
      #expect(try yaml.output.plainValue == json.output.plainValue, "\(command): \(yaml)")
      if command != ["connections"], command != ["state"], command != ["secrets"] {
        #expect(!yaml.output.hasPrefix("{") && !yaml.output.hasPrefix("["))
      }
    }
  }

  /// `script` gives the program a terminal.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
  func coloursAreForTerminalsThatWantThem() async throws {
    let weir = try Program.path()
    func shown(_ arguments: String, _ environment: [String: String] = [:]) async throws -> String {
      let program = try Program(environment: ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { $1 })
      return try await program.run("/usr/bin/script", ["-qec", "'\(weir)' \(arguments)", "/dev/null"]).output
    }
    let mistake = "validate nowhere"
    #expect(try await shown(mistake).contains("\u{1B}["))
    #expect(try await !shown(mistake, ["NO_COLOR": "1"]).contains("\u{1B}["))
    #expect(try await !shown(mistake + " --no-color").contains("\u{1B}["))
    #expect(try await !Program().weir("validate", "nowhere").errors.contains("\u{1B}["))
  }
}

extension String {
  /// A YAML or JSON document as a value without places.
  fileprivate var plainValue: String {
    get throws {
      func plain(_ setting: Setting) -> String {
        switch setting.content {
        case .map(let entries):
          "{" + entries.map { $0.key + "=" + plain($0.value) }.sorted().joined(separator: ",") + "}"
        case .list(let elements): "[" + elements.map(plain).joined(separator: ",") + "]"
        case let content: "\(content)"
        }
      }
      return plain(try SettingReader.read(self, file: "document"))
    }
  }
}
