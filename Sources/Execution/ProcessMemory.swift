import Foundation
import Pipelines

/// What this process holds, as the kernel counts it (`/proc/self/status`).
package enum ProcessMemory {
  /// Bytes resident now.
  package static var resident: Int { field("VmRSS:") }
  /// The most that was resident at any time.
  package static var peak: Int { field("VmHWM:") }

  /// Returns when far more than `limit` bytes are resident and stay so, or when the task is cancelled. Up to a quarter, or 100 MB, the engine
  /// was seen to take beyond what it is allowed; that is a warning, not a failure.
  static func exceeding(_ limit: Int) async {
    var times = 0
    while !Task.isCancelled, times < 3 {
      times = resident > limit + max(limit / 4, 100_000_000) ? times + 1 : 0
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  private static func field(_ name: String) -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) })
    else { return 0 }
    return (line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) * 1024
  }
}

extension Problem {
  static func memoryExceeded(_ bytes: Int, _ limit: Int) -> Problem {
    Problem(
      "memory-exceeded",
      "The run held \(bytes / 1_000_000) MB, more than the \(limit / 1_000_000) MB it may use, and was stopped.",
      hint: "Nothing was half-written. Give it more with --memory, or reduce what a sort, join or group has to hold.")
  }
}
