import Execution
import Foundation
import Pipelines

/// How a pipeline's unit test went.
package struct TrialOutcome: Sendable, Codable {
  package var name: String
  package var passed: Bool
  package var differences: [PipelineTrial.Difference]
  package var problems: [Problem]
}

extension Workspace {
  /// Runs the tests that stand in a pipeline's file, with the rows given there instead of systems.
  /// - Throws: `InvalidPipeline`; `no-tests`.
  package func test(_ request: RunRequest) async throws -> [TrialOutcome] {
    let redactor = Redactor()
    let spec: PipelineSpec
    do { spec = try parse(request.text, for: request, redactor, secrets: StandInSecrets()) } catch {
      throw InvalidPipeline(problems: error)
    }
    guard !spec.tests.isEmpty else {
      throw Problem(
        "no-tests", "\(request.text.file) has no tests.",
        hint: "Add tests: with given rows of the reads and expect: rows of a later step.", at: spec.location)
    }
    var outcomes: [TrialOutcome] = []
    for test in spec.tests { outcomes.append(await outcome(of: test, spec, request, redactor)) }
    return outcomes
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
      return TrialOutcome(name: test.name, passed: differences.isEmpty, differences: differences, problems: [])
    } catch {
      return TrialOutcome(
        name: test.name, passed: false, differences: [], problems: Problems.of(error).map(redactor.redact))
    }
  }
}

/// A test asks no system, so every secret has some value.
private struct StandInSecrets: SecretLookup {
  func secret(named name: String) throws(Problem) -> Secret { Secret("secret-of-\(name)") }
}
