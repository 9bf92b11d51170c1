import TestSupport
import Testing

@testable import Pipelines

@Suite struct PipelineWriterTests {
  @Test(arguments: [
    "daily-orders.yaml", "documents/ecommerce-orders.json", "documents/wind-farm.json", "documents/sales-sync.json",
    "documents/job.json",
    "documents/customer-enrichment.json", "documents/customer-standardization.json",
    "documents/transaction-aggregation.json",
    "documents/conditional-discount.json",
  ])
  func whatIsWrittenMeansTheSame(_ name: String) throws {
    let spec = try PipelineParser.asWritten.parse(Fixtures.text(name), file: name)
    let text = PipelineWriter().write(spec)
    let again = try PipelineParser.asWritten.parse(text, file: "again.yaml")
    #expect(meaning(of: again) == meaning(of: spec))
    #expect(PipelineWriter().write(again) == text)
    try Fixtures.expect(
      text, equals: "canonical/\(name.split(separator: "/").last?.split(separator: ".").first ?? "").yaml")
  }

  /// Everything in a spec but places; maps in the order of their keys.
  private func meaning(of value: Any) -> String {
    if value is Location { return "" }
    if let setting = value as? Setting { return YAMLText.flow(setting) }
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .dictionary || mirror.displayStyle == .set {
      return "{" + mirror.children.map { meaning(of: $0.value) }.sorted().joined(separator: "; ") + "}"
    }
    if mirror.children.isEmpty { return String(describing: value) }
    return "\(mirror.subjectType)("
      + mirror.children.map { "\($0.label ?? ""): \(meaning(of: $0.value))" }.joined(separator: "; ") + ")"
  }

  @Test func anyTextSurvives() throws {
    var numbers = SeededNumbers(seed: 7)
    let pieces = [
      "a", " ", ":", "#", "- ", "\n", "\t", "'", "\"", "\\", "{", "]", ",", "é", "🦊", "\u{1}", "\u{85}", "|", "0",
      "null", "~", "%", "@", "*", "&", ": ", " #", "\u{2028}",
    ]
    for _ in 0..<600 {
      let text = (0..<Int.random(in: 0...6, using: &numbers)).map { _ in pieces.randomElement(using: &numbers) ?? "" }
        .joined()
      var map = MapWriting()
      map.add("k", text)
      map.add("list", [text, text])
      let outer = MapWriting.list([map.setting, MapWriting.setting(.text(text))])
      let read = try SettingReader.read(YAMLText.block(outer, indent: 0), file: "t.yaml")
      #expect(YAMLText.flow(read) == YAMLText.flow(outer))
      #expect(read.elements.last?.text == text)
    }
  }
}
