import ArgumentParser
import Execution
import Foundation
import Pipelines
import Tabular
import Workspace

struct Connections: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Connections of the workspace.",
    subcommands: [List.self, Types.self, Add.self, Test.self, Discover.self, Delete.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the connections.")
    @OptionGroup var common: CommonOptions

    func run() async throws {
      struct Row: Encodable {
        var name, connector, origin: String
        var lastTest: String?
        var succeeded: Bool?
      }
      let workspace = try await common.open()
      var rows: [Row] = []
      for entry in workspace.connections().list() {
        let test = try await workspace.store.lastTest(of: entry.name)
        rows.append(
          Row(
            name: entry.name, connector: entry.connector, origin: entry.origin, lastTest: test?.time,
            succeeded: test?.succeeded))
      }
      try common.show(rows) {
        TextTable(
          headings: ["Name", "Type", "Origin", "Last test"],
          rows: rows.map { [$0.name, $0.connector, $0.origin, $0.lastTest.map { $0 + "  " } ?? ""] }
        ).render(width: Terminal.width)
      }
    }
  }

  struct Types: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the kinds of systems Weir can connect to.")
    @OptionGroup var common: CommonOptions

    func run() async throws {
      struct Kind: Encodable {
        var id, title, category, summary: String
        var source: Bool
        var writeModes: [String]
      }
      let kinds = try await common.open().catalog.types.map { type in
        Kind(
          id: type.id, title: type.title, category: type.category, summary: type.summary, source: type.isSource,
          writeModes: (type.writeModes ?? []).map(\.rawValue).sorted())
      }
      try common.show(kinds) {
        TextTable(
          headings: ["Type", "Title", "Category", "Summary"],
          rows: kinds.map { [$0.id, $0.title, $0.category, $0.summary] }
        )
        .render(width: Terminal.width)
      }
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a connection.",
      discussion: """
        weir connections add shop postgres host=localhost database=shop password='${PGPASSWORD}'
        weir connections add shop postgres://user:password@localhost/shop

        A password goes to the vault (weir secrets), not into the file. A value that is nothing but ${VAR} stays a reference.
        """)
    @Argument(help: "Its name.") var name: String
    @Argument(help: "Its type (weir connections types), or a URL.") var type: String
    @Argument(help: ArgumentHelp("Its settings.", valueName: "setting=value")) var settings: [String] = []
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let pairs = try settings.enumerated().map { position, text in
        guard let equals = text.firstIndex(of: "=") else {
          throw Problem(
            "usage", "Setting \(position + 1) isn't written name=value.",
            hint: "weir connections add \(name) \(type) host=localhost")
        }
        return (name: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
      }
      struct Outcome: Encodable {
        var added: String
        var secrets: [String]
      }
      let secrets = try await common.open().connections().add(name, type: type, settings: pairs)
      try common.show(Outcome(added: name, secrets: secrets)) {
        "added connections/\(name).yaml\n" + secrets.map { "the vault keeps the secret \($0)\n" }.joined()
      }
    }
  }

  struct Test: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Test a connection, step by step.")
    @Argument(help: "A connection's name, or a URL.") var name: String
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let report = try await common.open().testConnection(name)
      try common.show(report) {
        let lines = report.lines.map { line in
          line.problem.map {
            "\(Ink.red("✗", if: common.isColored)) \(line.title): \($0.message)\n" + ($0.hint.map { "  \($0)\n" } ?? "")
          }
            ?? "\(Ink.green("✓", if: common.isColored)) \(line.title)\(line.detail.map { ": " + $0 } ?? "")\n"
        }
        return lines.joined() + (report.latencyMs.map { "Latency: \(String(format: "%.1f", $0))ms\n" } ?? "")
      }
      if !report.succeeded { throw Leave(code: 1) }
    }
  }

  struct Discover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List what there is to read, with columns and keys.")
    @Argument(help: "A connection's name, or a URL.") var name: String
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let resources = try await common.open().discover(name)
      try common.show(resources) {
        TextTable(
          headings: ["Name", "Kind", "Rows", "Size", "Key", "References", "Indexes", "Columns"],
          rows: resources.map { resource in
            [
              resource.name, resource.kind, resource.approximateRows.map(\.grouped) ?? "",
              resource.bytes.map { RunLog.size($0) } ?? "", resource.primaryKey.joined(separator: ", "),
              resource.foreignKeys.map { "\($0.columns.joined(separator: ", ")) → \($0.references)" }.joined(
                separator: ", "),
              resource.indexes.joined(separator: ", "),
              resource.columns.map { "\($0.name) \($0.type)\($0.isNullable ? "" : " not null")" }.joined(
                separator: ", "),
            ]
          }, numeric: [2, 3]
        ).render(width: Terminal.width)
      }
    }
  }

  struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Delete a connection's file.")
    @Argument(help: "Its name.") var name: String
    @Flag(name: .shortAndLong, help: "Don't ask.") var yes = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
      try Confirmation.ask("Delete the connection \"\(name)\"?", isGiven: yes)
      try await common.open().connections().delete(name)
      try common.show(["deleted": name]) { "deleted \(name)\n" }
    }
  }
}

/// Asks before something is lost; without a terminal, `--yes` must say so.
enum Confirmation {
  static func ask(_ question: String, isGiven: Bool) throws {
    if isGiven { return }
    guard Terminal.isTerminal(0) else { throw Problem("not-confirmed", question, hint: "Say yes with --yes.") }
    Terminal.writeError(question + " [y/N] ")
    guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else {
      throw Problem("not-confirmed", "Nothing was deleted.")
    }
  }
}
