import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular

/// What a table, file or query holds.
package struct TableProfile: Sendable, Encodable {
  /// What was asked for, without secrets.
  package var source: String
  package var profile: RelationProfile
  /// Rows that couldn't be read.
  package var refused: Int
}

extension Workspace {
  /// Describes the rows of a table, file or query, column by column. Nothing is written.
  /// - Parameter limit: at most so many rows.
  /// - Throws: `Problem` or `Problems`: an unknown connection or table, a system that is down.
  package func profile(
    _ text: String, filter: String? = nil, limit: Int? = nil, limits: EngineLimits = EngineLimits(),
    cancellation: Cancellation = Cancellation()
  ) async throws -> TableProfile {
    let folder = folder(of: Run.newID(at: Date()))
    let task = Task { try await profile(text, filter, limit, limits, in: folder) }
    cancellation.onCancel { task.cancel() }
    let outcome = await task.result
    await discard(folder)
    return try outcome.get()
  }

  private func profile(
    _ text: String, _ filter: String?, _ limit: Int?, _ limits: EngineLimits, in folder: RunFolder
  ) async throws -> TableProfile {
    let redactor = Redactor()
    redactor.learn(addressesIn: text)
    do {
      try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
      let engine = try Engine(limits: limits, folder: folder.url.path)
      let place = Location(file: "source", line: 1, column: 1)
      let reference = try TableReference(
        text, in: connections(redactor), from: URL(filePath: FileManager.default.currentDirectoryPath), at: place)
      let condition = try filter.map { try UserSQL.condition(Setting(.text($0), at: Location(file: "--where", line: 1, column: 1))) }
      let read = ReadSpec(
        from: ConnectionReference(reference.connection, at: place), subject: try reference.subject.checked(at: place), filter: condition,
        limit: limit)
      let spec = PipelineSpec(name: "profile", steps: [StepSpec(id: "rows", work: .read(read), location: place)], location: place)
      var context = RunContext(runID: "profile", pipeline: "profile", time: Date(), folder: folder.url.path)
      context.limits = limits
      context.directory = directory.path
      context.redact = { redactor.redact($0) }
      let found = try await TableProfiler(SchemaCheck(engine, context)).profile(try await plan(spec, engine, redactor))
      return TableProfile(source: redactor.redact(reference.label), profile: found.profile, refused: found.refused)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      throw Problems(Problems.of(error).map(redactor.redact))
    }
  }
}
