import Pipelines
import Testing

@Suite struct FieldMatchingTests {
  private func match(_ fields: [String], _ columns: [String], _ answers: [FieldAnswer] = []) -> FieldMatching {
    FieldMatching(fields: fields, columns: columns, answers: answers, step: "load", target: "table \"customers\"")
  }

  /// The documented example: 87 % and 72 %.
  @Test func similarity() {
    #expect(FieldSimilarity.percent("customer_segment_v2", "customer_segment") == 87)
    #expect(FieldSimilarity.percent("customer_segment_v2", "customer_category") == 72)
    #expect(FieldSimilarity.percent("Customer Segment", "customer_segment") == 96)
    #expect(FieldSimilarity.percent("customer_segment", "CUSTOMER_SEGMENT") == 96)
    #expect(FieldSimilarity.percent("abc", "xyz") == 48)
    #expect(FieldSimilarity.percent("", "x") == 0)
    #expect(FieldSimilarity.percent("客户", "客户名") == 76)
  }

  @Test func theNearestComesFirstAndTheFarAreLeftOut() {
    let result = match(["id", "customer_segment_v2"], ["id", "zip", "customer_category", "customer_segment"])
    #expect(result.questions.map(\.field) == ["customer_segment_v2"])
    #expect(result.questions[0].candidates.map(\.column) == ["customer_segment", "customer_category"])
    #expect(result.questions[0].candidates.map(\.similarity) == [87, 72])
    #expect(result.questions[0].unfilled == ["zip", "customer_category", "customer_segment"])
    #expect(result.questions[0].choices == ["map:customer_segment", "map:customer_category", "create", "ignore"])
    #expect(match(["id", "note"], ["id", "zip"]).questions[0].choices == ["create", "ignore"])
  }

  @Test func aColumnThatAnotherFieldFillsIsNoCandidate() {
    #expect(match(["segment", "segment_2"], ["SEGMENT"]).questions[0].candidates.isEmpty)
  }

  @Test func spellingsOfOneNameMatchByThemselves() {
    let result = match(["Order ID", "Amount"], ["order_id", "amount"])
    #expect(result.mapping == ["Order ID": "order_id"] && result.certain == ["Order ID"] && result.questions.isEmpty)
  }

  /// Two fields that could be the same column, or one that could be two: nobody guesses.
  @Test func twoThatFitEquallyAreAsked() {
    #expect(match(["order id", "order-id"], ["order_id"]).questions.count == 2)
    #expect(match(["order id"], ["order_id", "orderid"]).questions[0].candidates.map(\.similarity) == [96, 96])
  }

  @Test func answersCount() {
    let answers = [
      FieldAnswer(step: "load", field: "SEGMENT_v2", choice: .map, target: "Segment"),
      FieldAnswer(step: "load", field: "a", choice: .create),
      FieldAnswer(step: "load", field: "b", choice: .create), FieldAnswer(step: "load", field: "b", choice: .ignore),
    ]
    let result = match(["segment_v2", "a", "b"], ["segment"], answers)
    #expect(
      result.mapping == ["segment_v2": "segment"] && result.created == ["a"] && result.ignored == ["b"]
        && result.questions.isEmpty)
  }

  /// A remembered column that is gone, or filled by another field now, is asked about again.
  @Test(arguments: [["id"], ["id", "segment_v2"]]) func anAnswerThatDoesNotFitAnyMore(columns: [String]) {
    let answer = FieldAnswer(step: "load", field: "segment_v3", choice: .map, target: "segment_v2")
    #expect(match(["id", "segment_v2", "segment_v3"], columns, [answer]).questions.map(\.field).contains("segment_v3"))
  }
}
