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
  @OptionGroup var rows: RowOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let (limit, limits) = (try rows.checkedLimit, try rows.limits)
    let workspace = try await common.open()
    let found = try await interruptible { cancellation in
      try await workspace.profile(
        source, filter: rows.filter, limit: limit, limits: limits, cancellation: cancellation)
    }
    try common.show(found) {
      "\(found.source)  " + ProfileView(profile: found.profile).text
        + (found.refused > 0 ? "\(found.refused.grouped) rows couldn't be read.\n" : "")
    }
  }
}
