/// The outcome of "Test connection" (CON-05), stage by stage; after the first failure the later stages are not attempted.
package struct ConnectionReport: Sendable, Codable {
  package enum Stage: String, Sendable, Codable, CaseIterable {
    /// The server answers; the file or folder is there.
    case connection
    /// This user may come in; may read the file.
    case authentication
    /// A query has an answer; a file's first row can be read.
    case query

    package var success: String {
      switch self {
      case .connection: "Connection established"
      case .authentication: "Authentication successful"
      case .query: "Query execution successful"
      }
    }

    package var failure: String {
      switch self {
      case .connection: "Connection failed"
      case .authentication: "Authentication failed"
      case .query: "Query execution failed"
      }
    }
  }

  package struct Line: Sendable, Codable {
    package var stage: Stage
    /// The stage's outcome in words.
    package var title: String
    /// What was found: `3 files, 1204 bytes`.
    package var detail: String?
    package var problem: Problem?

    package init(_ stage: Stage, detail: String? = nil, problem: Problem? = nil) {
      self.stage = stage
      title = problem == nil ? stage.success : stage.failure
      self.detail = detail
      self.problem = problem
    }
  }

  package var lines: [Line]
  /// How long the query took, to a tenth of a millisecond; nil if none had an answer.
  package var latencyMilliseconds: Double?
  package var succeeded: Bool { Stage.allCases.allSatisfy(passed) }

  package func passed(_ stage: Stage) -> Bool { lines.contains { $0.stage == stage && $0.problem == nil } }

  package init(_ lines: [Line], latencyMilliseconds: Double? = nil) {
    self.lines = lines
    self.latencyMilliseconds = latencyMilliseconds
  }

  /// Tries the stages in their order until one throws. Each returns what it found; the last one is timed.
  package static func of(_ stages: [(stage: Stage, attempt: () async throws -> String?)]) async -> ConnectionReport {
    var report = ConnectionReport([])
    for (stage, attempt) in stages {
      let clock = ContinuousClock()
      let start = clock.now
      do {
        report.lines.append(Line(stage, detail: try await attempt()))
      } catch {
        report.lines.append(Line(stage, problem: Problems.of(error)[0]))
        return report
      }
      report.latencyMilliseconds = stage == .query ? milliseconds(start.duration(to: clock.now)) : nil
    }
    return report
  }

  package static func milliseconds(_ duration: Duration) -> Double {
    let parts = duration.components
    return ((Double(parts.seconds) * 1000 + Double(parts.attoseconds) / 1e15) * 10).rounded() / 10
  }
}
