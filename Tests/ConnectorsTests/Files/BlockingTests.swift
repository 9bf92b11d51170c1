import Foundation
import Glibc
import Pipelines
import Tabular
import TestSupport
import Testing

/// Connectors that wait for a disk or lock keep no thread of the tasks from working.
@Suite(.timeLimit(.minutes(2))) struct BlockingTests {
  let files: FileRuns
  init() throws { files = try FileRuns() }

  /// More reads than there are threads wait for pipes that only other tasks fill.
  @Test func readsThatWaitLeaveRoomForOtherTasks() async throws {
    let count = ProcessInfo.processInfo.activeProcessorCount * 2 + 2
    let paths = (0..<count).map { files.folder.file("p\($0).xml") }
    for path in paths { try #require(mkfifo(path, 0o600) == 0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<count {
        group.addTask {
          let source = try #require(files.connector("xml", ["path": "p\(index).xml", "record": "r"]) as? any Source)
          let extract = try await source.read(ReadRequest(.whole, step: "read"))
          #expect(extract.estimatedRows == 2)
        }
      }
      for path in paths {
        group.addTask {
          // A pipe without a reader refuses to be opened like this: the read is waiting once it doesn't.
          var handle = open(path, O_WRONLY | O_NONBLOCK)
          while handle < 0 {
            await Task.yield()
            handle = open(path, O_WRONLY | O_NONBLOCK)
          }
          let text = Array("<t><r><a>1</a></r><r><a>2</a></r></t>".utf8)
          #expect(write(handle, text, text.count) == text.count)
          close(handle)
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func aQueryWithoutEndIsCancelled() async throws {
    #expect(try await files.write(to: try #require(files.connector("sqlite", ["path": "a.sqlite"]) as? any Destination), .table("t"), "SELECT 1 AS id"))
    let source = try #require(files.connector("sqlite", ["path": "a.sqlite"]) as? any Source)
    let endless = ReadRequest(.query("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"), step: "read")
    let read = Task { try await source.read(endless) }
    await Task.yield()
    read.cancel()
    await #expect(throws: CancellationError.self) { _ = try await read.value }
  }
}
