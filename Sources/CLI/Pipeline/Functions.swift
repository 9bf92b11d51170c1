import ArgumentParser
import Foundation
import Pipelines
import Workspace

struct Functions: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Python functions of the workspace, for - call: NAME.", subcommands: [List.self, Show.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the functions in functions/.")
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let functions = try await common.open().functions()
      try common.show(functions) {
        TextTable(
          headings: ["Function", "Takes", "Returns", "What it does"],
          rows: functions.map { [$0.name, $0.takes ?? "–", words($0), $0.problem?.message ?? $0.summary] }, numeric: []
        ).render(width: Terminal.width)
      }
    }

    private func words(_ function: RegisteredFunction) -> String {
      function.returns.map { "\($0.column) \($0.type)" }.joined(separator: ", ")
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show a function's code.")
    @Argument(help: "Its name.") var name: String
    @OptionGroup var common: CommonOptions

    func run() async throws {
      struct Shown: Encodable {
        let function: RegisteredFunction
        let code: String
      }
      let (function, code) = try await common.open().function(named: name)
      try common.show(Shown(function: function, code: code)) { code }
    }
  }
}
