import Testing

@testable import Pipelines

@Suite struct SplitReadingTests {
  private static let text = """
    name: p
    steps:
      - id: rows
        read: { from: rows.csv }
      - id: routed
        transform: [ { split: { into: { large: v > 1000, others: else } } } ]
      - id: file
        write: { from: large, to: out.csv }
    """

  @Test func outputsAreStepsThatTheTextDoesntRepeat() throws {
    let spec = try PipelineParser.asWritten.parse(Self.text, file: "p.yaml")
    #expect(spec.steps.map(\.id) == ["rows", "routed", "large", "others", "file"])
    #expect(spec.steps[2].location.line == 6)
    let written = PipelineWriter().write(spec)
    #expect(!written.contains("id: large"), "\(written)")
    let again = try PipelineParser.asWritten.parse(written, file: "p.yaml")
    #expect(again.steps.map(\.id) == spec.steps.map(\.id))
  }

  @Test func theNextStepMustSayWhichOutputItReads() throws {
    let problems = #expect(throws: Problems.self) { try planned(Self.text.replacing("from: large, ", with: "")) }
    #expect(problems?.all.map(\.code) == ["which-output"])
    #expect(problems?.all.first?.hint == "Say which one with from:, one of large, others.")
  }
}
