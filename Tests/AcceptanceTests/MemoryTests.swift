import Foundation
import TestSupport
import Testing

/// The bound on a run's memory holds for work that is larger (guarantee 8), or is refused.
@Suite(.serialized) struct MemoryTests {
  @Test func aLargerSortSpills() async throws {
    let run = try await run("[ { sort: { by: k } } ]", rows: 3_000_000, memory: "200MB")
    let peak = try #require(run["peak_memory_bytes"] as? Int)
    #expect(peak > 80_000_000 && peak <= 300_000_000, "\(peak)")
    #expect(run["status"] as? String == (peak > 200_000_000 ? "warning" : "success"), "\(run)")
  }

  @Test func tooLittleMemoryIsRefusedWithTheSmallestThatWillDo() async throws {
    let program = try Program()
    let refused = try await program.weir(
      "run", try pipeline("[ { sort: { by: k } } ]", rows: 10, in: program), "--memory", "40MB")
    #expect(refused.status != 0 && refused.errors.contains("memory-too-small"), "\(refused)")
    let smallest = try #require(refused.errors.firstMatch(of: /--memory (\d+)MB/).flatMap { Int($0.1) })
    let run = try await run("[ { sort: { by: k } } ]", rows: 1000, memory: "\(smallest + 5)MB")
    #expect(run["status"] as? String == "success", "\(run)")
  }

  private func run(_ work: String, rows: Int, memory: String) async throws -> [String: Any] {
    let program = try Program()
    let outcome = try await program.weir(
      "run", try pipeline(work, rows: rows, in: program), "--memory", memory, "-o", "json")
    return try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any], "\(outcome)")
  }

  private func pipeline(_ work: String, rows: Int, in program: Program) throws -> String {
    let path = program.folder.file("large.yaml")
    try Data(
      """
      name: large
      steps:
        - { id: rows, transform: { sql: "SELECT md5((range % 2000000)::VARCHAR) AS k, range AS n FROM range(\(rows))" } }
        - { id: work, transform: \(work) }
        - { id: out, write: { from: work, to: out.parquet, mode: replace } }
      """.utf8
    ).write(to: URL(filePath: path))
    return path
  }
}
