import ArgumentParser
import Execution

/// Which rows of a source are looked at, and with how much memory.
struct RowOptions: ParsableArguments {
  @Option(
    name: .customLong("where"),
    help: ArgumentHelp("Only rows for which this holds, in the system's own SQL.", valueName: "condition"))
  var filter: String?
  @Option(help: "At most this many rows.") var limit: Int?
  @Option(help: ArgumentHelp("Bound on memory, such as 512MB.", valueName: "size")) var memory: String?

  /// - Throws: `usage` for a limit below 1.
  var checkedLimit: Int? { get throws { try Usage.check(limit, "--limit", in: 1...Int.max) } }

  /// - Throws: `usage` for what is no size.
  var limits: EngineLimits { get throws { EngineLimits(memoryBytes: try memory.map(LimitOptions.bytes)) } }
}
