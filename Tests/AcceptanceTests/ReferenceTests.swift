import Foundation
import Pipelines
import TestSupport
import Testing

/// `docs/reference` says what the program says. `UPDATE_GOLDEN=1` rewrites what is generated.
@Suite struct ReferenceTests {
  private static let reference = Program.repository.appending(path: "docs/reference")

  @Test func theCommandLine() async throws {
    let outcome = try await Program().weir("--experimental-dump-help")
    #expect(outcome.status == 0, "\(outcome)")
    let dump = try JSONDecoder().decode(Dump.self, from: Data(outcome.output.utf8))
    let text =
      "# Command line\n\nWritten by a test from what `weir --help` says. Every verb also understands the options in the last section.\n"
      + dump.command.sections(above: []) + Dump.Command.commonSection
    try golden(text, "cli.md")
  }

  @Test func theSchemaOfPipelineFiles() async throws {
    let outcome = try await Program().weir("schema")
    #expect(outcome.status == 0, "\(outcome)")
    try golden(outcome.output, "pipeline.schema.json")
  }

  @Test func theProblems() throws { try golden(Problem.Code.reference, "problems.md") }

  /// Every code that stands in the sources is declared, and so says how a command ends; none is declared twice.
  @Test func everyCodeIsDeclared() throws {
    let sources = Program.repository.appending(path: "Sources")
    var codes: Set<String> = []
    for case let url as URL in FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)!
    where url.pathExtension == "swift" {
      let text = try String(contentsOf: url, encoding: .utf8)
      for match in text.matches(of: /Problem\(\s*"([a-z0-9-]+)"/) { codes.insert(String(match.1)) }
      for match in text.matches(of: /case [^\n]*: \("([a-z-]+)", (?:true|false), (?:nil|")/) {
        codes.insert(String(match.1))
      }
      for match in text.matches(of: /(?:refusal\(|fallback: |Problem.Code = )"([a-z0-9-]+)"/) {
        codes.insert(String(match.1))
      }
      for match in text.matches(of: /\? "([a-z0-9-]+)" : "([a-z0-9-]+)", (?:error|Self)/) {
        codes.formUnion([String(match.1), String(match.2)])
      }
    }
    let declared = Problem.Code.all.map(\.code.description)
    #expect(
      codes.subtracting(declared).sorted() == [],
      "Declare these codes in Sources/Pipelines/Problems/ProblemCodes+….swift.")
    #expect(Set(declared).count == declared.count)
    for meaning in Problem.Code.all {
      #expect([1, 2].contains(meaning.code.exitCode))
      #expect(!meaning.meaning.isEmpty && !meaning.advice.isEmpty && !(meaning.meaning + meaning.advice).contains("|"))
    }
    #expect(codes.count > 100)
  }

  private func golden(_ text: String, _ name: String) throws {
    let file = Self.reference.appending(path: name)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil { try Data(text.utf8).write(to: file) }
    #expect(
      try String(contentsOf: file, encoding: .utf8) == text,
      "Run the test with UPDATE_GOLDEN=1 to write docs/reference/\(name) anew.")
  }
}

/// ArgumentParser's description of a command line, as far as it is shown.
private struct Dump: Decodable {
  struct Name: Decodable {
    var kind: String
    var name: String
  }
  struct Argument: Decodable {
    var kind: String
    var shouldDisplay: Bool
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var allValues: [String]?
    var abstract: String?
    var isOptional: Bool

    var title: String {
      if kind == "positional" { return "<\(valueName ?? "value")>" }
      let spelled = (names ?? []).map { ($0.kind == "short" ? "-" : "--") + $0.name }.joined(separator: ", ")
      return kind == "option" ? "\(spelled) <\(valueName ?? "value")>" : spelled
    }

    var line: String {
      let values = allValues.map { " One of \($0.joined(separator: ", "))." } ?? ""
      let fallback = defaultValue.map { " Default: \($0)." } ?? ""
      return "- `\(title)` \(abstract ?? "")\(values)\(fallback)\n"
    }
  }
  struct Command: Decodable {
    var commandName: String
    var abstract: String?
    var discussion: String?
    var shouldDisplay: Bool
    var arguments: [Argument]?
    var subcommands: [Command]?

    static let common: Set<String> = ["output", "workspace", "no-color", "quiet", "debug", "help", "version"]
    static let commonSection = """

      ## Options of every verb

      - `-o, --output <output>` How results are printed: table, json or yaml. With json, exactly one document comes out, also on failure:
        `{"problems": [{"code", "message", "hint", "location": {"file", "line", "column"}}]}`; a run's own record stands beside them.
      - `--workspace <folder>` The workspace's folder; otherwise the nearest one above.
      - `--no-color` No colours (as NO_COLOR=1).
      - `-q, --quiet` Only results and errors.
      - `--debug` Tell more.
      - `-h, --help` Say how a verb is used.

      Exit codes: 0 well (also with warnings), 1 a run or its data failed, 2 wrong usage or file, 3 a run waits for an answer (`weir answer`), 130 and 143 ended by SIGINT and SIGTERM.

      """

    func sections(above: [String]) -> String {
      let path = above + [commandName]
      var text = ""
      if !above.isEmpty, commandName != "help", shouldDisplay {
        let own = (arguments ?? []).filter { argument in
          argument.shouldDisplay && !(argument.names ?? []).contains { Self.common.contains($0.name) }
        }
        text += "\n## \(path.joined(separator: " "))\n\n\(abstract ?? "")\n"
        if let discussion, !discussion.isEmpty { text += "\n\(discussion)\n" }
        if !own.isEmpty { text += "\n" + own.map(\.line).joined() }
      }
      guard shouldDisplay, commandName != "help" else { return text }
      return text + (subcommands ?? []).map { $0.sections(above: path) }.joined()
    }
  }
  var command: Command
}
