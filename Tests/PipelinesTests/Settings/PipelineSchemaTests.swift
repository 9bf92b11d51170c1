import Foundation
import Testing

@testable import Pipelines

@Suite struct PipelineSchemaTests {
  private func schema() throws -> [String: Any] {
    let text = PipelineSchema.json(catalog: .fake)
    if let path = ProcessInfo.processInfo.environment["SCHEMA_FILE"] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func knowsEveryKeyTheParserReads() throws {
    let schema = try schema()
    let properties = try #require(schema["properties"] as? [String: Any])
    #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    for key in PipelineReading.canonicalKeys + PipelineReading.documentKeys + PipelineReading.sectionKeys {
      #expect(properties[key] != nil, "\(key) is missing")
    }
  }

  @Test func everyReferenceHasADefinition() throws {
    let schema = try schema()
    let definitions = try #require(schema["$defs"] as? [String: Any])
    var found: Set<String> = []
    collect(schema, into: &found)
    #expect(found.count > 8)
    for name in found { #expect(definitions[name] != nil, "\(name) is missing") }
  }

  @Test func operationsAndRulesComeWithTheirSettings() throws {
    let definitions = try #require(try schema()["$defs"] as? [String: Any])
    for (name, types) in [("operation", Operations.all.map(\.name)), ("rule", Rules.all.map(\.name))] {
      let shapes = try #require((definitions[name] as? [String: Any])?["anyOf"] as? [[String: Any]])
      let properties = try #require(shapes[1]["properties"] as? [String: Any])
      for type in types { #expect(properties[type] != nil, "\(type) is missing") }
    }
  }

  private func collect(_ value: Any, into found: inout Set<String>) {
    if let map = value as? [String: Any] {
      if let target = map["$ref"] as? String { found.insert(target.replacingOccurrences(of: "#/$defs/", with: "")) }
      for inner in map.values { collect(inner, into: &found) }
    } else if let list = value as? [Any] {
      for inner in list { collect(inner, into: &found) }
    }
  }
}
