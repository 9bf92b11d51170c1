import DuckDB
import Foundation
import Tabular

/// The built program, run as a user runs it, in a folder of its own with a copy of `examples`.
package struct Program {
  package static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Where `weir` stands: beside the tests, or where `WEIR_PROGRAM` says.
  package static func path() throws -> String {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let beside = URL(filePath: CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? tests)
      .deletingLastPathComponent()
    let path = ProcessInfo.processInfo.environment["WEIR_PROGRAM"] ?? beside.appendingPathComponent("weir").path
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw Missing(description: "There is no program at \(path).")
    }
    return path
  }

  package struct Missing: Error, CustomStringConvertible {
    package var description: String
  }

  package struct Outcome: CustomStringConvertible {
    package var status: Int32
    package var output: String
    package var errors: String
    package var description: String { "exit \(status)\n\(output)\n\(errors)" }
  }

  package let folder: TemporaryFolder
  private let environment: [String: String]

  package init(environment: [String: String] = [:]) throws {
    folder = try TemporaryFolder()
    self.environment = environment
    try FileManager.default.copyItem(
      at: Program.repository.appending(path: "examples"), to: URL(filePath: folder.file("examples")))
    try FileManager.default.createDirectory(atPath: folder.file(".weir"), withIntermediateDirectories: true)
  }

  /// Runs `weir` to its end.
  package func weir(_ arguments: String...) async throws -> Outcome { try await run(Program.path(), arguments) }

  /// Runs any program to its end, in the folder, with the program's variables and a terminal's absence.
  package func run(_ program: String, _ arguments: [String]) async throws -> Outcome {
    let files = (folder.file("\(UUID().uuidString).out"), folder.file("\(UUID().uuidString).err"))
    let child = try ChildProcess(
      program, arguments, environment: ProcessInfo.processInfo.environment.merging(environment) { _, own in own },
      in: folder.path, output: .file(files.0), errors: .file(files.1))
    let status =
      switch await child.ending() {
      case .exited(let status), .signalled(let status): status
      }
    return Outcome(
      status: status, output: try String(contentsOfFile: files.0, encoding: .utf8),
      errors: try String(contentsOfFile: files.1, encoding: .utf8))
  }

  /// What the engine alone finds in what the program wrote, one text per row, values between `|`. `$here` is the folder; the file `database` is `shop`.
  package func rows(_ sql: String, attaching database: String? = nil) async throws -> [String] {
    let connection = try Database().connect()
    _ = try await connection.execute("SET TimeZone = 'UTC'")
    if let database { _ = try await connection.execute("ATTACH \(text: folder.file(database)) AS shop (READ_ONLY)") }
    let query = SQL(raw: sql.replacing("$here", with: folder.path))
    return try await connection.query(query).rows.map { $0.map(\.description).joined(separator: "|") }
  }

  /// A JSON file the program wrote.
  package func json(_ path: String) throws -> NSArray {
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: folder.file(path))))
    return object as? NSArray ?? []
  }
}
