import ArgumentParser
import Foundation
import Pipelines
import Workspace

struct State: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Where incremental reads go on.", subcommands: [List.self, Get.self, Set.self, Clear.self, Export.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the cursors.")
    @Argument(help: "A pipeline's name.") var pipeline: String?
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let cursors = try await common.open().store.cursors(pipeline: pipeline)
      try common.show(cursors) {
        TextTable(
          headings: ["Pipeline", "Step", "Write", "Value", "Set by", "When"],
          rows: cursors.map {
            [$0.pipeline, $0.step, $0.write ?? "all", $0.value, $0.run.map { "run \($0)" } ?? "hand", $0.updatedAt]
          }
        ).render(width: Terminal.width)
      }
    }
  }

  struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print one cursor's value.")
    @Argument var pipeline: String
    @Argument var step: String
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let cursors = try await common.open().store.cursors(pipeline: pipeline)
      guard let cursor = cursors.first(where: { $0.step == step }) else {
        throw Problem(
          "unknown-step", "There is no cursor of step \"\(step)\" in \"\(pipeline)\".",
          hint: Nearest.hint(step, among: cursors.map(\.step)))
      }
      try common.show(cursor) { cursor.value + "\n" }
    }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Set a cursor; the next run starts there.")
    @Argument var pipeline: String
    @Argument var step: String
    @Argument var value: String
    @OptionGroup var common: CommonOptions

    func run() async throws {
      try await common.open().store.setCursor(pipeline: pipeline, step: step, value: value)
      try common.show(["pipeline": pipeline, "step": step, "value": value]) { "set \(pipeline)/\(step) to \(value)\n" }
    }
  }

  struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget cursors; the next run reads everything.")
    @Argument var pipeline: String
    @Argument var step: String?
    @Flag(name: .shortAndLong, help: "Don't ask.") var yes = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
      try Confirmation.ask("Forget where \"\(pipeline)\" goes on?", isGiven: yes)
      let count = try await common.open().store.clearCursors(pipeline: pipeline, step: step)
      try common.show(["cleared": count]) { "cleared \(count)\n" }
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print all cursors as JSON.")
    @Argument var pipeline: String?
    @OptionGroup var common: CommonOptions

    func run() async throws {
      let cursors = try await common.open().store.cursors(pipeline: pipeline)
      let text = try Document.text(cursors) + "\n"
      try common.show(cursors) { text }
    }
  }
}
