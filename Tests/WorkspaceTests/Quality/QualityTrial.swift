import Execution
import Foundation
import Pipelines
import TestSupport
import Testing
import Workspace

/// A workspace in a folder of its own, and runs of pipelines in it.
struct QualityTrial {
  let folder: TemporaryFolder
  let workspace: Workspace

  init() async throws {
    folder = try TemporaryFolder()
    workspace = try await Workspace(directory: URL(filePath: folder.path), environment: [:])
  }

  func write(_ text: String, to file: String) throws {
    let place = URL(filePath: folder.file(file))
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: place)
  }

  func read(_ file: String) throws -> String {
    try String(contentsOf: URL(filePath: folder.file(file)), encoding: .utf8)
  }

  @discardableResult
  func run(_ text: String, at time: Date = Date(), _ change: (inout RunRequest) -> Void = { _ in }) async throws -> Run
  {
    var request = RunRequest(PipelineText(file: "pipeline.yaml", text: text), time: time)
    change(&request)
    let run = try await workspace.run(request)
    // History tells the same as the run itself.
    let kept = try #require(try await workspace.store.run(run.id))
    #expect(try Document.text(kept.profiles) == Document.text(run.profiles))
    #expect(try Document.text(kept.checks) == Document.text(run.checks))
    return run
  }

  func problems(_ text: String) async -> [Problem] {
    do {
      return try await workspace.run(RunRequest(PipelineText(file: "pipeline.yaml", text: text))).problems
    } catch let error as InvalidPipeline {
      return error.problems.all
    } catch { return Problems.of(error) }
  }
}
