import Tabular
import TestSupport
import Testing

@Suite struct CanonicalTests {
  /// The test vectors of RFC 1321, appendix A.5 (first eight bytes).
  @Test(arguments: [
    ("", 0xd41d_8cd9_8f00_b204 as UInt64), ("a", 0x0cc1_75b9_c0f1_b6a8), ("abc", 0x9001_5098_3cd2_4fb0),
    ("message digest", 0xf96b_697d_7cb7_938d), ("abcdefghijklmnopqrstuvwxyz", 0xc3fc_d3d7_6192_e400),
    ("12345678901234567890123456789012345678901234567890123456789012345678901234567890", 0x57ed_f4a2_2be3_c955),
  ])
  func md5(text: String, expected: UInt64) {
    let bytes = Array(text.utf8)
    #expect(bytes.withUnsafeBytes { MD5.digest($0).high } == expected)
    var pieces = MD5()
    for byte in bytes { [byte].withUnsafeBytes { pieces.update($0) } }
    #expect(pieces.finish().high == expected)
  }

  /// `numeric_send` of PostgreSQL 15 for the same numbers.
  @Test(arguments: [
    (DataType.decimal(precision: 10, scale: 2), 0 as Int128, "0000000000000002"),
    (.decimal(precision: 10, scale: 2), 1250, "0002000000000002000c1388"),
    (.decimal(precision: 10, scale: 2), -1, "0001ffff400000020064"),
    (.decimal(precision: 38, scale: 4), 100_000_000, "00010001000000040001"),
    (
      .int128, 170_141_183_460_469_231_731_687_303_715_884_105_727,
      "000a000900000000" + "00aa0583209a01d5090d0c601c871bf620da165f"
    ),
  ])
  func numbers(type: DataType, value: Int128, expected: String) throws {
    let memory = MemoryBatch(Schema([Column("n", type)]), rowCount: 1)
    if type == .decimal(precision: 10, scale: 2) {
      memory.columns[0].set(0, Int64(value))
    } else {
      memory.columns[0].set(0, value)
    }
    var leftOut: [Int] = []
    let sink = ByteSink()
    let encoder = RowEncoder([type], leftOut: &leftOut)
    try memory.withBatch { try encoder.encodeTuples($0, into: sink) }
    #expect(sink.bytes.dropFirst(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == expected)
  }

  @Test func textsOfEnds() {
    #expect(CanonicalText.date(0) == "1970-01-01")
    #expect(CanonicalText.date(-719_529) == "-0001-12-31")
    #expect(CanonicalText.timestamp(-1) == "1969-12-31 23:59:59.999999")
    #expect(CanonicalText.timestamp(951_782_400_500_000) == "2000-02-29 00:00:00.5")
    #expect(CanonicalText.number("-0.00") == "0")
  }

  @Test func sumsOfTheLargestNumbersAreExact() throws {
    let schema = Schema([Column("d", .decimal(precision: 38, scale: 2)), Column("i", .int64)])
    let memory = MemoryBatch(schema, rowCount: 1000)
    let largest = try #require(Int128("99999999999999999999999999999999999999"))
    for row in 0..<1000 {
      memory.columns[0].set(row, row == 0 ? -largest : largest)
      memory.columns[1].set(row, row < 500 ? Int64.max : Int64.min)
    }
    memory.columns[1].setNull(0)
    var prints = FingerprintAccumulator(schema: schema, level: .columns)
    memory.withBatch { prints.add($0) }
    let result = prints.finish()
    #expect(result.columns[0].sum == "997999999999999999999999999999999999990.02")
    #expect(result.columns[0].smallest == "-999999999999999999999999999999999999.99")
    #expect(result.columns[1].nulls == 1)
    #expect(result.columns[1].sum == String(Int128(Int64.max) * 499 + Int128(Int64.min) * 500))
  }

  @Test func partsMergeToTheWhole() {
    let schema = Schema([
      Column("id", .int64), Column("name", .text), Column("f", .float64), Column("at", .timestampTZ),
    ])
    func rows(_ range: Range<Int>) -> MemoryBatch {
      let memory = MemoryBatch(schema, rowCount: range.count)
      for (row, value) in range.enumerated() {
        memory.columns[0].set(row, Int64(value))
        if value % 7 == 0 { memory.columns[1].setNull(row) } else { memory.columns[1].assign(row, "name of \(value)") }
        memory.columns[2].set(row, Double(value) / 3)
        memory.columns[3].set(row, Int64(value) * 1_000_003)
      }
      return memory
    }
    func print(_ parts: [Range<Int>]) -> Fingerprint {
      var all = FingerprintAccumulator(schema: schema, level: .full)
      for part in parts {
        var one = FingerprintAccumulator(schema: schema, level: .full)
        rows(part).withBatch { one.add($0) }
        all.merge(one)
      }
      return all.finish()
    }
    let whole = print([0..<3000])
    #expect(whole.hashedRows == 3000)
    #expect(print([1000..<3000, 0..<7, 7..<1000]) == whole)
    #expect(print([0..<2999]) != whole)
  }
}
