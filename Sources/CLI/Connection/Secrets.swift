import ArgumentParser
import Foundation
import Glibc
import Pipelines
import Workspace

struct Secrets: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Secrets for {{ secret(\"name\") }}, encrypted at rest.",
    subcommands: [List.self, Set.self, Delete.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the names; values are never shown.")
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let names = try await common.open().vault.names()
      try common.show(names) { names.map { $0 + "\n" }.joined() }
    }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Store a secret; its value is read from standard input.")
    @Argument(help: "Its name.") var name: String
    @Argument(help: .hidden) var rest: [String] = []
    @OptionGroup var common: CommonOptions

    func run() async throws {
      guard rest.isEmpty else {
        throw Problem(
          "usage",
          "The value of a secret is read from standard input; as an argument every user of the machine would see it.",
          hint: "printf %s \"$VALUE\" | weir secrets set \(name)")
      }
      let workspace = try await common.open()
      if Terminal.isTerminal(0) { Terminal.writeError("Value of \(name): ") }
      guard let value = Terminal.isTerminal(0) ? String(cString: getpass("")) : readLine(), !value.isEmpty else {
        throw Problem(
          "usage", "No value was given for the secret \"\(name)\".",
          hint: "printf %s \"$VALUE\" | weir secrets set \(name)")
      }
      try workspace.vault.set(name, to: value)
      try common.show(["set": name]) { "set \(name)\n" }
    }
  }

  struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Delete a secret.")
    @Argument(help: "Its name.") var name: String
    @Flag(name: .shortAndLong, help: "Don't ask.") var yes = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
      try Confirmation.ask("Delete the secret \"\(name)\"?", isGiven: yes)
      try await common.open().vault.delete(name)
      try common.show(["deleted": name]) { "deleted \(name)\n" }
    }
  }
}
