import Foundation
import Pipelines
import Testing

/// Every example that users copy, and every pipeline in the documentation, is read without a problem.
@Suite struct ExampleFilesTests {
  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let examples: [String] = {
    let folder = FileManager.default.enumerator(atPath: repository.appending(path: "examples").path)
    return (folder?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  @Test func thereAreExamples() {
    #expect(Self.examples.count >= 9)
    #expect(Self.examples.contains("ecommerce/pipeline.yaml"))
  }

  @Test(arguments: examples) func anExampleIsRead(_ path: String) throws {
    let text = try String(contentsOf: Self.repository.appending(path: "examples/\(path)"), encoding: .utf8)
    let spec = try Self.parse(text, file: path)
    #expect(spec.steps.contains { if case .write = $0.work { true } else { false } })
    for operation in Self.operations(of: spec) {
      #expect(Operations.named(operation) != nil, "\(path) uses \"\(operation)\", which is no operation")
    }
    for rule in Self.rules(of: spec) {
      #expect(Rules.named(rule) != nil, "\(path) uses \"\(rule)\", which is no rule")
    }
  }

  @Test(arguments: ["README.md", "docs/pipeline-file.md"]) func aPipelineInTheDocumentationIsRead(_ path: String) throws
  {
    let text = try String(contentsOf: Self.repository.appending(path: path), encoding: .utf8)
    let pipelines = text.matches(of: /```yaml\n(name: [\s\S]*?)```/).map { String($0.1) }
    #expect(!pipelines.isEmpty)
    for pipeline in pipelines { _ = try Self.parse(pipeline, file: path) }
  }

  @Test func linksInTheDocumentationLeadSomewhere() throws {
    let folder = FileManager.default.enumerator(atPath: Self.repository.appending(path: "docs").path)
    let pages = (folder?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
    for page in pages + ["README.md", "CONTRIBUTING.md", "AGENTS.md", "THIRD_PARTY.md", "examples/README.md"] {
      let file = Self.repository.appending(path: page)
      let text = try String(contentsOf: file, encoding: .utf8)
      for link in text.matches(of: /\]\(([^)\s#:]+)(#[^)]*)?\)/).map({ String($0.1) }) {
        let target = file.deletingLastPathComponent().appending(path: link).standardizedFileURL
        #expect(FileManager.default.fileExists(atPath: target.path), "\(page) links to \(link), which isn't there")
      }
    }
  }

  private static func parse(_ text: String, file: String) throws -> PipelineSpec {
    try PipelineParser(environment: [:], parameters: [:]).parse(text, file: file)
  }

  private static func operations(of spec: PipelineSpec) -> [String] {
    spec.steps.flatMap { step -> [String] in
      guard case .transform(let transform) = step.work, case .operations(let list) = transform.body else { return [] }
      return list.map(\.name)
    }
  }

  private static func rules(of spec: PipelineSpec) -> [String] {
    spec.steps.flatMap { step -> [String] in
      guard case .check(let check) = step.work else { return [] }
      return check.rules.map(\.name)
    }
  }
}
