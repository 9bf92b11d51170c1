import Execution
import Pipelines
import Tabular
import Testing
import Workspace

/// A table joined with itself is read once.
@Suite struct SelfJoinTests {
  @Test(arguments: [
    "sql: \"SELECT a.id, b.id AS boss FROM people a JOIN people b ON b.id = a.boss\"",
    "[{ join: { with: people, on: [{ left: boss, right: id }], type: semi } }]",
    "[{ sql: \"SELECT a.id, b.id AS boss FROM input a JOIN input b ON b.id = a.boss\" }]",
    "[{ filter: \"id > 0\" }, { union: people }, { limit: 1 }]",
  ])
  func refusedRowsCountOnce(_ transform: String) async throws {
    let trial = try await QualityTrial()
    try trial.write("id,boss\n1,\n2,1\nx,1\n", to: "people.csv")
    let run = try await trial.run(
      """
      name: bosses
      steps:
        - { id: people, read: { from: people.csv, types: { id: INTEGER, boss: INTEGER } } }
        - id: bosses
          transform:
            \(transform)
        - { id: out, write: { to: out.csv, mode: replace } }
      """)
    #expect(run.problems.isEmpty && run.metrics.rowsFailed == 1, "\(run.problems) \(run.metrics)")
    #expect(run.receipts.map(\.sent.rows) == [1])
    #expect(try await trial.workspace.rejects(of: run).map(\.original) == ["x,1"])
  }
}
