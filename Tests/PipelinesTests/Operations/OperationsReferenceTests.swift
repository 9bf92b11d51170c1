import Foundation
import Pipelines
import Testing

@Suite struct OperationsReferenceTests {
  /// `docs/reference/operations.md` says what the code does. `UPDATE_GOLDEN=1` writes it anew.
  @Test func pageIsFresh() throws {
    var folder = URL(filePath: #filePath)
    for _ in 0..<4 { folder.deleteLastPathComponent() }
    let page = folder.appending(path: "docs/reference/operations.md")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(at: page.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(try OperationsReference.markdown().utf8).write(to: page)
    }
    let written = try String(contentsOf: page, encoding: .utf8)
    #expect(
      try written == OperationsReference.markdown(),
      "Write the page anew: UPDATE_GOLDEN=1 swift test --filter OperationsReference")
  }

  @Test func everyOperationAndRuleHasASection() throws {
    let text = try OperationsReference.markdown()
    for name in Operations.all.map(\.name) + Rules.all.map(\.name) { #expect(text.contains("### \(name)\n")) }
  }

  /// Who adds an operation or a rule says in its declaration what it does to rows, and to bad values.
  @Test func everyOperationAndRuleShowsAnExampleAndSaysWhatBecomesOfBadValues() {
    for type in Operations.all {
      #expect(type.shown != nil, "The operation \(type.name) has no example: `shown:` in its manifest.")
      #expect(
        !type.badValues.isEmpty, "The operation \(type.name) doesn't say what becomes of bad values: `badValues:`.")
    }
    for type in Rules.all {
      #expect(type.shown != nil, "The rule \(type.name) has no example: `shown:` in its manifest.")
      #expect(!type.badValues.isEmpty, "The rule \(type.name) doesn't say what becomes of bad values: `badValues:`.")
    }
  }

  /// A variant of a general operation shows only the settings that mean something for it, and takes no others.
  @Test func variantsHaveTheirOwnSettingsOnly() throws {
    #expect(Operations.named("title_case")?.settings.map(\.name) == ["fields"])
    #expect(Operations.named("format")?.settings.map(\.name) == ["fields", "regex", "pattern"])
    #expect(throws: Problems.self) {
      try Operations.make(SettingReader.read("trim: { field: a, width: 5 }", file: "f"))
    }
  }
}
