import Foundation
import Testing

@testable import Pipelines

/// Files beside the tests.
enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

  static func text(_ path: String) throws -> String {
    try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
  }

  /// Compares `actual` with a file; with UPDATE_GOLDEN=1 writes it instead.
  static func expect(_ actual: String, equals path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = folder.appendingPathComponent(path)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try actual.write(to: file, atomically: true, encoding: .utf8)
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    #expect(actual == expected, "\(path) differs", sourceLocation: sourceLocation)
  }
}

/// Secrets by name, in memory.
struct KnownSecrets: SecretLookup {
  var values: [String: String]
  func secret(named name: String) throws(Problem) -> Secret {
    guard let value = values[name] else {
      throw Problem(
        "unknown-secret", "There is no secret \"\(name)\".", hint: Nearest.hint(name, among: values.keys.sorted()))
    }
    return Secret(value)
  }
}
