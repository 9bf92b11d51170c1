import TestSupport
import Testing

@testable import Pipelines

/// Whatever stands in a file, the parser answers with a pipeline or with located problems.
@Suite struct ParserFuzzTests {
  private static let pieces = [
    "{", "}", "[", "]", ":", "- ", "\"", "'", "|", ">", "&a", "*a", "<<", "#", "\t", "\n", "  ", "null", "~", "${",
    "{{", "}}", "$", "%",
    "!!str", "---", "...", "\u{0}", "é", "🦊", "1e999", "-", "steps:", "read:", "[[[[[[", "? ", "\u{FEFF}", "\\",
  ]

  @Test func mutatedFilesNeverCrashTheParser() throws {
    let seeds = try [
      "daily-orders.yaml", "documents/ecommerce-orders.json", "documents/wind-farm.json", "mistakes/many.yaml",
    ].map(Fixtures.text)
    var numbers = SeededNumbers(seed: 42)
    var accepted = 0
    for round in 0..<2_000 {
      var bytes = Array(seeds[round % seeds.count].utf8)
      for _ in 0..<Int.random(in: 1...6, using: &numbers) { Self.mutate(&bytes, &numbers) }
      do throws(Problems) {
        _ = try PipelineParser().parse(String(decoding: bytes, as: UTF8.self), file: "fuzz.yaml")
        accepted += 1
      } catch {
        #expect(!error.all.isEmpty && error.all.allSatisfy { $0.location != nil })
      }
    }
    #expect(accepted > 0)
  }

  @Test func deepNestingIsRefused() {
    for opening in ["[", "{a: ", "- ", "? "] {
      #expect(throws: Problems.self) {
        try PipelineParser().parse(String(repeating: opening, count: 50_000), file: "deep.yaml")
      }
    }
  }

  private static func mutate(_ bytes: inout [UInt8], _ numbers: inout SeededNumbers) {
    let place = Int.random(in: 0...bytes.count, using: &numbers)
    let end = min(bytes.count, place + Int.random(in: 0...12, using: &numbers))
    switch Int.random(in: 0..<5, using: &numbers) {
    case 0: bytes.removeSubrange(place..<end)
    case 1: bytes.insert(contentsOf: pieces.randomElement(using: &numbers)!.utf8, at: place)
    case 2: bytes.insert(contentsOf: Array(bytes[place..<end]), at: Int.random(in: 0...bytes.count, using: &numbers))
    case 3: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &numbers) }
    default: bytes.removeSubrange(place..<bytes.count)
    }
  }
}
