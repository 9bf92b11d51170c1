import Tabular
import Testing

@Suite struct ColumnNamesTests {
  private let composed = "caf\u{E9}", decomposed = "cafe\u{301}"

  @Test func namesAreComparedAsTheEngineDoes() {
    #expect(composed == decomposed && !ColumnNames.areSame(composed, decomposed))
    #expect(ColumnNames.areSame("Order_ID", "order_id") && !ColumnNames.areIdentical("a", "A"))
    #expect(!ColumnNames.areSame("\u{C9}t\u{E9}", "\u{E9}t\u{E9}"))
    #expect(ColumnNames.twins(in: ["a", composed, "A"]) == nil)
    #expect(ColumnNames.twins(in: ["a", composed, decomposed]).map { [$0.0, $0.1] } == [composed, decomposed])
    #expect(ColumnNames.spelled(decomposed).hasSuffix("(U+0063 U+0061 U+0066 U+0065 U+0301)"))
  }

  @Test func columnsAreFoundByTheirBytes() {
    let schema = Schema([Column(composed, .int64), Column(decomposed, .text), Column("ID", .date)])
    #expect(schema[name: composed]?.type == .int64 && schema[name: decomposed]?.type == .text)
    #expect(schema[name: "id"]?.type == .date && schema[name: "CAF\u{C9}"] == nil)
  }
}
