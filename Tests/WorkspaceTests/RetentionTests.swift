import Foundation
import TestSupport
import Testing
import Workspace

@Suite struct RetentionTests {
  @Test func oldRunsGoOldLogsGoTheRestStays() async throws {
    let folder = try TemporaryFolder()
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    let now = Date().addingTimeInterval(2 * 86_400)
    var ids: [String] = []
    for days in [200.0, 60, 1] {
      let begun = now.addingTimeInterval(-days * 86_400)
      var run = Run(
        id: Run.newID(at: begun), pipeline: "p", file: nil, version: "v", status: .success, trigger: .manual,
        startedAt: begun)
      run.finishedAt = begun
      try await workspace.store.save(run)
      let files = workspace.folder(of: run.id)
      try files.create()
      for file in [files.log, files.events, files.rejects] { try Data("x".utf8).write(to: file) }
      ids.append(run.id)
    }
    let home = URL(fileURLWithPath: folder.file(".weir"))
    try await Retention().sweep(workspace.store, home, at: now)
    #expect(try await workspace.store.runs().map(\.id) == [ids[2], ids[1]])
    func isThere(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }
    #expect(!isThere(workspace.folder(of: ids[0]).url))
    #expect(!isThere(workspace.folder(of: ids[1]).log) && isThere(workspace.folder(of: ids[1]).rejects))
    #expect(isThere(workspace.folder(of: ids[2]).log))
  }
}
