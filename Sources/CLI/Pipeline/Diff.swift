import ArgumentParser
import Execution
import Foundation
import Pipelines
import Tabular
import Workspace

struct Diff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare two tables, files or queries row by row.",
    discussion: """
      A and B are CONNECTION/table, CONNECTION?query=SELECT …, a URL with ?table= or ?query=, a database file and its table \
      (app.sqlite/orders), a file, a pattern or a web address. Rows are matched by key; values count by what they mean, not by their type. \
      What systems can hash themselves is read only where it differs.
      """)
  @Argument(help: ArgumentHelp("One side.", valueName: "A")) var a: String
  @Argument(help: ArgumentHelp("The other side.", valueName: "B")) var b: String
  @Option(
    help: ArgumentHelp(
      "The columns that identify a row, by comma; otherwise the primary key, if a side has one.", valueName: "columns"))
  var key: String?
  @Option(help: ArgumentHelp("Compare only these columns, by comma.", valueName: "columns")) var columns: String?
  @Option(help: ArgumentHelp("Don't compare these columns, by comma.", valueName: "columns")) var exclude: String?
  @Option(
    name: .customLong("where"),
    help: ArgumentHelp("Only rows for which this holds, in each system's own SQL.", valueName: "condition"))
  var filter: String?
  @Option(help: "How many differing rows of each kind are shown.") var limit = 20
  @Option(help: "Floating-point numbers that differ by no more are equal.") var tolerance = 0.0
  @Flag(help: "Only the counts.") var summary = false
  @Flag(help: "Exit with 1 if anything differs.") var failIfDiff = false
  @Option(help: ArgumentHelp("Bound on memory, such as 512MB.", valueName: "size")) var memory: String?
  @OptionGroup var common: CommonOptions

  func run() async throws {
    guard tolerance >= 0, tolerance.isFinite else {
      throw Problem("usage", "--tolerance expects a number of at least 0.")
    }
    let limit = try Usage.check(limit, "--limit", in: 0...Int.max) ?? limit
    var request = DifferenceRequest(a, b)
    request.filter = filter
    request.options.key = key.map(Self.names) ?? []
    request.options.columns = columns.map(Self.names)
    request.options.exclude = exclude.map(Self.names) ?? []
    request.options.limit = summary ? 0 : limit
    request.options.tolerance = tolerance
    request.limits.memoryBytes = try memory.map(LimitOptions.bytes)
    let workspace = try await common.open()
    let difference = try await interruptible { [request] in
      try await workspace.difference(request, cancellation: $0)
    }
    try common.show(difference) { DifferenceView(difference: difference, isColored: common.isColored).text }
    if failIfDiff, !difference.report.isIdentical { throw Leave(code: 1) }
  }

  /// Names between commas; a name with a comma stands in double quotes.
  private static func names(_ text: String) -> [String] {
    var names = [""]
    var isQuoted = false
    for character in text {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: names.append("")
      default: names[names.count - 1].append(character)
      }
    }
    return names.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }
}
