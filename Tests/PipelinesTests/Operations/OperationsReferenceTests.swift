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
      try Data(OperationsReference.markdown().utf8).write(to: page)
    }
    let written = try String(contentsOf: page, encoding: .utf8)
    #expect(
      written == OperationsReference.markdown(),
      "Write the page anew: UPDATE_GOLDEN=1 swift test --filter OperationsReference")
  }

  @Test func everyOperationAndRuleHasASection() {
    let text = OperationsReference.markdown()
    for name in Operations.all.map(\.name) + Rules.all.map(\.name) { #expect(text.contains("### \(name)\n")) }
  }
}
