import Foundation
import Glibc
import TestSupport
import Testing

/// `script/setup` may be run again, and needs no network once it is done.
@Suite(.timeLimit(.minutes(10))) struct SetupTests {
  /// A network of its own is none; only root may make one.
  private static var isOfflinePossible: Bool {
    getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/unshare")
  }

  @Test(.enabled(if: isOfflinePossible, "taking the network away needs root"))
  func setupRunsAgainWithoutANetwork() async throws {
    let program = try Program()
    let setup = Program.repository.appending(path: "script/setup").path
    for _ in 0..<2 {
      let outcome = try await program.run("/usr/bin/unshare", ["-n", setup])
      #expect(outcome.status == 0, "\(outcome)")
    }
  }
}
