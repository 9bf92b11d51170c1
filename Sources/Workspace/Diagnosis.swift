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
      findings.append(
        Finding(what: what, isGood: isGood, detail: detail, hint: isGood ? nil : hint, isRequired: isRequired))
    }
    let version = engineVersion
    add(
      "engine", version != nil, version.map { "DuckDB \($0) from \(Library.folder)" } ?? "not found",
      "Run script/setup.")
    let extensions = (try? FileManager.default.contentsOfDirectory(atPath: Library.extensions)) ?? []
    let names = extensions.filter { $0.hasSuffix(".duckdb_extension") }.map { String($0.dropLast(17)) }.sorted()
    add(
      "extensions", !names.isEmpty, names.isEmpty ? "none" : names.joined(separator: ", "), "Run script/setup.",
      isRequired: false)
    for (what, library) in [("PostgreSQL client", "libpq.so.5"), ("OpenSSL (secrets)", "libcrypto.so.3")] {
      let handle = dlopen(library, RTLD_NOW)
      add(
        what, handle != nil, handle == nil ? "\(library) not found" : library, "apt-get install libpq5",
        isRequired: false)
    }
    let servers = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    add(
      "PostgreSQL server (tests)", !servers.isEmpty,
      servers.isEmpty ? "not installed" : "version \(servers.sorted().joined(separator: ", "))",
      "apt-get install postgresql", isRequired: false)
    add(
      "workspace", access(directory.path, W_OK) == 0, directory.path,
      "The folder can't be written: check its permissions.")
    let temporary = NSTemporaryDirectory()
    add("temporary folder", access(temporary, W_OK) == 0, temporary, "Set TMPDIR to a folder that can be written.")
    let free = (try? FileManager.default.attributesOfFileSystem(forPath: temporary))?[.systemFreeSize] as? Int
    add(
      "free disk space", (free ?? 0) > 1_000_000_000, free.map { RunLog.size($0) } ?? "unknown",
      "Sorts and joins larger than memory need space in the temporary folder.", isRequired: false)
    let processors = ProcessInfo.processInfo.processorCount
    add(
      "machine", true, "\(processors) cores, \(RunLog.size(Int(ProcessInfo.processInfo.physicalMemory))) of memory", "")
    let folder = directory.appending(path: ".weir")
    if FileManager.default.fileExists(atPath: folder.path) {
      let history = Result { try Store(file: folder.appending(path: "weir.db")) }
      add(
        "history", (try? history.get()) != nil, folder.appending(path: "weir.db").path,
        "The history can't be opened: check the permissions of .weir.")
      let vault = Vault(folder: folder, key: ProcessInfo.processInfo.environment["WEIR_KEY"])
      let names = (try? vault.names()) ?? []
      let unreadable = names.filter { (try? vault.secret(named: $0)) == nil }
      add(
        "secrets", unreadable.isEmpty,
        unreadable.isEmpty ? "\(names.count)" : "can't be read: \(unreadable.joined(separator: ", "))",
        "They were stored with another key: set WEIR_KEY, or store them again.")
    }
    return Diagnosis(findings: findings)
  }
}
