import Foundation
import Pipelines
import Tabular

/// A file from the web as a file on the disk, gone with this object; what a killed process leaves is swept as all `Scratch` is.
final class FetchedFile: Sendable {
  /// Ends as the address does.
  let path: String

  /// - Throws: `unreadable-file` with the server's answer, `disk-full`.
  init(_ address: String, setup: [SQL], _ context: ConnectorContext, at location: Location?) async throws {
    path = Scratch.path("fetched" + FetchedFile.ending(address))
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    defer { if file >= 0 { close(file) } }
    let (folder, path) = (NSTemporaryDirectory(), path)
    try await context.ask {
      try await $0.read(address, setup: setup) { bytes in
        guard file >= 0, write(file, bytes.baseAddress, bytes.count) == bytes.count else {
          throw Problem(
            "disk-full", "There is no room for a copy of \"\(address)\" in \(folder).",
            hint: "Set another folder with TMPDIR.", at: location)
        }
      }
    } failing: { error in
      unlink(path)
      return Problem("unreadable-file", "\"\(address)\" can't be read: \(error)", at: location, cause: error)
    }
  }

  deinit { unlink(path) }

  /// `.csv.gz` of `https://host/a.csv.gz?x=1`.
  static func ending(_ address: String) -> String {
    let path = address.prefix { $0 != "?" && $0 != "#" }
    let name = path.split(separator: "/").last ?? ""
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).suffix(2)
    return parts.map { "." + $0.filter { $0.isLetter || $0.isNumber } }.joined()
  }
}
