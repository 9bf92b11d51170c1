import ArgumentParser
import Foundation
import Pipelines
import Workspace

/// What every verb understands.
struct CommonOptions: ParsableArguments {
  enum Form: String, ExpressibleByArgument, CaseIterable { case table, json, yaml }

  @Option(name: [.short, .long], help: "How results are printed.")
  var output = Form.table
  @Option(help: ArgumentHelp("The workspace's folder; otherwise the nearest one above.", valueName: "folder"))
  var workspace: String?
  @Flag(name: .long, help: "No colours (as NO_COLOR=1).")
  var noColor = false
  @Flag(name: .shortAndLong, help: "Only results and errors.")
  var quiet = false
  @Flag(help: "Tell more.")
  var debug = false

  var isColored: Bool { !noColor && Terminal.isColored() }

  /// The folder the verb works in.
  var directory: URL {
    let current = URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
    return workspace.map { URL(filePath: $0, directoryHint: .isDirectory, relativeTo: current).absoluteURL }
      ?? Workspace.nearest(to: current)
  }

  func open() async throws -> Workspace {
    guard FileManager.default.fileExists(atPath: directory.path) else {
      throw Problem(
        "missing-file", "There is no folder \(directory.path).", hint: "Make one with weir init \(directory.path).")
    }
    return try await Workspace(directory: directory)
  }

  /// Prints `value` as one document, or `table` for people.
  func show(_ value: some Encodable, table: () -> String) throws {
    switch output {
    case .table: Terminal.write(table())
    case .json: Terminal.write(try Document.text(value) + "\n")
    case .yaml:
      Terminal.write(YAMLText.block(try SettingReader.read(Document.text(value), file: "document"), indent: 0))
    }
  }
}
