import ArgumentParser
import Execution
import Foundation
import Pipelines
import Workspace

struct Suggest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Suggest operations and rules for the rows of a table, file or query.",
    discussion: """
      SOURCE is named as for weir profile. Each suggestion says what was seen and has the lines for a pipeline file: months side by side \
      (unpivot), spellings of categories (standardize), dates and numbers in text (cast), equal rows (dedupe), spaces (trim), e-mail \
      addresses and phone numbers, keys, and with --with columns to join on.
      """)
  @Argument(help: ArgumentHelp("What is looked at.", valueName: "source")) var source: String
  @Option(help: ArgumentHelp("Another table its rows may be joined with; may be repeated.", valueName: "source"))
  var with: [String] = []
  @OptionGroup var rows: RowOptions
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let (limit, limits) = (try rows.checkedLimit, try rows.limits)
    let workspace = try await common.open()
    let found = try await interruptible { cancellation in
      try await workspace.suggestions(
        for: source, with: with, filter: rows.filter, limit: limit, limits: limits, cancellation: cancellation)
    }
    try common.show(found) { text(found) }
  }

  private func text(_ found: TableSuggestions) -> String {
    var text = "\(found.source)  \(found.rows.grouped) rows\n"
    if found.suggestions.isEmpty { return text + "Nothing to suggest.\n" }
    for suggestion in found.suggestions {
      text +=
        "\n\(suggestion.reason)\n"
        + Ink.dim("  \(suggestion.place == .check ? "check:" : "transform:")", if: common.isColored)
      text += "\n    - \(suggestion.yaml)\n"
    }
    return text
  }
}
