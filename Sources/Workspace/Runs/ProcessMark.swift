import Foundation
import Glibc

/// A process, told apart from a later one with the same number by when it started.
package struct ProcessMark: Sendable, Hashable {
  package var id: Int32
  /// The 22nd field of `/proc/<id>/stat`.
  package var startTime: String

  /// The process this code runs in.
  package static let current = ProcessMark(id: getpid())

  package init(id: Int32) {
    self.id = id
    startTime = Self.startTime(of: id) ?? "?"
  }

  init?(text: String) {
    let parts = text.split(separator: "/")
    guard parts.count == 2, let id = Int32(parts[0]) else { return nil }
    self.id = id
    startTime = String(parts[1])
  }

  var text: String { "\(id)/\(startTime)" }

  package var isAlive: Bool { Self.startTime(of: id) == startTime }

  private static func startTime(of id: Int32) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8), let end = text.lastIndex(of: ")")
    else {
      return nil
    }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z" else { return nil }
    return String(fields[19])
  }
}
