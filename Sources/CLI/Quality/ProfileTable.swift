import ArgumentParser
import Execution
import Foundation
import Pipelines
import Workspace

struct ProfileTable: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "Show what the rows of a table, file or query are like, column by column.",
    discussion: """
      SOURCE is CONNECTION/table, CONNECTION?query=SELECT …, a URL with ?table= or ?query=, a database file and its table \
      (app.sqlite/orders), a file, a pattern or a web address. Quartiles and larger numbers of distinct values (~) are estimates.
      """)
  @Argument(help: ArgumentHelp("What is described.", valueName: "source")) var source: String
  @Option(
    name: .customLong("where"),
    help: ArgumentHelp("Only rows for which this holds, in the system's own SQL.", valueName: "condition"))
  var filter: String?
  @Option(help: "At most this many rows.") var limit: Int?
  @Option(help: ArgumentHelp("Bound on memory, such as 512MB.", valueName: "size")) var memory: String?
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let limit = try Usage.check(limit, "--limit", in: 1...Int.max)
    let limits = EngineLimits(memoryBytes: try memory.map(LimitOptions.bytes))
    let workspace = try await common.open()
    let cancellation = Cancellation()
    let signals = SignalWatch(cancelling: cancellation)
    let found: TableProfile
    do {
      found = try await workspace.profile(
        source, filter: filter, limit: limit, limits: limits, cancellation: cancellation)
    } catch {
      if let signal = signals.caught { throw Leave(code: 128 + signal) }
      throw error
    }
    try common.show(found) {
      "\(found.source)  " + ProfileView(profile: found.profile).text
        + (found.refused > 0 ? "\(found.refused.grouped) rows couldn't be read.\n" : "")
    }
  }
}
