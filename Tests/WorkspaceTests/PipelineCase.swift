import Foundation
import Pipelines
import TestSupport
import Testing
import Workspace

/// A pipeline run on the command's own path: JSON files in, steps, JSON files out.
struct PipelineCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Read step → its rows as JSON.
  var inputs: [(step: String, rows: String)]
  /// YAML of the steps between the reads and the writes.
  let steps: String
  /// Step → the rows it must yield, as JSON text: order of keys, digits and all.
  let expected: [(step: String, rows: String)]
  var testDescription: String { name }

  init(
    _ name: String, _ inputs: [(step: String, rows: String)], _ steps: String, expected: [(step: String, rows: String)]
  ) {
    self.name = name
    self.inputs = inputs
    self.steps = steps
    self.expected = expected
  }

  /// One list of operations (YAML or JSON) over `rows`.
  init(
    _ name: String, _ rows: String, _ operations: String, others: [(step: String, rows: String)] = [],
    gives expected: String
  ) {
    // JSON is YAML, but its lines may begin anywhere.
    let isFlow = operations.drop { $0.isWhitespace }.hasPrefix("[")
    let list =
      isFlow
      ? operations.split(whereSeparator: \.isNewline).joined(separator: " ")
      : "\n"
        + operations.split(separator: "\n", omittingEmptySubsequences: false).map { "        " + $0 }.joined(
          separator: "\n")
    self.init(
      name, others + [("input_rows", rows)],
      "  - id: result\n    transform:\n      on: input_rows\n      operations: \(list)\n",
      expected: [("result", expected)])
  }

  /// Runs the pipeline in a folder of its own and compares what stands in the files afterwards.
  /// - Returns: the run.
  @discardableResult
  func run(time: Date = Date(timeIntervalSince1970: 1_737_014_400)) async throws -> Run {
    let folder = try TemporaryFolder()
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    var text = "name: \(name.split { !$0.isLetter && !$0.isNumber }.joined(separator: "-"))\nsteps:\n"
    for input in inputs {
      try Data(input.rows.utf8).write(to: URL(fileURLWithPath: folder.file("\(input.step).json")))
      text += "  - id: \(input.step)\n    read: { from: \(input.step).json }\n"
    }
    text += steps.hasSuffix("\n") ? steps : steps + "\n"
    for output in expected {
      text +=
        "  - id: write_\(output.step)\n    write: { from: \(output.step), to: out/\(output.step).json, mode: replace }\n"
    }
    let run = try await workspace.run(RunRequest(PipelineText(file: "case.yaml", text: text), time: time))
    try #require(run.status == .success || run.status == .warning, "\(run.problems)\n\(text)")
    for output in expected {
      let written = try String(contentsOfFile: folder.file("out/\(output.step).json"), encoding: .utf8)
      #expect(compact(written) == compact(output.rows), "\(output.step)")
    }
    return run
  }
}
