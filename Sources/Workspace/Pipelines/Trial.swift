import Execution
import Foundation
import Pipelines

/// How a pipeline's unit test went.
package struct TrialOutcome: Sendable, Codable {
  package var name: String
  package var passed: Bool
  package var differences: [PipelineTrial.Difference]
  package var problems: [Problem]
  package var location: Location
}

extension Workspace {
  /// Runs the tests that stand in a pipeline's file, or beside `orders.yaml` in `orders.tests.yaml`, with the rows given there instead
  /// of systems.
  /// - Throws: `InvalidPipeline`; `no-tests`.
  package func test(_ request: RunRequest) async throws -> [TrialOutcome] {
    let redactor = Redactor()
    var spec: PipelineSpec
    do {
      spec = try parse(request.text, for: request, redactor, secrets: StandInSecrets())
      spec.tests += try testsBeside(request.text)
    } catch {
      throw InvalidPipeline(problems: error)
    }
    guard !spec.tests.isEmpty else {
      throw Problem(
        "no-tests", "\(request.text.file) has no tests.",
        hint:
          "Add tests: with given rows of the reads and expect: rows of a later step, here or in \(besideName(request.text)).",
        at: spec.location)
    }
    var outcomes: [TrialOutcome] = []
    for test in spec.tests { outcomes.append(await outcome(of: test, spec, request, redactor)) }
    return outcomes
  }

  private func testsBeside(_ pipeline: PipelineText) throws(Problems) -> [PipelineTest] {
    guard let path = pipeline.path else { return [] }
    let name = besideName(pipeline)
    let file = URL(filePath: path).deletingLastPathComponent().appending(path: name)
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    return try PipelineParser.asWritten.tests(text, file: name)
  }

  private func besideName(_ pipeline: PipelineText) -> String {
    URL(filePath: pipeline.path ?? pipeline.file).deletingPathExtension().lastPathComponent + ".tests.yaml"
  }

  private func outcome(
    of test: PipelineTest, _ spec: PipelineSpec, _ request: RunRequest, _ redactor: Redactor
  ) async -> TrialOutcome {
    let folder = folder(of: request.id)
    defer { try? FileManager.default.removeItem(at: folder.url) }
    do {
      try folder.create()
      let engine = try Engine(limits: request.limits, folder: folder.url.path)
      let trial = PipelineTrial(test, of: spec)
      let plan = try await plan(try trial.standIn(), engine, redactor)
      var context = RunContext(
        runID: request.id, pipeline: Run.slug(spec.name), time: request.time, folder: folder.url.path)
      context.directory = directory.path
      let differences = try await trial.differences(plan, SchemaCheck(engine, context))
      return TrialOutcome(
        name: test.name, passed: differences.isEmpty, differences: differences, problems: [], location: test.location)
    } catch {
      return TrialOutcome(
        name: test.name, passed: false, differences: [], problems: Problems.of(error).map(redactor.redact),
        location: test.location)
    }
  }
}

/// A test asks no system, so every secret has some value.
private struct StandInSecrets: SecretLookup {
  func secret(named name: String) throws(Problem) -> Secret { Secret("secret-of-\(name)") }
}
