import DuckDB
import Foundation
import Pipelines
import Tabular
import TestSupport

@testable import Execution

/// Rows of a query, operations with Python among them, and a file to land in.
struct PythonBench {
  let folder: TemporaryFolder
  private let here = Location(file: "test.yaml", line: 1, column: 1)

  init() throws { folder = try TemporaryFolder() }

  /// - Parameter operations: a list, as it stands under `transform:`.
  func plan(_ rows: SQL, _ operations: String, copies: Int = 1) throws -> Plan {
    let list = try SettingReader.read(operations, file: "test.yaml").elements.map { try Operations.make($0) }
    func step(_ id: String, _ inputs: [String], _ work: Work) -> PlannedStep {
      PlannedStep(id: id, inputs: inputs, work: work, retry: .none, timeout: nil, location: here)
    }
    let nowhere = ConnectionReference(.named("test"), at: here)
    let read = step("source", [], .read(QuerySource(rows), ReadSpec(from: nowhere, subject: .whole)))
    let transform = step("made", ["source"], .transform(.operations(list)))
    let writes = (1...copies).map { number in
      let name = number == 1 ? "out.json" : "out\(number).json"
      return step(
        "publish\(number)", ["made"],
        .write(
          JSONFileDestination(path: folder.file(name)), WriteSpec(to: nowhere, target: .path(name), mode: .replace)))
    }
    return Plan(name: "test", steps: [read, transform] + writes)
  }

  func check() throws -> SchemaCheck {
    var context = RunContext(runID: "run", pipeline: "test", time: Date(timeIntervalSince1970: 0), folder: folder.path)
    context.directory = folder.path
    return SchemaCheck(try Engine(folder: folder.path), context)
  }

  /// Runs to the end; `onEvent` may cancel.
  func run(
    _ rows: SQL, _ operations: String, copies: Int = 1, onEvent: (RunEvent, RunInProgress) -> Void = { _, _ in }
  ) async throws -> [RunEvent] {
    let check = try check()
    let run = Runner(check).run(try await check.check(try plan(rows, operations, copies: copies)))
    var events: [RunEvent] = []
    for await event in run.events {
      events.append(event)
      onEvent(event, run)
    }
    return events
  }

  /// Runs one function given as code with its settings before it, and says what it met.
  func problem(_ rows: SQL, _ code: String, _ settings: String = "") async throws -> Problem? {
    do { return try await run(rows, Self.python(code, settings)).problems.first } catch let problems as Problems {
      return problems.all.first
    }
  }

  static func python(_ code: String, _ settings: String = "") -> String {
    let lines = code.split(separator: "\n", omittingEmptySubsequences: false).map { "      " + $0 }.joined(
      separator: "\n")
    return "- python:\n" + (settings.isEmpty ? "" : "    \(settings)\n") + "    code: |\n\(lines)\n"
  }

  var landed: [String]? { folder.lines("out.json") }
}

extension [RunEvent] {
  var logs: [String] { compactMap { if case .log(_, let message) = $0.kind { message } else { nil } } }
  var rejected: [RejectSummary] { compactMap { if case .rejected(let summary) = $0.kind { summary } else { nil } } }
}
