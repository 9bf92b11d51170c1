import Connectors
import Foundation
import Pipelines
import Testing

/// `docs/reference/connectors` is what the connectors say of themselves. `UPDATE_GOLDEN=1` rewrites it.
@Suite struct ConnectorReferenceTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "docs/reference/connectors")

  @Test(arguments: Connectors.catalog.types.map(\.id))
  func page(_ id: String) throws {
    let type = try #require(Connectors.catalog.types.first { $0.id == id })
    let file = Self.folder.appending(path: "\(id).md")
    let text = Self.page(of: type)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
      try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text, "UPDATE_GOLDEN=1 writes the page anew.")
  }

  private static func page(of type: ConnectorType) -> String {
    var text = "# \(type.title)\n\n\(type.summary)\n\n- Type: `\(type.id)`"
    func list(_ title: String, _ names: [String]) -> String {
      names.isEmpty ? "" : "\n- \(title): " + names.map { "`\($0)`" }.joined(separator: ", ")
    }
    text +=
      list("Also written", type.aliases) + list("URLs", type.schemes.map { "\($0)://" })
      + list("File endings", type.fileEndings.map { ".\($0)" })
    text += "\n- Read: \(type.isSource ? "yes" : "no")"
    text +=
      type.writeModes.map { modes in
        list("Write modes", WriteMode.allCases.filter(modes.contains).map(\.rawValue))
      } ?? "\n- Written: no"
    text += "\n\n| Setting | Kind | Default | Meaning |\n|---|---|---|---|\n"
    for setting in type.settings {
      let names = ([setting.name] + setting.otherNames).map { "`\($0)`" }.joined(separator: ", ")
      let example = setting.example.map { " Example: `\($0)`." } ?? ""
      let fallback = setting.isRequired ? "required" : setting.defaultText.map { "`\($0)`" } ?? ""
      text +=
        "| \(names) | \(kind(setting.kind)) | \(fallback) | \(setting.summary)\(example) |\n".replacing("\n", with: " ")
        .trimmingCharacters(in: .whitespaces) + "\n"
    }
    return text
  }

  private static func kind(_ kind: SettingKind) -> String {
    switch kind {
    case .text: "text"
    case .secret: "secret"
    case .integer: "whole number"
    case .number: "number"
    case .toggle: "true or false"
    case .choice(let choices): choices.joined(separator: ", ")
    case .list(let element): "list of \(self.kind(element))"
    case .map: "map"
    case .any: "any"
    }
  }
}
