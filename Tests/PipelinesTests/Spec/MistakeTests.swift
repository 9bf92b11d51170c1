import Testing

@testable import Pipelines

/// What a user is told about a wrong file, word for word.
@Suite struct MistakeTests {
  @Test(arguments: [
    "many.yaml", "tab.yaml", "braces.yaml", "duplicate.yaml", "bracket.json", "colon.yaml", "two-forms.yaml",
    "list.yaml", "empty.yaml",
    "two-documents.yaml",
  ])
  func mistakes(_ name: String) throws {
    var words = "no problem\n"
    do {
      _ = try PipelineParser().parse(Fixtures.text("mistakes/\(name)"), file: name)
    } catch let error as Problems {
      words = error.description + "\n"
      #expect(error.all.allSatisfy { $0.location != nil })
    }
    try Fixtures.expect(words, equals: "mistakes/\(name).txt")
  }
}
