import DuckDB
import Foundation
import Pipelines
import Tabular
import Testing

/// Random tables through random chains of operations, planned and bound as in a run, come out as plain Swift says they must.
/// `CHAIN_SEED` runs one chain again, `CHAIN_COUNT` runs more of them.
@Suite struct ChainPropertyTests {
  private struct Chain {
    var table: PlainTable
    var other: PlainTable
    var steps: [ChainStep]

    /// - Throws: `Refused` if the run must stop, `Unclear` if nobody can say.
    func expected() throws -> PlainTable { try steps.reduce(table) { try $1.apply($0) } }
    var text: String {
      "- id: result\n  transform:\n    on: given\n    operations:\n"
        + steps.map { "      \($0.yaml)" }.joined(separator: "\n")
    }
  }

  @Test func chainsEqualThePlainTable() async throws {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["CHAIN_COUNT"].flatMap(Int.init) ?? 300
    let seeds = environment["CHAIN_SEED"].flatMap(UInt64.init).map { [$0] } ?? (1...UInt64(count)).map { $0 }
    let begun = ContinuousClock.now
    var compared: [String: Int] = [:]
    var done = 0
    for seed in seeds where ContinuousClock.now - begun < .seconds(environment["CHAIN_COUNT"] == nil ? 30 : 600) {
      done += 1
      let chain = Self.chain(seed)
      guard let difference = await Self.difference(chain) else {
        for step in chain.steps { compared[step.name, default: 0] += 1 }
        continue
      }
      let small = await Self.shrunk(chain)
      let said = await Self.difference(small) ?? difference
      Issue.record("Seed \(seed) (CHAIN_SEED=\(seed) runs it again):\n\(small.table.select)\n\(small.text)\n\(said)")
    }
    guard environment["CHAIN_SEED"] == nil, done == seeds.count else { return }
    for name in Self.kinds { #expect(compared[name, default: 0] > 0, "No chain had a \(name)") }
  }

  /// What a good number of chains must have had.
  private static let kinds = [
    "filter", "sort", "rename", "select", "drop", "fill", "cast", "dedupe", "aggregate", "join", "union", "unpivot",
    "pivot", "window", "field_calculation", "replace", "lookup", "conditional", "split_text", "split", "field_addition",
    "standardize", "mask", "hash", "add", "date",
  ]

  private static func chain(_ seed: UInt64) -> Chain {
    var numbers = SeededChoice(seed: seed)
    let table = numbers.below(6) == 0 ? numbers.tableWithRecords() : numbers.table()
    let other = numbers.table()
    var steps: [ChainStep] = []
    var current = table
    for _ in 0..<(2 + numbers.below(6)) {
      guard let step = ChainStep.random(for: current, with: other, &numbers) else { continue }
      do {
        let next = try step.apply(current)
        if next.rows.count > 400 || next.columns.count > 9 { continue }
        steps.append(step)
        current = next
      } catch is PlainTable.Refused {
        steps.append(step)
        break
      } catch {}
    }
    return Chain(table: table, other: other, steps: steps)
  }

  /// In words; nil if the engine and the plain table agree.
  private static func difference(_ chain: Chain) async -> String? {
    guard !chain.steps.isEmpty else { return nil }
    var expected: PlainTable?
    do { expected = try chain.expected() } catch is PlainTable.Unclear { return nil } catch {}
    do {
      let bench = try PlannedBench()
      let (schema, rows) = try await bench.rows(
        of: "result", [("given", chain.table.select), ("other", chain.other.select)], chain.text)
      guard let expected else { return "The run should have stopped, but there are rows: \(rows.prefix(5))" }
      let found = PlainTable(columns: schema.names.map { .init(name: $0, kind: .text) }, rows: rows)
      if schema.names != expected.columns.map(\.name) {
        return "Columns \(schema.names) instead of \(expected.columns.map(\.name))"
      }
      if found.sortedRows != expected.sortedRows {
        let (a, b) = (Set(found.sortedRows), Set(expected.sortedRows))
        return
          "\(rows.count) rows instead of \(expected.rows.count); too many: \(Array(a.subtracting(b).prefix(3))), missing: \(Array(b.subtracting(a).prefix(3)))"
      }
      return nil
    } catch {
      if expected == nil { return nil }
      return "Stopped: \(error)"
    }
  }

  /// What went wrong, without its particulars: a smaller chain must go wrong in the same way.
  private static func kind(of difference: String?) -> String? {
    difference.map {
      $0.hasPrefix("Stopped")
        ? String($0.prefix { $0 != "]" }) : $0.contains("rows instead") ? "rows" : String($0.prefix(7))
    }
  }

  /// The chain without steps and rows that don't matter.
  private static func shrunk(_ chain: Chain) async -> Chain {
    var small = chain
    let kind = await kind(of: difference(chain))
    for index in chain.steps.indices.reversed() {
      var without = small
      without.steps.remove(at: index)
      if await self.kind(of: difference(without)) == kind { small = without }
    }
    var row = 0
    while row < small.table.rows.count {
      var without = small
      without.table.rows.remove(at: row)
      if await self.kind(of: difference(without)) == kind { small = without } else { row += 1 }
    }
    return small
  }
}
