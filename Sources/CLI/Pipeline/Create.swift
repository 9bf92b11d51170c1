import ArgumentParser
import Foundation
import Workspace

struct Init: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Make a folder a workspace, with a first pipeline.")
  @Argument(help: "The folder; otherwise this one.") var folder: String?
  @OptionGroup var common: CommonOptions

  func run() async throws {
    struct Made: Encodable { let workspace: String, created: [String] }
    let current = URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
    let directory =
      (folder ?? common.workspace).map {
        URL(filePath: $0, directoryHint: .isDirectory, relativeTo: current).absoluteURL
      } ?? current
    let created = try Workspace.create(at: directory)
    try common.show(Made(workspace: directory.path, created: created)) {
      created.map { "created \($0)\n" }.joined() + "Try: weir run first\n"
    }
  }
}

struct New: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Add a pipeline to start from.")
  @Argument(help: "Its name.") var name: String
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let path = try await common.open().newPipeline(name)
    try common.show(["created": path]) { "created \(path)\n" }
  }
}

struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Say whether everything Weir needs is there.")
  @OptionGroup var common: CommonOptions

  func run() async throws {
    let diagnosis = Diagnosis.of(common.directory)
    try common.show(diagnosis) {
      diagnosis.findings.map { finding in
        let mark = finding.isGood ? Ink.green("✓", if: common.isColored) : Ink.red("✗", if: common.isColored)
        return "\(mark) \(finding.what): \(finding.detail)\n" + (finding.hint.map { "  \($0)\n" } ?? "")
      }.joined()
    }
    if !diagnosis.isHealthy { throw Leave(code: 1) }
  }
}
