import Foundation
import Glibc

/// A real PostgreSQL server for this test process: Debian's binaries, a temporary folder, a free port on loopback.
package final class PostgresServer: @unchecked Sendable {
  package let port: Int
  package let folder: String
  private let postmaster: ChildProcess

  /// Why there is none, or the server. Tests skip with the reason; with `CI=true` they run and fail.
  package static let shared = Result { try PostgresServer() }
  /// Another one that speaks TLS, with a certificate for `localhost` alone; `authority` signed it.
  package static let encrypted = Result { try PostgresServer(isEncrypted: true) }
  package static var isThere: Bool {
    if case .success = shared { true } else { ProcessInfo.processInfo.environment["CI"] == "true" }
  }

  package struct Missing: Error, CustomStringConvertible {
    package var description: String
  }

  /// The file with the certificate of the authority that signed the server's.
  package var authority: String { folder + "/authority.pem" }
  /// Another authority that signed nothing.
  package var stranger: String { folder + "/stranger.pem" }

  private init(isEncrypted: Bool = false) throws {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    guard let version = versions.max(by: { (Int($0) ?? 0) < (Int($1) ?? 0) }) else {
      throw Missing(description: "PostgreSQL is not installed (Debian's package postgresql)")
    }
    let programs = "/usr/lib/postgresql/\(version)/bin"
    let folder =
      NSTemporaryDirectory() + "/weir-postgres-\(ProcessInfo.processInfo.processIdentifier)\(isEncrypted ? "-tls" : "")"
    self.folder = folder
    port = try PostgresServer.freePort()
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // A server refuses to run as root.
    let asUser = getuid() == 0 ? ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] : []
    if getuid() == 0 { _ = try PostgresServer.run(["/usr/bin/chown", "nobody:nogroup", folder]) }
    try Data("secret".utf8).write(to: URL(fileURLWithPath: folder + "/password"))
    chmod(folder + "/password", 0o644)
    let made = try PostgresServer.run(
      asUser + [
        "\(programs)/initdb", "-D", folder + "/data", "-U", "postgres", "-A", "scram-sha-256",
        "--pwfile=\(folder)/password",
        "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
      ])
    guard made == 0 else { throw Missing(description: "initdb failed with \(made)") }
    var options = ["-c", "fsync=off", "-c", "max_connections=600"]
    if isEncrypted {
      guard try PostgresServer.run(asUser + ["/bin/sh", "-ec", PostgresServer.certificates(in: folder)]) == 0 else {
        throw Missing(description: "openssl made no certificates")
      }
      options += [
        "-c", "ssl=on", "-c", "ssl_cert_file=\(folder)/server.pem", "-c", "ssl_key_file=\(folder)/server.key",
      ]
    }
    // The shell stands between to stop the server when this process is gone, however it ends.
    let command =
      asUser + [
        "\(programs)/postgres", "-D", folder + "/data", "-p", String(port), "-c", "listen_addresses=127.0.0.1",
        "-c", "unix_socket_directories=\(folder)",
      ] + options
    let quoted = command.map { "'\($0)'" }.joined(separator: " ")
    let (held, given) = try ChildProcess.line()
    leash = held
    defer { try? given.close() }
    postmaster = try ChildProcess(
      "/bin/sh",
      [
        "-c",
        "\(quoted) >'\(folder)/log' 2>&1 & server=$!; cat >/dev/null; kill -INT $server; wait $server; rm -rf '\(folder)'",
      ], input: given.fileDescriptor)
    let deadline = Date(timeIntervalSinceNow: 120)
    while try PostgresServer.run(["\(programs)/pg_isready", "-q", "-h", "127.0.0.1", "-p", String(port)]) != 0 {
      guard Date() < deadline, postmaster.isRunning else {
        throw Missing(description: "PostgreSQL did not start; see \(folder)/log")
      }
    }
  }

  /// Closes when this process ends, which stops the server.
  private let leash: FileHandle

  private static func run(_ command: [String]) throws -> Int32 {
    switch try ChildProcess(command[0], Array(command.dropFirst())).wait() {
    case .exited(let status), .signalled(let status): status
    }
  }

  /// Makes two authorities and the server's key and certificate.
  private static func certificates(in folder: String) -> String {
    """
    cd '\(folder)'; umask 077
    for name in authority stranger; do
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$name" -keyout $name.key -out $name.pem
      chmod 644 $name.pem
    done
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout server.key -out server.csr
    printf 'subjectAltName=DNS:localhost' > names
    openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile names -out server.pem
    """
  }

  /// A port nobody listens on.
  package static func freePort() throws -> Int {
    let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(handle) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(handle, $0, length) == 0 && getsockname(handle, $0, &length) == 0
      }
    }
    guard isBound else { throw Missing(description: "no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
