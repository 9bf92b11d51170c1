import Pipelines
import Tabular
import TestSupport
import Testing

@testable import Connectors

/// What `ssl_mode` promises, against a server with a certificate of our own.
@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL is not installed")) struct PostgresTLSTests {
  private func report(
    _ mode: PostgresSettings.SSLMode, host: String = "localhost", authority: KeyPath<PostgresServer, String>?
  ) async throws -> ConnectionReport {
    let server = try PostgresServer.encrypted.get()
    var settings = PostgresSettings()
    settings.host = host
    settings.port = server.port
    settings.database = "postgres"
    settings.password = Secret("secret")
    settings.sslMode = mode
    if let authority { settings.sslRootCertificate = server[keyPath: authority] }
    return await Postgres(settings, context: PostgresFixture.context).check()
  }

  @Test(arguments: [PostgresSettings.SSLMode.require, .verifyCA, .verifyFull])
  func aCertificateOfATrustedAuthorityIsAccepted(_ mode: PostgresSettings.SSLMode) async throws {
    let report = try await report(mode, authority: mode == .require ? nil : \.authority)
    #expect(report.succeeded, "\(report)")
  }

  @Test(arguments: [PostgresSettings.SSLMode.verifyCA, .verifyFull])
  func aCertificateOfAStrangerIsRefused(_ mode: PostgresSettings.SSLMode) async throws {
    let problem = try await report(mode, authority: \.stranger).lines.first?.problem
    #expect(
      problem?.code == "tls-refused" && problem?.isTransient == false
        && problem?.message.contains(mode.rawValue) == true, "\(String(describing: problem))")
  }

  /// The certificate is for `localhost`; only verify-full minds by which name the server was reached.
  @Test func aCertificateForAnotherNameIsRefused() async throws {
    #expect(try await report(.verifyCA, host: "127.0.0.1", authority: \.authority).succeeded)
    let problem = try await report(.verifyFull, host: "127.0.0.1", authority: \.authority).lines.first?.problem
    #expect(problem?.code == "tls-refused" && problem?.hint != nil, "\(String(describing: problem))")
  }

  @Test func theConnectionIsReallyEncrypted() async throws {
    let server = try PostgresServer.encrypted.get()
    var settings = PostgresSettings()
    (settings.port, settings.database, settings.password, settings.sslMode) = (
      server.port, "postgres", Secret("secret"), .verifyFull
    )
    settings.sslRootCertificate = server.authority
    let connection = try PostgresConnection(settings)
    defer { connection.close() }
    #expect(try connection.value("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == "t")
  }
}
