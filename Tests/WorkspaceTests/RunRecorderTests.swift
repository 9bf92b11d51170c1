import Execution
import Foundation
import Pipelines
import Testing
import Workspace

@Suite struct RunRecorderTests {
  @Test func aRunIsRememberedAsItWas() async throws {
    let place = try TemporaryWorkspace()
    let store = try Store(file: place.url.appending(path: "weir.db"))
    let recorder = try await RunRecorder(Sample.run(), store: store, folder: place.runFolder, redactor: Redactor())
    for event in Sample.events { try await recorder.record(event) }
    let reopened = try Store(file: place.url.appending(path: "weir.db"))
    let run = try #require(try await reopened.run("20251002"))
    #expect(try Document.text(run) == Document.text(await recorder.run))
    #expect(run.rejects.map(\.summary.count) == [12])
    #expect(try await reopened.cursors(pipeline: "Daily Orders").map(\.value) == ["2025-10-02"])
    #expect(try await reopened.run("latest")?.id == run.id)
  }

  @Test func theCursorOfAWriteThatLandedIsKeptThoughTheRunFails() async throws {
    let place = try TemporaryWorkspace()
    let store = try Store.inMemory()
    let recorder = try await RunRecorder(Sample.run(), store: store, folder: place.runFolder, redactor: Redactor())
    for event in Sample.events.dropLast() { try await recorder.record(event) }
    try await recorder.record(Sample.event(10, nil, .runFinished(status: .failed, peakMemoryBytes: 0)))
    #expect(try await store.cursors().map(\.write) == ["publish"])
  }

  @Test func theLogHasTheDocumentedForm() async throws {
    let place = try TemporaryWorkspace()
    let recorder = try await RunRecorder(
      Sample.run(), store: .inMemory(), folder: place.runFolder, redactor: Redactor())
    for event in Sample.events { try await recorder.record(event) }
    let lines = place.runFolder.logLines()
    let form = /\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] (DEBUG|INFO|WARNING|ERROR): .+/
    for line in lines { #expect(line.wholeMatch(of: form) != nil, "\(line)") }
    #expect(lines.first == "[2025-10-02 02:00:15] INFO: Starting pipeline execution")
    #expect(lines.last == "[2025-10-02 02:00:25] INFO: Pipeline execution finished successfully")
    #expect(lines.contains("[2025-10-02 02:00:17] INFO: Extracted 150,000 rows from \"orders\""))
  }

  @Test func secretsReachNoFile() async throws {
    let place = try TemporaryWorkspace()
    let store = try Store(file: place.url.appending(path: "weir.db"))
    let redactor = Redactor()
    redactor.hide("hunter2-\"quoted\"")
    redactor.hide("plain-secret-77")
    let recorder = try await RunRecorder(Sample.run(), store: store, folder: place.runFolder, redactor: redactor)
    try await recorder.record(Sample.events[0])
    let problem = Problem("refused", "No entry with hunter2-\"quoted\".", hint: "Not plain-secret-77?")
    let seen = try await recorder.record(
      Sample.event(1, "orders", .stepFailed(problem: problem, attempt: 0, retryIn: nil)))
    try await recorder.record(
      Sample.event(1, "orders", .log(level: .info, message: "plain-secret-77 and hunter2-\"quoted\"")))
    try await recorder.record(Sample.event(2, nil, .runFinished(status: .failed, peakMemoryBytes: 0)))
    #expect(!"\(seen)".contains("hunter2"))
    #expect(try await store.run("latest")?.problems.first?.message == "No entry with •••.")
    try place.expectNowhere("hunter2", "plain-secret-77")
  }
}

/// A folder that goes away with the test.
final class TemporaryWorkspace {
  let url: URL
  var runFolder: RunFolder { RunFolder(url.appending(path: "runs/r1")) }

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "weir-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func write(_ text: String, to path: String) throws {
    let file = url.appending(path: path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// No file below this folder holds one of the texts, whatever its format.
  func expectNowhere(_ secrets: String...) throws {
    var files = 0
    let all = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
    for file in all where !file.hasDirectoryPath {
      files += 1
      let data = try Data(contentsOf: file)
      for secret in secrets {
        #expect(data.range(of: Data(secret.utf8)) == nil, "\(file.lastPathComponent) holds the secret")
      }
    }
    #expect(files > 1)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
