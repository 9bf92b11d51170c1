import Foundation
import Pipelines
import Tabular
import TestSupport
import Testing

/// Connectors that wait for a disk or lock keep no thread of the tasks from working.
@Suite(.timeLimit(.minutes(10))) struct BlockingTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  /// More reads than there are threads wait for pipes that only other tasks fill.
  @Test func readsThatWaitLeaveRoomForOtherTasks() async throws {
    let count = ProcessInfo.processInfo.activeProcessorCount * 2 + 2
    let pipes = try (0..<count).map { try NamedPipe(files.folder.file("p\($0).xml")) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<count {
        group.addTask {
          let source = try #require(files.connector("xml", ["path": "p\(index).xml", "record": "r"]) as? any Source)
          let extract = try await source.read(ReadRequest(.whole, step: "read"))
          #expect(extract.estimatedRows == 2)
        }
      }
      for pipe in pipes {
        group.addTask {
          let end = try #require(await pipe.reader())
          try end.write(contentsOf: Data("<t><r><a>1</a></r><r><a>2</a></r></t>".utf8))
          try end.close()
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func aQueryWithoutEndIsCancelled() async throws {
    #expect(
      try await files.write(
        to: try #require(files.connector("sqlite", ["path": "a.sqlite"]) as? any Destination), .table("t"),
        "SELECT 1 AS id"))
    let source = try #require(files.connector("sqlite", ["path": "a.sqlite"]) as? any Source)
    let endless = ReadRequest(
      .query("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"), step: "read")
    let read = Task { try await source.read(endless) }
    await Task.yield()
    read.cancel()
    await #expect(throws: CancellationError.self) { _ = try await read.value }
  }
}
