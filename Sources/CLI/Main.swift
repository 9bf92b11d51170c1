import ArgumentParser
import Foundation
import Glibc
import Pipelines
import Workspace

@main struct Weir: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weir", abstract: "Runs data pipelines from files, and proves what landed.",
    version: Version.text,
    groupedSubcommands: [
      CommandGroup(
        name: "Pipelines",
        subcommands: [
          Init.self, New.self, RunPipeline.self, Validate.self, ShowPlan.self, Preview.self, Query.self, Diff.self,
          ProfileTable.self,
          Suggest.self, Test.self, Replay.self, Answer.self, Issues.self, Fix.self, ShowSchema.self,
        ]),
      CommandGroup(
        name: "Workspace",
        subcommands: [
          Connections.self, Secrets.self, State.self, Runs.self, Rejects.self, RuleList.self, Functions.self,
          Decisions.self,
        ]),
      CommandGroup(name: "Program", subcommands: [Doctor.self, Version.self, Completion.self]),
    ])

  private static func refuseUnknownVerb(_ verb: String?) throws {
    let verbs = configuration.groupedSubcommands.flatMap(\.subcommands).map { $0._commandName } + ["help", "worker"]
    guard let verb, !verb.hasPrefix("-"), !verbs.contains(verb) else { return }
    throw Problem(
      "usage", "There is no verb \"\(verb)\".", hint: Nearest.hint(verb, among: verbs) ?? "See weir --help.")
  }

  /// Every failure goes out in the chosen form with its exit code.
  static func main() async {
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow any more is a failed write, not the end of the program.
    signal(SIGXFSZ, SIG_IGN)
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      try refuseUnknownVerb(arguments.first)
      // The command is used here and nowhere else.
      nonisolated(unsafe) let command =
        try arguments.first == "worker" ? Worker.parse(Array(arguments.dropFirst())) : parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        var command = command
        try command.run()
      }
    } catch {
      Failure(error, arguments: arguments).leave()
    }
  }
}
