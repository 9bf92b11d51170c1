import DuckDB
import Execution
import Foundation
import Glibc
import Pipelines

/// What `weir doctor` finds: whether everything Weir needs is there.
package struct Diagnosis: Sendable, Codable {
  package struct Finding: Sendable, Codable {
    package var what: String
    package var isGood: Bool
    package var detail: String
    package var hint: String?
    /// Whether Weir can't work without it.
    package var isRequired: Bool
  }
  package var findings: [Finding]
  package var isHealthy: Bool { findings.allSatisfy { $0.isGood || !$0.isRequired } }

  package static var engineVersion: String? { try? Library.version() }

  package static func of(_ directory: URL) -> Diagnosis {
    var findings: [Finding] = []
    func add(_ what: String, _ isGood: Bool, _ detail: String, _ hint: String, isRequired: Bool = true) {
      findings.append(Finding(what: what, isGood: isGood, detail: detail, hint: isGood ? nil : hint, isRequired: isRequired))
    }
    let version = engineVersion
    add("engine", version != nil, version.map { "DuckDB \($0) from \(Library.folder)" } ?? "not found", "Run script/setup.")
    let extensions = (try? FileManager.default.contentsOfDirectory(atPath: Library.extensions)) ?? []
    let names = extensions.filter { $0.hasSuffix(".duckdb_extension") }.map { String($0.dropLast(17)) }.sorted()
    add("extensions", !names.isEmpty, names.isEmpty ? "none" : names.joined(separator: ", "), "Run script/setup.", isRequired: false)
    for (what, library) in [("PostgreSQL client", "libpq.so.5"), ("OpenSSL (secrets)", "libcrypto.so.3")] {
      let handle = dlopen(library, RTLD_NOW)
      add(what, handle != nil, handle == nil ? "\(library) not found" : library, "apt-get install libpq5", isRequired: false)
    }
    let servers = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    add(
      "PostgreSQL server (tests)", !servers.isEmpty, servers.isEmpty ? "not installed" : "version \(servers.sorted().joined(separator: ", "))",
      "apt-get install postgresql", isRequired: false)
    add(
      "workspace", access(directory.path, W_OK) == 0, directory.path, "The folder can't be written: check its permissions.")
    let temporary = NSTemporaryDirectory()
    add("temporary folder", access(temporary, W_OK) == 0, temporary, "Set TMPDIR to a folder that can be written.")
    return Diagnosis(findings: findings)
  }
}
