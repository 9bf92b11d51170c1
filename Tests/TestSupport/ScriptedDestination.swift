import Pipelines
import Synchronization
import Tabular

/// A destination for tests whose commits end as they are told to; it counts what was begun and taken back.
package final class ScriptedDestination: Destination {
  package struct Settings: Sendable { package init() {} }
  package static let manifest = Manifest(
    id: "scripted", title: "Scripted", summary: "For tests.", category: .custom, settings: SettingsSchema(Settings()) {}
  )
  package static let writeModes: Set<WriteMode> = [.append, .replace]

  private struct State {
    var commits: [@Sendable () -> Commit]
    var begun = 0
    var takenBack = 0
    var sink: FingerprintAccumulator?
  }
  private let state: Mutex<State>

  /// - Parameter commits: what each commit does; the last one also for all later ones.
  package init(_ commits: (@Sendable () -> Commit)...) { state = Mutex(State(commits: commits)) }
  package convenience init(_ settings: Settings, context: ConnectorContext) throws {
    self.init({ .committed(LoadOutcome(inserted: 0)) })
  }

  package var begun: Int { state.withLock { $0.begun } }
  package var takenBack: Int { state.withLock { $0.takenBack } }

  package func check() async -> ConnectionReport { ConnectionReport([]) }
  package func resources() async throws -> [Resource] { [] }
  package func prepare(_ request: WriteRequest) async throws -> Load {
    Load(landing: request.schema, strategy: "scripted", work: .stream { [self] in ScriptedLoad(self, request.schema) })
  }

  private final class ScriptedLoad: StreamLoad {
    private let destination: ScriptedDestination
    private var prints: [VerifyLevel: FingerprintAccumulator] = [:]
    let copyFormat: String? = nil

    init(_ destination: ScriptedDestination, _ schema: Schema) {
      self.destination = destination
      for level in [VerifyLevel.count, .columns, .full] {
        prints[level] = FingerprintAccumulator(schema: schema, level: level)
      }
    }

    func begin() { destination.state.withLock { $0.begun += 1 } }
    func write(_ batch: Batch) { for level in prints.keys { prints[level]?.add(batch) } }
    func writeBytes(_ bytes: UnsafeRawBufferPointer) {}
    func endWriting() {}
    func landed(level: VerifyLevel) throws -> Fingerprint {
      guard let print = prints[level] else { throw Problem("internal", "no fingerprint") }
      return print.finish()
    }
    func commit(state: [StateEntry]) -> Commit {
      let commit = destination.state.withLock { $0.commits.count > 1 ? $0.commits.removeFirst() : $0.commits[0] }
      return commit()
    }
    func rollback() { destination.state.withLock { $0.takenBack += 1 } }
    func cancel() {}
  }
}
