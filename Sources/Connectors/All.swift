import Pipelines

/// The connectors of this program.
package enum Connectors {
  package static let all: [ConnectorType] = [
    ConnectorType(Postgres.self)
  ]

  package static var catalog: Catalog { Catalog(all) }
}
