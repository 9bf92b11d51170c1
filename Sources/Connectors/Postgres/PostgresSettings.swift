import Pipelines

/// How to reach a database. Keys: `host`, `port`, `database`, `username`, `password`, `ssl_mode`, `schema`,
/// `application_name`, `connect_timeout`, `ssl_root_certificate`, `connection_pool_size`, `max_overflow`.
package struct PostgresSettings: Sendable {
  package enum SSLMode: String, SettingChoice {
    case disable, allow, prefer, require, verifyCA = "verify-ca", verifyFull = "verify-full"
  }

  package var host = "localhost"
  package var port = 5432
  package var database = ""
  package var username = "postgres"
  package var password = Secret()
  package var sslMode = SSLMode.prefer
  package var sslRootCertificate = ""
  package var schema = ""
  package var applicationName = "weir"
  package var connectTimeout = 10
  package var poolSize = 10
  package var maxOverflow = 20

  package init() {}

  static let schemaOfFields = SettingsSchema(PostgresSettings()) {
    Field(\.host, "host", "Name or address of the server.").also("hostname", "server").example("db.example.com")
    Field(\.port, "port", "Port of the server.")
    Field(\.database, "database", "Name of the database.").also("dbname", "database_name").required().example("shop")
    Field(\.username, "username", "User to log in as.").also("user")
    Field(\.password, "password", "Password of the user.")
    Field(\.sslMode, "ssl_mode", "Whether and how the connection is encrypted.").also("sslmode", "ssl")
    Field(\.schema, "schema", "Schema of tables named without one; empty = the server's search path.").also(
      "schema_name")
    Field(\.sslRootCertificate, "ssl_root_certificate", "File with the authorities verify-ca and verify-full trust.")
      .also("sslrootcert").advanced()
    Field(\.applicationName, "application_name", "Name shown in pg_stat_activity.").advanced()
    Field(\.connectTimeout, "connect_timeout", "Seconds until a connection attempt is given up.")
      .also("connection_timeout").advanced()
    Field(\.poolSize, "connection_pool_size", "How many connections one run may hold.").also("pool_size").advanced()
    Field(\.maxOverflow, "max_overflow", "How many more it may open for a moment.").advanced()
  }

  /// What libpq is told.
  var parameters: [(key: String, value: String)] {
    var result = [
      (key: "host", value: host), ("port", String(port)), ("dbname", database), ("user", username),
      ("sslmode", sslMode.rawValue), ("connect_timeout", String(max(2, connectTimeout))),
      ("application_name", applicationName), ("client_encoding", "UTF8"),
      ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
    ]
    if !password.revealed.isEmpty { result.append(("password", password.revealed)) }
    if !sslRootCertificate.isEmpty { result.append(("sslrootcert", sslRootCertificate)) }
    return result
  }

  /// How many connections may read at the same time.
  var connections: Int { max(1, poolSize + maxOverflow) }
}
