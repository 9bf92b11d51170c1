import Pipelines
import Tabular

/// "Test connection" (CON-05): reachable, logged in, able to answer.
struct PostgresCheck {
  var settings: PostgresSettings

  static let titles = ["Connection established", "Authentication successful", "Query execution successful"]

  func report() async -> ConnectionReport {
    let settings = settings
    do {
      return try await Blocking.run {
        let connection = try PostgresConnection(settings)
        defer { connection.close() }
        let clock = ContinuousClock()
        let start = clock.now
        do throws(Problem) {
          _ = try connection.value("SELECT 1")
        } catch {
          return ConnectionReport([
            .init(PostgresCheck.titles[0]), .init(PostgresCheck.titles[1]), .init(PostgresCheck.titles[2], problem: error),
          ])
        }
        let spent = start.duration(to: clock.now).components
        let milliseconds = Double(spent.seconds) * 1000 + Double(spent.attoseconds) / 1e15
        return ConnectionReport(PostgresCheck.titles.map { .init($0) }, latencyMilliseconds: (milliseconds * 10).rounded() / 10)
      }
    } catch {
      let problem = Problems.of(error)[0]
      let isReached = ["authentication-failed", "unknown-database", "too-many-connections"].contains(problem.code.description)
      return ConnectionReport(
        isReached
          ? [.init(PostgresCheck.titles[0]), .init(PostgresCheck.titles[1], problem: problem)]
          : [.init(PostgresCheck.titles[0], problem: problem)])
    }
  }
}
