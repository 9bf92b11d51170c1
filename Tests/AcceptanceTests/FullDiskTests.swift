import Foundation
import TestSupport
import Testing

/// A disk without room, as a limit on how large a file may grow.
@Suite(.timeLimit(.minutes(10))) struct FullDiskTests {
  /// What stands beside the target; SQLite's journal belongs to its file, and takes the load back when that is opened next.
  private func files(of program: Program) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: program.folder.path).filter {
      $0.contains("out.") && !$0.hasSuffix("-journal")
    }.sorted()
  }

  @Test(arguments: [
    "out.csv", "out.json", "out.parquet", "out.avro", "out.xml", "out.xlsx", "out.duckdb/t", "out.sqlite/t",
  ])
  func nothingIsHalfWritten(_ target: String) async throws {
    let program = try Program()
    let parts = target.split(separator: "/")
    let to = parts.count == 2 ? "\(parts[0]), table: t" : target
    func pipeline(_ rows: Int) -> String {
      """
      name: big
      steps:
        - id: rows
          transform: { sql: "SELECT range AS id, md5(range::VARCHAR) AS a, md5((range + 1)::VARCHAR) AS b FROM range(\(rows))" }
        - { id: land, write: { from: rows, to: \(to), mode: replace } }
      """
    }
    let file = program.folder.file("p.yaml")
    try Data(pipeline(3).utf8).write(to: URL(filePath: file))
    let first = try await program.weir("run", "p.yaml")
    try #require(first.status == 0, "\(first)")
    let before = try files(of: program)
    try Data(pipeline(200_000).utf8).write(to: URL(filePath: file))
    // 2 MB; the workspace's own files are smaller.
    let weir = try Program.path()
    let second = try await program.run("/bin/bash", ["-c", "ulimit -f 2048; exec '\(weir)' run p.yaml -o json"])
    #expect(second.status == 1, "\(second)")
    #expect(second.output.contains("\"code\"") && second.output.contains("\"hint\""), "\(second)")
    let after = try files(of: program)
    #expect(after == before)
    try Data(
      "name: back\nsteps:\n  - { id: r, read: { from: \(to) } }\n  - { id: w, write: { from: r, to: back.json, mode: replace } }\n"
        .utf8
    )
    .write(to: URL(filePath: file))
    let third = try await program.weir("run", "p.yaml")
    #expect(third.status == 0, "\(third)")
    #expect(try program.json("back.json").count == 3)
  }
}
