import Foundation
import Testing

/// Holds every `import` in `Sources` against the layer table of `docs/architecture.md`.
@Suite struct LayerTests {
  @Test func everyImportIsAllowedByTheTable() throws {
    let table = try LayerTable.read()
    var checked = 0
    for (target, files) in try swiftFiles() {
      let allowed = try #require(table.imports[target], "docs/architecture.md has no row for \(target)")
      for file in files {
        for module in try importedModules(file) {
          checked += 1
          #expect(
            allowed.contains(module) || table.everywhere.contains(module),
            "\(target) may not import \(module) (\(file.lastPathComponent)); see the table in docs/architecture.md")
        }
      }
    }
    #expect(checked > 20, "only \(checked) imports were found: is the test looking at the right folder?")
  }

  @Test func theTableGoesFromTheBottomToTheTop() throws {
    let table = try LayerTable.read()
    for (position, target) in table.order.enumerated() {
      for module in table.imports[target, default: []] {
        guard let other = table.order.firstIndex(of: module) else { continue }
        #expect(other < position, "\(target) stands above \(module) in the table, so it can't import it")
      }
    }
  }

  @Test func everyRowIsATarget() throws {
    #expect(Set(try LayerTable.read().order) == Set(try FileManager.default.contentsOfDirectory(atPath: sources.path)))
  }

  private var sources: URL { LayerTable.repository.appending(path: "Sources") }

  /// The Swift files below `Sources`, by target.
  private func swiftFiles() throws -> [String: [URL]] {
    var result: [String: [URL]] = [:]
    for target in try FileManager.default.contentsOfDirectory(atPath: sources.path) {
      let folder = FileManager.default.enumerator(at: sources.appending(path: target), includingPropertiesForKeys: nil)
      result[target] = (folder?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
    }
    return result
  }

  /// Module names after `import`, with whatever attributes, access level or kind stand around it.
  private func importedModules(_ file: URL) throws -> [String] {
    let pattern =
      /^(?:@\w+(?:\(\w+\))?\s+)*(?:\w+\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      line.firstMatch(of: pattern).map { String($0.1) }
    }
  }
}

/// The table of `docs/architecture.md`: rows `| \`Target\` | what | \`Module\`, … |`.
private struct LayerTable {
  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  var order: [String] = []
  var imports: [String: Set<String>] = [:]
  var everywhere: Set<String> = []

  static func read() throws -> LayerTable {
    let text = try String(contentsOf: repository.appending(path: "docs/architecture.md"), encoding: .utf8)
    var table = LayerTable()
    var isInside = false
    for line in text.split(separator: "\n") {
      if line.hasPrefix("| Target |") { isInside = true }
      if !line.hasPrefix("|") { isInside = false }
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst()
      guard isInside, cells.count >= 3, let name = cells.first else { continue }
      let modules = Set(cells.dropFirst(2).joined().matches(of: /`(\w+)`/).map { String($0.1) })
      if let target = name.firstMatch(of: /`(\w+)`/)?.1 {
        table.order.append(String(target))
        table.imports[String(target)] = modules
      } else if name.contains("every target") {
        table.everywhere = modules
      }
    }
    try #require(table.order.count > 5, "the layer table of docs/architecture.md wasn't found")
    return table
  }
}
