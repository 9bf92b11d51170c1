import Execution
import Foundation
import GRDB
import Pipelines

/// Cursors belong to a pipeline's name. Of two files with one name, the second would go on where the first ended and leave rows out.
extension Workspace {
  /// Refuses a file with incremental reads if another file of that name, still there, has run with them.
  /// A file that was moved or renamed is not refused: the old one is gone, or has another name now.
  func refuseSharedCursors(_ plan: Plan, _ text: PipelineText) async throws {
    guard let path = text.path, plan.keepsCursors, let owner = try await store.owner(ofCursors: plan.name),
      owner != path,
      Workspace.name(ofFile: owner).map(Run.slug) == Run.slug(plan.name)
    else { return }
    let root = directory.resolvingSymlinksInPath().path + "/"
    let shown = owner.hasPrefix(root) ? String(owner.dropFirst(root.count)) : owner
    throw Problems([
      Problem(
        "name-in-use",
        "The file \(shown) is a pipeline named \"\(plan.name)\", too; both would share the cursors of their incremental reads.",
        hint: "Give one of them another name. To go on in its place with this file, delete \(shown) or rename it.",
        at: Location(file: text.file, line: 1, column: 1))
    ])
  }

  /// Remembers the file a run with incremental reads is made of.
  func claimCursors(_ plan: Plan, _ text: PipelineText) async throws {
    guard let path = text.path, plan.keepsCursors else { return }
    try await store.setOwner(ofCursors: plan.name, path)
  }

  /// The name of the pipeline in a file; nil if there is no such file, or none that can be read.
  private static func name(ofFile path: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let setting = try? SettingReader.read(text, file: path)
    else { return nil }
    return setting["name"]?.text ?? URL(filePath: path).deletingPathExtension().lastPathComponent
  }
}

extension Plan {
  fileprivate var keepsCursors: Bool {
    steps.contains { step in
      guard case .read(_, let spec) = step.work, case .incremental = spec.mode else { return false }
      return true
    }
  }
}

extension Store {
  fileprivate func owner(ofCursors pipeline: String) async throws -> String? {
    try await database.read { db in
      try String.fetchOne(db, sql: "SELECT path FROM owners WHERE pipeline = ?", arguments: [Run.slug(pipeline)])
    }
  }

  fileprivate func setOwner(ofCursors pipeline: String, _ path: String) async throws {
    try await database.write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO owners (pipeline, path) VALUES (?, ?)", arguments: [Run.slug(pipeline), path])
    }
  }
}
