import Pipelines
import Tabular

/// "Test connection" (CON-05): reachable, logged in, able to answer.
struct PostgresCheck {
  var settings: PostgresSettings

  func report() async -> ConnectionReport {
    let settings = settings
    do {
      return try await Blocking.run {
        let connection = try PostgresConnection(settings, for: .reading)
        defer { connection.close() }
        let clock = ContinuousClock()
        let start = clock.now
        do throws(Problem) {
          _ = try connection.value("SELECT 1")
        } catch {
          return ConnectionReport([.init(.connection), .init(.authentication), .init(.query, problem: error)])
        }
        return ConnectionReport(
          ConnectionReport.Stage.allCases.map { .init($0) },
          latencyMilliseconds: ConnectionReport.milliseconds(start.duration(to: clock.now)))
      }
    } catch {
      let problem = Problems.of(error)[0]
      let isReached = ["authentication-failed", "unknown-database", "too-many-connections"].contains(
        problem.code.description)
      return ConnectionReport(
        isReached
          ? [.init(.connection), .init(.authentication, problem: problem)] : [.init(.connection, problem: problem)])
    }
  }
}
