import Foundation

/// A folder of a test's own, gone when the value is.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws {
    path = NSTemporaryDirectory() + "weir-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  package func file(_ name: String) -> String { path + "/" + name }

  /// The lines of a file, sorted; nil if there is none.
  package func lines(_ name: String) -> [String]? {
    (try? String(contentsOfFile: file(name), encoding: .utf8))?.split(separator: "\n").map(String.init).sorted()
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
