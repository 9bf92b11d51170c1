import DuckDB
import Foundation
import Pipelines

/// The outcome of a connection's test (CON-05).
package struct ConnectionTest: Sendable, Codable {
  package var connection: String
  package var succeeded: Bool
  package var connectionEstablished: Bool
  package var authenticationSuccessful: Bool
  package var queryExecutionSuccessful: Bool
  package var lines: [ConnectionReport.Line]
  package var latencyMs: Double?
}

extension Workspace {
  /// Tests a connection and remembers the outcome.
  package func testConnection(_ name: String) async throws -> ConnectionTest {
    let redactor = Redactor()
    let made = try connections(redactor).connector(named: name, extensions: Library.extensions)
    var report = await made.connector.check()
    for index in report.lines.indices {
      report.lines[index].problem = report.lines[index].problem.map(redactor.redact)
      report.lines[index].detail = report.lines[index].detail.map(redactor.redact)
    }
    if connections().list().contains(where: { $0.name == name }) { try await store.keep(report, of: name) }
    return ConnectionTest(
      connection: redactor.redact(name), succeeded: report.succeeded, connectionEstablished: report.passed(.connection),
      authenticationSuccessful: report.passed(.authentication), queryExecutionSuccessful: report.passed(.query),
      lines: report.lines, latencyMs: report.latencyMilliseconds)
  }

  /// What there is to read in a connection (CON-07).
  package func discover(_ name: String) async throws -> [Resource] {
    let redactor = Redactor()
    do {
      let made = try connections(redactor).connector(named: name, extensions: Library.extensions)
      return try await made.connector.resources().map { resource in
        var resource = resource
        resource.name = redactor.redact(resource.name)
        return resource
      }
    } catch {
      throw Problems(Problems.of(error).map(redactor.redact))
    }
  }
}
