import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing
import Workspace

/// Kills workers while they load into files: at any moment the target holds the old rows or the new ones, what the history says is so, and
/// the next run completes the work without losing or doubling a row.
@Suite(.serialized) struct FileCrashTests {
  /// 3 × 24 kills.
  static let kills = 24

  @Test(arguments: [
    Target(
      name: "table", write: "{ to: shop.duckdb, table: target, mode: append }", rows: "SELECT * FROM shop.target",
      seed: 44),
    Target(
      name: "parts", write: "{ to: { type: csv, path: parts/ }, mode: append }",
      rows: "SELECT * FROM read_csv('$/parts/*.csv')", seed: 55),
  ])
  func appendingNeitherLosesNorDoublesRows(_ target: Target) async throws {
    let trial = try await Trial(target, read: "{ from: rows.csv, mode: incremental, cursor: id }")
    try trial.writeRows(50, version: 0)
    try await trial.finish()
    for kill in 1...Self.kills {
      let (old, new) = (40 + kill * 10, 50 + kill * 10)
      try trial.writeRows(new, version: 0)
      try await trial.expect(
        try await trial.killOnce(), "count(*), count(DISTINCT id), max(id)", old: [old, old, old], new: [new, new, new])
      try await trial.finish()
      #expect(try await trial.numbers("count(*), count(DISTINCT id), max(id)") == [new, new, new])
    }
    try trial.expectNothingLeft()
  }

  @Test func replacingShowsTheOldOrTheNew() async throws {
    let target = Target(
      name: "whole", write: "{ to: out.parquet, mode: replace }", rows: "SELECT * FROM read_parquet('$/out.parquet')",
      seed: 66)
    let trial = try await Trial(target, read: "{ from: rows.csv }")
    try trial.writeRows(70, version: 0)
    try await trial.finish()
    for kill in 1...Self.kills {
      try trial.writeRows(70, version: kill)
      try await trial.expect(
        try await trial.killOnce(), "count(*), min(version), max(version)", old: [70, kill - 1, kill - 1],
        new: [70, kill, kill])
      try await trial.finish()
      #expect(try await trial.numbers("count(*), min(version), max(version)") == [70, kill, kill])
    }
    try trial.expectNothingLeft()
  }

  struct Target: Sendable, CustomTestStringConvertible {
    var name, write: String
    /// Its rows; `$` is the folder, `shop` the database `shop.duckdb`.
    var rows: String
    var seed: UInt64
    var testDescription: String { name }
  }

  private final class Trial: @unchecked Sendable {
    private let folder: TemporaryFolder
    private let workspace: Workspace
    private let pipeline: PipelineText
    private let target: Target
    private var random: SeededNumbers
    /// Messages of a run that isn't disturbed, as far as is known.
    private var messages = 13

    init(_ target: Target, read: String) async throws {
      self.target = target
      folder = try TemporaryFolder()
      random = SeededNumbers(seed: target.seed)
      pipeline = PipelineText(
        file: "crash.yaml",
        text:
          "name: crash-\(target.name)\nsteps:\n  - id: rows\n    read: \(read)\n  - id: load\n    write: \(target.write)\n"
      )
      workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    }

    func writeRows(_ count: Int, version: Int) throws {
      let lines = (1...count).map { "\($0),\(version),name \($0)" }
      try ("id,version,name\n" + lines.joined(separator: "\n") + "\n").write(
        toFile: folder.file("rows.csv"), atomically: true, encoding: .utf8)
    }

    func finish() async throws {
      let run = try await workspace.run(RunRequest(pipeline))
      #expect(run.status == .success, "\(run.problems)")
    }

    func killOnce() async throws -> Run {
      let point = KillPoint(at: Int.random(in: 1...messages, using: &random))
      let run = try await workspace.runIsolated(RunRequest(pipeline), worker: point.launch(in: folder.path))
      messages = max(messages, point.reach)
      #expect(run.status == (point.toldTheEnd ? .success : .failed))
      #expect(run.problems.map(\.code) == point.expectedCodes, "\(run.problems)")
      return run
    }

    func expect(_ run: Run, _ look: String, old: [Int], new: [Int]) async throws {
      let seen = try await numbers(look)
      if !run.receipts.isEmpty {
        #expect(seen == new)
      } else if run.problems.first?.isCommitUnknown == true {
        #expect([old, new].contains(seen), "\(seen)")
      } else {
        #expect(seen == old)
      }
    }

    func numbers(_ look: String) async throws -> [Int] {
      let connection = try Database().connect()
      if target.rows.contains("shop.") {
        try await connection.execute("ATTACH \(text: folder.file("shop.duckdb")) AS shop")
      }
      let rows = SQL(raw: target.rows.replacing("$", with: folder.path))
      return try await connection.query("SELECT \(SQL(raw: look)) FROM (\(rows))").rows[0].map {
        Int($0.description) ?? -1
      }
    }

    func expectNothingLeft() throws {
      let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".weir/") }
      #expect(names.allSatisfy { !$0.contains(".tmp") && !$0.hasSuffix(".wal") }, "\(names)")
    }
  }
}
