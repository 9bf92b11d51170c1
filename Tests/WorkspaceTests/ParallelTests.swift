import Foundation
import Pipelines
import TestSupport
import Testing
import Workspace

/// Steps that don't need each other run at the same time.
@Suite(.timeLimit(.minutes(10))) struct ParallelTests {
  /// Each read waits for a pipe, and neither pipe gets its rows before both reads wait.
  @Test func independentWritesRunAtTheSameTime() async throws {
    let place = try TemporaryWorkspace()
    let pipes = try ["a.txt", "b.txt"].map { try NamedPipe(place.url.appending(path: $0).path) }
    let text = """
      name: both
      steps:
        - { id: a, read: { from: a.txt } }
        - { id: b, read: { from: b.txt } }
        - { id: line_a, transform: { sql: "SELECT line FROM a" } }
        - { id: line_b, transform: { sql: "SELECT line FROM b" } }
        - { id: to_a, write: { from: line_a, to: out_a.txt, mode: replace } }
        - { id: to_b, write: { from: line_b, to: out_b.txt, mode: replace } }
      """
    let workspace = try await Workspace(directory: place.url, environment: [:])
    async let run = workspace.run(RunRequest(PipelineText(file: "both.yaml", text: text)))
    async let (first, second) = (pipes[0].reader(), pipes[1].reader())
    for end in [try #require(await first), try #require(await second)] {
      try end.write(contentsOf: Data("one line\n".utf8))
      try end.close()
    }
    let ended = try await run
    #expect(ended.status == .success, "\(ended.problems)")
    for name in ["out_a.txt", "out_b.txt"] {
      #expect(try String(contentsOf: place.url.appending(path: name), encoding: .utf8) == "one line\n")
    }
  }
}
