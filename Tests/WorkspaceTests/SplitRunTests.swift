import Execution
import Foundation
import Pipelines
import TestSupport
import Testing
import Workspace

/// Rows that no output of a split takes are counted in the run's log.
@Suite struct SplitRunTests {
  @Test(arguments: [
    (", low: v < 10", "\"routed\": 2 of 4 rows fit none of \"high\", \"low\" and are left out."), (", low: else", nil),
  ])
  func rowsThatFitNoOutputAreCounted(_ more: String, _ expected: String?) async throws {
    let folder = try TemporaryFolder()
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    try Data(#"[{"v": 100}, {"v": 50}, {"v": null}, {"v": 1}]"#.utf8)
      .write(to: URL(fileURLWithPath: folder.file("rows.json")))
    let text = """
      name: p
      steps:
        - { id: rows, read: { from: rows.json } }
        - id: routed
          transform: { on: rows, operations: [ { split: { into: { high: v > 60\(more) } } } ] }
        - { id: one, write: { from: high, to: high.json } }
        - { id: two, write: { from: low, to: low.json } }
      """
    let heard = Heard()
    let run = try await workspace.run(RunRequest(PipelineText(file: "p.yaml", text: text))) { event in
      if case .log(.info, let message) = event.kind, message.contains("fit none") { await heard.add(message) }
    }
    #expect(run.status == .success, "\(run.problems)")
    #expect(await heard.messages == [expected].compactMap { $0 })
  }
}

private actor Heard {
  var messages: [String] = []
  func add(_ message: String) { messages.append(message) }
}
