import Pipelines
import TestSupport
import Testing

@testable import Execution

/// Rows whose texts are alike count as one.
@Suite struct FuzzyMatchTests {
  @Test(arguments: [
    ("Jon Smith", "John Smith", 0.9), ("abc", "abc", 1.0), ("", "", 1.0), ("abc", "", 0.0),
    ("kitten", "sitting", 1 - 3.0 / 7), ("жук", "лук", 2.0 / 3),
    ("Ёлка", "Елка", 0.75), (String(repeating: "ab", count: 50), String(repeating: "ab", count: 49), 0.98),
  ])
  func similarityCountsCharacters(_ a: String, _ b: String, _ expected: Double) {
    var similarity = TextSimilarity()
    for (left, right) in [(a, b), (b, a)] {
      let found = Array(left.utf8).withUnsafeBytes { l in
        Array(right.utf8).withUnsafeBytes { r in similarity.similarity(l, r) }
      }
      #expect(abs(found - expected) < 1e-12)
    }
  }

  /// A pair of texts that is near enough is never left out for its letters.
  @Test func aChangedCharacterChangesAtMostTwoBits() {
    var numbers = SeededNumbers(seed: 5)
    var comparison = TextSimilarity()
    for _ in 0..<2_000 {
      let texts = (0..<2).map { _ in
        let characters = (0..<Int.random(in: 0...12, using: &numbers)).map { _ in
          "abcABC é жD".randomElement(using: &numbers) ?? "a"
        }
        return Array(String(characters).utf8)
      }
      let longest = texts.map { String(decoding: $0, as: UTF8.self).unicodeScalars.count }.max() ?? 0
      let similarity = texts[0].withUnsafeBytes { l in texts[1].withUnsafeBytes { r in comparison.similarity(l, r) } }
      let letters = texts.map { text in text.withUnsafeBytes { comparison.letters($0) } }
      let distance = ((1 - similarity) * Double(longest)).rounded()
      #expect(Double((letters[0] ^ letters[1]).nonzeroBitCount) <= 2 * distance)
    }
  }

  @Test(arguments: [
    ("dedupe: { similar: [name], threshold: 0.85 }", #"[{"name":"Jon Smith"},{"name":"Jane Miller"}]"#),
    ("dedupe: { keys: name, similarity: 0.85 }", #"[{"name":"Jon Smith"},{"name":"Jane Miller"}]"#),
    (
      "dedupe: { similar: name, threshold: 0.95 }",
      #"[{"name":"Jon Smith"},{"name":"JOHN  smith"},{"name":"Jane Miller"}]"#
    ),
    ("dedupe: { similar: name, keep: last }", #"[{"name":"Jane Miller"},{"name":"John Smith"}]"#),
  ])
  func namesThatAreAlikeAreOne(_ operation: String, _ expected: String) async throws {
    let rows = #"[{"name": "Jon Smith"}, {"name": "JOHN  smith"}, {"name": "Jane Miller"}, {"name": "John Smith"}]"#
    #expect(try await OperationBench().run("[{\(operation)}]", on: rows) == expected)
  }

  @Test func keysMustBeEqualAndRowsWithoutTextStay() async throws {
    let rows = #"""
      [{"city": "Rome", "name": "Jon Smith"}, {"city": "Oslo", "name": "John Smith"}, {"city": null, "name": null}, {"city": null, "name": " "},
       {"city": "Rome", "name": "John Smith"}, {"city": null, "name": "John Smith"}, {"city": null, "name": "Jon Smith"}]
      """#
    #expect(
      try await OperationBench().run("[{dedupe: {keys: [city], similar: [name]}}]", on: rows)
        == #"[{"city":"Rome","name":"Jon Smith"},{"city":"Oslo","name":"John Smith"},{"city":null,"name":null},{"city":null,"name":" "},{"city":null,"name":"John Smith"}]"#
    )
  }

  /// Whatever the texts: the same groups as comparing each with each.
  @Test(arguments: [0.6, 0.75, 0.85, 1.0]) func nothingIsMissed(_ threshold: Double) async throws {
    var numbers = SeededNumbers(seed: 11)
    let texts = (0..<150).map { _ in
      String((0..<Int.random(in: 1...9, using: &numbers)).map { _ in "abcé".randomElement(using: &numbers) ?? "a" })
    }
    var root = Array(texts.indices)
    func find(_ index: Int) -> Int { root[index] == index ? index : find(root[index]) }
    var similarity = TextSimilarity()
    let plain = texts.map { $0.replacing("é", with: "e") }
    for a in texts.indices {
      for b in texts.indices where b > a {
        let found = Array(plain[a].utf8).withUnsafeBytes { l in
          Array(plain[b].utf8).withUnsafeBytes { r in similarity.similarity(l, r) }
        }
        if found >= threshold - 1e-12 { root[max(find(a), find(b))] = min(find(a), find(b)) }
      }
    }
    let expected = texts.indices.filter { find($0) == $0 }.map { #"{"t":"\#(texts[$0])"}"# }.joined(separator: ",")
    let rows = "[" + texts.map { #"{"t": "\#($0)"}"# }.joined(separator: ",") + "]"
    #expect(
      try await OperationBench().run("[{dedupe: {similar: t, threshold: \(threshold)}}]", on: rows) == "[\(expected)]")
  }
}
