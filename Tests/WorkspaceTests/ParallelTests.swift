import Foundation
import Glibc
import Pipelines
import Testing
import Workspace

/// Steps that don't need each other run at the same time.
@Suite(.timeLimit(.minutes(2))) struct ParallelTests {
  /// Each read waits for a pipe, and neither pipe gets its rows before both reads wait.
  @Test func independentWritesRunAtTheSameTime() async throws {
    let place = try TemporaryWorkspace()
    let pipes = ["a.txt", "b.txt"].map { place.url.appending(path: $0).path }
    for pipe in pipes { try #require(mkfifo(pipe, 0o600) == 0) }
    let text = """
      name: both
      steps:
        - { id: a, read: { from: a.txt } }
        - { id: b, read: { from: b.txt } }
        - { id: to_a, write: { from: a, to: out_a.txt, mode: replace } }
        - { id: to_b, write: { from: b, to: out_b.txt, mode: replace } }
      """
    let workspace = try await Workspace(directory: place.url, environment: [:])
    let selected = text.replacing("from: a, to", with: "from: la, to").replacing("from: b, to", with: "from: lb, to")
      .replacing("  - { id: to_a", with: "  - { id: la, transform: { sql: \"SELECT line FROM a\" } }\n  - { id: lb, transform: { sql: \"SELECT line FROM b\" } }\n  - { id: to_a")
    async let run = workspace.run(RunRequest(PipelineText(file: "both.yaml", text: selected)))
    let handles = try await withThrowingTaskGroup(of: Int32.self) { group in
      for pipe in pipes {
        group.addTask {
          // A pipe without a reader refuses to be opened like this.
          var handle = open(pipe, O_WRONLY | O_NONBLOCK)
          while handle < 0 {
            try Task.checkCancellation()
            await Task.yield()
            handle = open(pipe, O_WRONLY | O_NONBLOCK)
          }
          return handle
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    for handle in handles {
      let line = Array("one line\n".utf8)
      #expect(write(handle, line, line.count) == line.count)
      close(handle)
    }
    let ended = try await run
    #expect(ended.status == .success, "\(ended.problems)")
    for name in ["out_a.txt", "out_b.txt"] { #expect(try String(contentsOf: place.url.appending(path: name), encoding: .utf8) == "one line\n") }
  }
}
