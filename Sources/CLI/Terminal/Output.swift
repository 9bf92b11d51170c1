import ArgumentParser
import Foundation
import Pipelines
import Tabular
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
    return workspace.map { URL(filePath: $0, directoryHint: .isDirectory, relativeTo: current).absoluteURL } ?? Workspace.nearest(to: current)
  }

  func open() async throws -> Workspace {
    guard FileManager.default.fileExists(atPath: directory.path) else {
      throw Problem("missing-file", "There is no folder \(directory.path).", hint: "Make one with weir init \(directory.path).")
    }
    return try await Workspace(directory: directory)
  }

  /// Prints `value` as one document, or `table` for people.
  func show(_ value: some Encodable, table: () -> String) throws {
    switch output {
    case .table: Terminal.write(table())
    case .json: Terminal.write(try Document.text(value) + "\n")
    case .yaml: Terminal.write(try YAMLText.render(json: Document.text(value)))
    }
  }
}

/// A JSON document as YAML.
enum YAMLText {
  static func render(json: String) throws -> String {
    let setting = try SettingReader.read(json, file: "document")
    return render(setting, indent: 0) + "\n"
  }

  private static func render(_ setting: Setting, indent: Int) -> String {
    let margin = String(repeating: "  ", count: indent)
    switch setting.content {
    case .null: return "null"
    case .toggle, .integer, .number: return setting.text ?? "null"
    case .text(let text): return quoted(text)
    case .list(let elements):
      if elements.isEmpty { return "[]" }
      return elements.map { element in
        isNested(element) ? "\(margin)- " + render(element, indent: indent + 1).drop { $0 == " " } : "\(margin)- \(render(element, indent: 0))"
      }.joined(separator: "\n")
    case .map(let entries):
      if entries.isEmpty { return "{}" }
      return entries.map { entry in
        let separator = isNested(entry.value) ? "\n" : " "
        return "\(margin)\(quoted(entry.key)):\(separator)\(render(entry.value, indent: indent + 1))"
      }.joined(separator: "\n")
    }
  }

  private static func isNested(_ setting: Setting) -> Bool {
    switch setting.content {
    case .list(let elements): !elements.isEmpty
    case .map(let entries): !entries.isEmpty
    default: false
    }
  }

  private static func quoted(_ text: String) -> String {
    text.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_ .\/-]*/) != nil && !["true", "false", "null", "yes", "no", "on", "off"].contains(text.lowercased())
      && text.last != " " ? text : JSONText.quote(text)
  }
}
