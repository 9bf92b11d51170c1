import Foundation
import Glibc

/// Names for temporary files and folders, `weir-<process>-<name>` in TMPDIR. What processes that are gone left under such names, because
/// they were killed, is removed when the next one needs a name.
package enum Scratch {
  /// A name nobody has.
  /// - Parameter name: what it ends in: `orders.csv.gz`.
  package static func path(_ name: String) -> String {
    _ = isSwept
    return folder + "/\(mark)\(getpid())-\(UUID().uuidString)-\(name)"
  }

  /// Removes what processes that are gone have left.
  package static func sweep() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(mark) {
      guard let id = Int32(name.dropFirst(mark.count).prefix { $0.isNumber }), kill(id, 0) != 0, errno == ESRCH else {
        continue
      }
      try? FileManager.default.removeItem(atPath: folder + "/" + name)
    }
  }

  private static let isSwept: Bool = {
    sweep()
    return true
  }()

  private static var folder: String {
    let folder = NSTemporaryDirectory()
    return folder.hasSuffix("/") ? String(folder.dropLast()) : folder
  }

  /// Process numbers mean something inside one namespace only; another's leftovers stay.
  private static let mark: String = {
    let space = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
    return "weir-\(space.filter { $0.isNumber })-"
  }()
}
