import ArgumentParser
import Execution
import Foundation
import Pipelines
import Tabular
import Workspace

/// What decides how a pipeline is read: its file and its parameters.
struct PipelineOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A pipeline file, or the name of one in pipelines/.", valueName: "pipeline"))
  var file: String
  @Option(name: .customLong("var"), help: ArgumentHelp("A parameter; may be repeated.", valueName: "name=value"))
  var variables: [String] = []
  @Option(help: "The parameter start_date.") var startDate: String?
  @Option(help: "The parameter end_date.") var endDate: String?

  func parameters() throws -> [String: String] {
    var result: [String: String] = [:]
    for variable in variables {
      let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw Problem("usage", "--var expects name=value.", hint: "weir run \(file) --var day=2025-01-31")
      }
      result[String(parts[0])] = String(parts[1])
    }
    result["start_date"] = startDate ?? result["start_date"]
    result["end_date"] = endDate ?? result["end_date"]
    try Usage.check(start: result["start_date"], "start_date", end: result["end_date"], "end_date")
    try Usage.check(start: result["start"], "start", end: result["end"], "end")
    return result
  }

  func request(in workspace: Workspace) throws -> RunRequest {
    RunRequest(try workspace.pipeline(file), parameters: try parameters())
  }
}

/// What a run may use and may do.
struct LimitOptions: ParsableArguments {
  @Flag(help: "Read everything, whatever the stored cursors say.") var fullRefresh = false
  @Option(help: ArgumentHelp("Bound on the run's memory, such as 512MB.", valueName: "size")) var memory: String?
  @Option(help: "Threads of the engine.") var threads: Int?
  @Option(help: "Seconds for each step that has no timeout of its own.") var timeout: Double?
  @Option(help: "How loads are verified: off, count, columns, full.") var verify: VerifyChoice?
  @Flag(help: "Let a replace shrink its target.") var allowShrink = false
  @Option(help: "At most this many rows of every read.") var limit: Int?
  @Flag(help: "Tell what the rows are like that land: nulls, distinct values, quartiles.") var profile = false

  enum VerifyChoice: String, ExpressibleByArgument, CaseIterable { case off, count, columns, full }

  func apply(to request: inout RunRequest) throws {
    request.options.fullRefresh = fullRefresh
    request.options.allowShrink = allowShrink
    request.options.timeout = try Usage.check(seconds: timeout, "--timeout")
    request.options.limit = try Usage.check(limit, "--limit", in: 1...Int.max)
    request.options.profile = profile
    request.options.verify = verify.flatMap { VerifyLevel(rawValue: $0.rawValue) }
    request.limits = EngineLimits(
      memoryBytes: try memory.map(Self.bytes), threads: try Usage.check(threads, "--threads", in: 1...1024))
  }

  /// `512MB`, `2 GiB`, `800000000`.
  static func bytes(_ text: String) throws -> Int {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let units = [
      "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "m": 1e6,
      "g": 1e9,
    ]
    let unit = text.dropFirst(digits.count).lowercased().filter { $0 != " " }
    guard let number = Double(digits), let factor = units[unit], number * factor >= 1e6, number * factor < 1e16 else {
      throw Problem("usage", "--memory expects a size of at least 1MB such as 512MB, not \"\(text)\".")
    }
    return Int(number * factor)
  }
}
