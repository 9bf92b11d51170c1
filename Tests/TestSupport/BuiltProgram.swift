import Foundation

/// The program this test run was built with.
package enum BuiltProgram {
  package struct Missing: Error, CustomStringConvertible {
    package var description: String
  }

  /// Where `weir` stands: beside the tests, or where `WEIR_PROGRAM` says.
  package static func path() throws -> String {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let beside = URL(fileURLWithPath: CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? tests).deletingLastPathComponent()
    let path = ProcessInfo.processInfo.environment["WEIR_PROGRAM"] ?? beside.appendingPathComponent("weir").path
    guard FileManager.default.isExecutableFile(atPath: path) else { throw Missing(description: "There is no program at \(path).") }
    return path
  }
}
