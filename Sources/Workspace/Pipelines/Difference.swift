import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular

/// A wish to compare two tables, files or queries.
package struct DifferenceRequest: Sendable {
  package var a: String
  package var b: String
  /// A condition in each system's own SQL.
  package var filter: String?
  package var options = ComparisonOptions()
  package var limits = EngineLimits()

  package init(_ a: String, _ b: String) {
    self.a = a
    self.b = b
  }
}

extension Workspace {
  /// Compares two tables, files or queries row by row. Nothing is written.
  /// - Throws: `Problem` or `Problems`: an unknown connection, table or column, a system that is down, no key.
  package func difference(
    _ request: DifferenceRequest, cancellation: Cancellation = Cancellation()
  ) async throws -> Difference {
    let folder = folder(of: Run.newID(at: Date()))
    let task = Task { try await compare(request, in: folder) }
    cancellation.onCancel { task.cancel() }
    let outcome = await task.result
    await discard(folder)
    return try outcome.get()
  }

  /// Removes what was spilled. The engine closes on a thread of its own and may still be removing files itself.
  func discard(_ folder: RunFolder) async {
    for _ in 0..<100 {
      try? FileManager.default.removeItem(at: folder.url)
      guard FileManager.default.fileExists(atPath: folder.url.path) else { return }
      try? await Task.sleep(for: .milliseconds(10))
    }
  }

  private func compare(_ request: DifferenceRequest, in folder: RunFolder) async throws -> Difference {
    let redactor = Redactor()
    for text in [request.a, request.b] { redactor.learn(addressesIn: text) }
    do {
      // What doesn't fit into memory is spilled here.
      try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
      let engine = try Engine(limits: request.limits, folder: folder.url.path)
      let library = connections(redactor)
      let current = URL(filePath: FileManager.default.currentDirectoryPath)
      let filter = try request.filter.map {
        try UserSQL.condition(Setting(.text($0), at: Location(file: "--where", line: 1, column: 1)))
      }
      var (steps, labels): ([StepSpec], [String]) = ([], [])
      for (id, text) in [("a", request.a), ("b", request.b)] {
        let place = Location(file: "side \(id.uppercased())", line: 1, column: 1)
        let reference = try TableReference(text, in: library, from: current, at: place)
        let read = ReadSpec(
          from: ConnectionReference(reference.connection, at: place), subject: try reference.subject.checked(at: place),
          filter: filter)
        steps.append(StepSpec(id: id, work: .read(read), location: place))
        labels.append(reference.label)
      }
      let plan = try await plan(PipelineSpec(name: "diff", steps: steps, location: steps[0].location), engine, redactor)
      var context = RunContext(runID: "diff", pipeline: "diff", time: Date(), folder: folder.url.path)
      context.limits = request.limits
      context.redact = { redactor.redact($0) }
      let report = try await TableComparer(SchemaCheck(engine, context)).compare(plan, request.options)
      return Difference(report: report, a: redactor.redact(labels[0]), b: redactor.redact(labels[1]))
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      throw Problems(Problems.of(error).map(redactor.redact))
    }
  }
}

extension ReadRequest.Subject {
  /// - Throws: a problem if a query isn't one SELECT.
  func checked(at place: Location) throws(Problem) -> Self {
    if case .query(let text) = self { .query(try UserSQL.query(Setting(.text(text), at: place))) } else { self }
  }
}

/// The outcome of a comparison, as `weir diff` tells it.
package struct Difference: Sendable, Encodable {
  package var report: ComparisonReport
  /// What was compared, without secrets.
  package var a: String
  package var b: String

  package init(report: ComparisonReport, a: String, b: String) {
    self.report = report
    self.a = a
    self.b = b
  }

  private enum Key: String, CodingKey {
    case identical, a, b, key, counts, columnChanges, schema, differences
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(report.isIdentical, forKey: .identical)
    try container.encode(SideDocument(a, report.a, report), forKey: .a)
    try container.encode(SideDocument(b, report.b, report), forKey: .b)
    try container.encode(report.key, forKey: .key)
    try container.encode(
      ["equal": report.equal, "only_in_a": report.onlyInA, "only_in_b": report.onlyInB, "changed": report.changed],
      forKey: .counts)
    try container.encode(
      Dictionary(report.changes.map { ($0.column, $0.rows) }, uniquingKeysWith: { $1 }), forKey: .columnChanges)
    try container.encode(SchemaDocument(report), forKey: .schema)
    try container.encode(report.differences.map { RowDocument($0, report.key) }, forKey: .differences)
  }
}

private func record(_ names: [String], _ values: [Value]) -> [String: JSONValue] {
  Dictionary(zip(names, values.map { JSONValue(value: $0) }), uniquingKeysWith: { first, _ in first })
}

private struct SideDocument: Encodable {
  var name: String
  var rows, rowsRead: Int
  var hashedByItsSystem: Bool
  var rejectedRows, nullKeys, duplicateKeys: Int
  var nullKeyExamples, duplicateKeyExamples: [[String: JSONValue]]

  init(_ name: String, _ side: ComparisonReport.Side, _ report: ComparisonReport) {
    self.name = name
    (rows, rowsRead, hashedByItsSystem) = (side.rows, side.rowsRead, side.isHashed)
    (rejectedRows, nullKeys, duplicateKeys) = (side.rejected, side.nullKeys, side.duplicateKeys)
    nullKeyExamples = side.nullKeyExamples.map { record(report.key + report.columns, $0) }
    duplicateKeyExamples = side.duplicateExamples.map { record(report.key, $0) }
  }
}

private struct SchemaDocument: Encodable {
  struct TypeDocument: Encodable { var column, a, b, comparedAs: String }
  var onlyInA, onlyInB: [String]
  var types: [TypeDocument]

  init(_ report: ComparisonReport) {
    (onlyInA, onlyInB) = (report.columnsOnlyInA, report.columnsOnlyInB)
    types = report.typeDifferences.map { TypeDocument(column: $0.column, a: $0.a, b: $0.b, comparedAs: $0.comparedAs) }
  }
}

private struct RowDocument: Encodable {
  var kind: String
  var key: [String: JSONValue]
  var column: String?
  var a, b: JSONValue?

  init(_ difference: ComparisonReport.Difference, _ names: [String]) {
    kind = difference.kind.rawValue
    key = record(names, difference.key)
    column = difference.column
    a = difference.a.map { JSONValue(value: $0) }
    b = difference.b.map { JSONValue(value: $0) }
  }
}
