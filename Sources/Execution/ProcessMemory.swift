import Foundation

/// What this process holds, as the kernel counts it (`/proc/self/status`).
package enum ProcessMemory {
  /// Bytes resident now.
  package static var resident: Int { field("VmRSS:") }
  /// The most that was resident at any time.
  package static var peak: Int { field("VmHWM:") }

  private static func field(_ name: String) -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) })
    else { return 0 }
    return (line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) * 1024
  }
}
