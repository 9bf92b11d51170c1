import Pipelines

/// The connectors of this program.
package enum Connectors {
  package static let all: [ConnectorType] = [
    ConnectorType(Postgres.self),
    ConnectorType(FileConnector<CSV>.self),
    ConnectorType(FileConnector<JSON>.self),
    ConnectorType(FileConnector<Parquet>.self),
    ConnectorType(FileConnector<Avro>.self),
    ConnectorType(FileConnector<Excel>.self),
    ConnectorType(FileConnector<Text>.self),
    ConnectorType(FileConnector<XML>.self),
    ConnectorType(DuckDBFile.self),
    ConnectorType(SQLite.self),
  ]

  package static var catalog: Catalog { Catalog(all) }
}
