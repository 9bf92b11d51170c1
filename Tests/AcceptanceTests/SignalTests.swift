import Foundation
import Glibc
import TestSupport
import Testing

/// A signal takes back what isn't visible yet and says so in the exit code.
@Suite struct SignalTests {
  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))], [[], ["--isolated"]])
  func aSignalEndsARun(_ signal: (number: Int32, code: Int32), _ options: [String]) async throws {
    let program = try Program()
    let target = URL(filePath: program.folder.file("out.json"))
    try Data("old".utf8).write(to: target)
    try Data(
      """
      name: endless
      steps:
        - id: numbers
          transform: { sql: "SELECT count(*) AS n FROM range(100000000) a, range(100000000) b WHERE a.range * b.range % 7 = 3" }
        - id: land
          write: { from: numbers, to: out.json, mode: replace }
      """.utf8
    ).write(to: URL(filePath: program.folder.file("endless.yaml")))
    let errors = try ChildOutput()
    let child = try ChildProcess(
      Program.path(), ["run", "endless.yaml"] + options, in: program.folder.path, errors: errors.end)
    let heard = await errors.heard(upTo: "Loading to")
    #expect(heard.contains("Loading to"), "\(heard)")
    let sent = Date()
    kill(child.id, signal.number)
    #expect(await child.ending() == .exited(signal.code))
    #expect(try String(contentsOf: target, encoding: .utf8) == "old")
    let left = try FileManager.default.contentsOfDirectory(atPath: program.folder.path).filter {
      $0.hasPrefix(".weir-")
    }
    #expect(left == [])
    let shown = try await program.weir("runs", "show", "latest", "-o", "json")
    let run = try #require(
      try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any], "\(shown)")
    #expect(run["status"] as? String == "cancelled", "\(shown)")
    let finished = try #require((run["finished_at"] as? String).flatMap(Self.date), "\(shown)")
    // Alone it takes less than a second; beside all other tests the machine may take longer.
    #expect(finished.timeIntervalSince(sent) < 15, "\(finished) is too long after \(sent)")
  }

  private static func date(_ text: String) -> Date? {
    (try? Date(text, strategy: .iso8601))
      ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
  }
}
