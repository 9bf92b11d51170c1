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

/// What can be done about the rows of a table, file or query.
package struct TableSuggestions: Sendable, Encodable {
  package var source: String
  package var rows: Int
  package var suggestions: [Suggestion]
}

extension Workspace {
  /// Describes the rows of a table, file or query, column by column. Nothing is written.
  /// - Parameter limit: at most so many rows.
  /// - Throws: `Problem` or `Problems`: an unknown connection or table, a system that is down.
  package func profile(
    _ text: String, filter: String? = nil, limit: Int? = nil, limits: EngineLimits = EngineLimits(),
    cancellation: Cancellation = Cancellation()
  ) async throws -> TableProfile {
    try await lookAt([text], filter, limit, limits, cancellation) { profiler, plan, labels in
      let found = try await profiler.profile(plan)
      return TableProfile(source: labels[0], profile: found.profile, refused: found.refused)
    }
  }

  /// What can be done about the rows of a table, file or query, each with the operation or rule that does it. Nothing is written.
  /// - Parameter others: tables its rows may be joined with.
  /// - Throws: as `profile`.
  package func suggestions(
    for text: String, with others: [String] = [], filter: String? = nil, limit: Int? = nil,
    limits: EngineLimits = EngineLimits(),
    cancellation: Cancellation = Cancellation()
  ) async throws -> TableSuggestions {
    try await lookAt([text] + others, filter, limit, limits, cancellation) { profiler, plan, labels in
      let found = try await profiler.suggestions(plan)
      return TableSuggestions(source: labels[0], rows: found.rows, suggestions: found.suggestions)
    }
  }

  /// Plans one read for each of `texts` and has `work` done with them. A filter and a limit are for the first.
  private func lookAt<Found: Sendable>(
    _ texts: [String], _ filter: String?, _ limit: Int?, _ limits: EngineLimits, _ cancellation: Cancellation,
    _ work: @escaping @Sendable (TableProfiler, Plan, [String]) async throws -> Found
  ) async throws -> Found {
    let folder = folder(of: Run.newID(at: Date()))
    let task = Task { try await lookAt(texts, filter, limit, limits, in: folder, work) }
    cancellation.onCancel { task.cancel() }
    let outcome = await task.result
    await discard(folder)
    return try outcome.get()
  }

  private func lookAt<Found: Sendable>(
    _ texts: [String], _ filter: String?, _ limit: Int?, _ limits: EngineLimits, in folder: RunFolder,
    _ work: @Sendable (TableProfiler, Plan, [String]) async throws -> Found
  ) async throws -> Found {
    let redactor = Redactor()
    for text in texts { redactor.learn(addressesIn: text) }
    do {
      try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
      let engine = try Engine(limits: limits, folder: folder.url.path)
      let library = connections(redactor)
      let current = URL(filePath: FileManager.default.currentDirectoryPath)
      let condition = try filter.map {
        try UserSQL.condition(Setting(.text($0), at: Location(file: "--where", line: 1, column: 1)))
      }
      var (steps, labels): ([StepSpec], [String]) = ([], [])
      for (index, text) in texts.enumerated() {
        let place = Location(file: index == 0 ? "source" : "--with", line: 1, column: 1)
        let reference = try TableReference(text, in: library, from: current, at: place)
        let read = ReadSpec(
          from: ConnectionReference(reference.connection, at: place), subject: try reference.subject.checked(at: place),
          filter: index == 0 ? condition : nil, limit: index == 0 ? limit : nil)
        labels.append(redactor.redact(reference.label))
        steps.append(
          StepSpec(id: Self.stepName(labels[index], besides: steps.map(\.id)), work: .read(read), location: place))
      }
      let spec = PipelineSpec(name: "look", steps: steps, location: steps[0].location)
      var context = RunContext(runID: "look", pipeline: "look", time: Date(), folder: folder.url.path)
      context.limits = limits
      context.directory = directory.path
      context.redact = { redactor.redact($0) }
      return try await work(TableProfiler(SchemaCheck(engine, context)), try await plan(spec, engine, redactor), labels)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      throw Problems(Problems.of(error).map(redactor.redact))
    }
  }

  /// `data/Customers 2025.csv` → `customers_2025`.
  private static func stepName(_ label: String, besides taken: [String]) -> String {
    let file = label.split(separator: "?")[0].split(separator: "/").last.map(String.init) ?? ""
    let stem = file.split(separator: ".").first.map(String.init) ?? ""
    var name = stem.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }.joined()
    if name.first.map({ $0.isNumber || $0 == "_" }) ?? true { name = "rows_\(name)" }
    while taken.contains(name) { name += "_2" }
    return name
  }
}
