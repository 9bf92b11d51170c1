import DuckDB
import Tabular
import TestSupport
import Testing

@testable import Execution
@testable import Pipelines

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

  @Test func longTextsAreComparedInWords() {
    var numbers = SeededNumbers(seed: 8)
    var similarity = TextSimilarity()
    for _ in 0..<60 {
      let texts = (0..<2).map { _ in
        String((0..<Int.random(in: 60...200, using: &numbers)).map { _ in "abñ".randomElement(using: &numbers) ?? "a" })
      }
      let (left, right) = (Array(texts[0].unicodeScalars), Array(texts[1].unicodeScalars))
      var row = Array(0...right.count)
      for (i, a) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in right.enumerated() {
          let replaced = diagonal + (a == b ? 0 : 1)
          diagonal = row[j + 1]
          row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
        }
      }
      let expected = 1 - Double(row[right.count]) / Double(max(left.count, right.count))
      let found = Array(texts[0].utf8).withUnsafeBytes { l in
        Array(texts[1].utf8).withUnsafeBytes { r in similarity.similarity(l, r) }
      }
      #expect(found == expected)
    }
  }

  /// Few texts of thousands of characters are compared; so many that it would take hours are refused before it begins.
  @Test func longAndRepetitiveTexts() async throws {
    let bench = try await OperationBench()
    func rows(_ text: SQL, _ count: Int) async throws -> Relation {
      try await bench.bound("(SELECT \(text) AS name FROM range(\(count)) t(i))")
    }
    let few = try await bench.apply("[{dedupe: {similar: name}}]", to: rows("repeat('x', 3000) || i", 20))
    #expect(try await bench.connection.query("SELECT count(*) FROM \(few.sql)").rows == [[.integer(1)]])
    for text in ["repeat('x', 1000) || i", "repeat('ab', 25) || lpad(i::VARCHAR, 4, '0')"] as [SQL] {
      let many = try await bench.apply("[{dedupe: {similar: name}}]", to: rows(text, 8000))
      let error = await #expect(throws: DuckDBError.self) {
        _ = try await bench.connection.query("SELECT count(*) FROM \(many.sql)")
      }
      let place = Location(file: "test.yaml", line: 9, column: 9)
      let problem = Refusal.problem(in: error?.message ?? "", at: place)
      #expect(problem?.code == "too-many-pairs")
      #expect(problem?.message.contains("\"name\"") == true)
      #expect(problem?.location?.line == 1)
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
    try await compare(texts, threshold)
  }

  /// The same for texts about as long as those that are no longer cut into parts, most of them made from others.
  @Test(arguments: [0.6, 0.85, 0.97]) func longTextsAreFoundToo(_ threshold: Double) async throws {
    var numbers = SeededNumbers(seed: 12)
    var texts: [String] = []
    while texts.count < 60 {
      let length = Int.random(in: FuzzyMatch.longest - 15...FuzzyMatch.longest + 40, using: &numbers)
      var text = (0..<length).map { _ in "abcdé".randomElement(using: &numbers) ?? "a" }
      if let old = texts.randomElement(using: &numbers), texts.count % 4 != 0 {
        text = Array(old)
        for _ in 0..<Int.random(in: 0...25, using: &numbers) {
          let place = Int.random(in: 0..<text.count, using: &numbers)
          if Bool.random(using: &numbers) { text[place] = "x" } else { text.insert("y", at: place) }
        }
      }
      texts.append(String(text))
    }
    try await compare(texts, threshold)
  }

  private func compare(_ texts: [String], _ threshold: Double) async throws {
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
