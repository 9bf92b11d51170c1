import Foundation
import Pipelines
import Tabular

/// The rule templates of a workspace, files `rules/NAME.yaml`, and those that come with Weir. A file wins over a built-in of the same name.
package struct RuleTemplates: RuleTemplateLookup {
  private let folder: URL

  init(directory: URL) { folder = directory.appending(path: "rules") }

  package var templateNames: [String] {
    let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter {
      $0.hasSuffix(".yaml") || $0.hasSuffix(".yml")
    }
    let own = files.map { String($0.prefix { $0 != "." }) }
    return (own + BuiltInTemplates().templateNames.filter { !own.contains($0) }).sorted()
  }

  package func template(named name: String) throws(Problems) -> RuleTemplate? {
    guard let (file, text) = try own(name) else { return try BuiltInTemplates().template(named: name) }
    return try RuleTemplate(text, name: name, file: file)
  }

  /// The text of a template and the file it stands in; nil = there is none.
  func text(named name: String) throws(Problems) -> (file: String?, text: String)? {
    if let found = try own(name) { return (found.file, found.text) }
    return BuiltInTemplates.texts.first { $0.name == name }.map { (nil, $0.text) }
  }

  private func own(_ name: String) throws(Problems) -> (file: String, text: String)? {
    guard !name.contains("/"), !name.hasPrefix(".") else { return nil }
    for ending in ["yaml", "yml"] {
      let url = folder.appending(path: "\(name).\(ending)")
      guard FileManager.default.fileExists(atPath: url.path) else { continue }
      do { return ("rules/\(name).\(ending)", try String(contentsOf: url, encoding: .utf8)) } catch {
        throw Problems([
          Problem("not-readable", "The file rules/\(name).\(ending) can't be read as UTF-8 text.", cause: error)
        ])
      }
    }
    return nil
  }
}

/// A kind of rule or a template, as `weir rules` lists them.
package struct KnownRule: Sendable, Codable {
  package enum Kind: String, Sendable, Codable { case rule, template }
  package var name: String
  package var kind: Kind
  package var summary: String
  /// How it is written in a list of rules.
  package var example: String
  /// The file of a template; nil = it comes with Weir.
  package var file: String?
  /// The text of a template.
  package var text: String?
  /// What is wrong with a template.
  package var problem: Problem?
}

extension Workspace {
  var ruleTemplates: RuleTemplates { RuleTemplates(directory: directory) }

  /// Every kind of rule, then every template.
  package func rules() -> [KnownRule] {
    let kinds = Rules.all.map { KnownRule(name: $0.name, kind: .rule, summary: $0.summary, example: $0.example) }
    return kinds + ruleTemplates.templateNames.map(known)
  }

  /// - Throws: `unknown-rule` with the near name.
  package func rule(named name: String) throws -> KnownRule {
    let all = rules()
    if let found = all.last(where: { $0.name == name }) { return found }
    if let kind = Rules.named(name), let found = all.first(where: { $0.name == kind.name }) { return found }
    throw Problem(
      "unknown-rule", "There is no rule and no rule template \"\(name)\".",
      hint: Nearest.hint(name, among: all.map(\.name)) ?? "weir rules lists them.")
  }

  private func known(_ name: String) -> KnownRule {
    var known = KnownRule(name: name, kind: .template, summary: "", example: "- use: \(name)")
    do {
      let found = try ruleTemplates.text(named: name)
      (known.file, known.text) = (found?.file, found?.text)
      guard let template = try ruleTemplates.template(named: name) else { return known }
      known.summary = template.summary ?? ""
      let given = template.parameters.map { "\($0.key): \($0.value.content == .null ? "…" : $0.value.text ?? "…")" }
      if !given.isEmpty { known.example = "- { use: \(name), with: { \(given.joined(separator: ", ")) } }" }
    } catch {
      known.problem = Problems.of(error).first
    }
    return known
  }
}
