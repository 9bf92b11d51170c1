import Pipelines
import Synchronization
import Tabular

/// Counts and hashes rows by segment while they flow past, on several of the engine's threads.
/// A batch holds the columns in their forms, the key first, then the range column if there is one.
final class SegmentTally: Sendable {
  /// One thread's share; whoever takes it out of the pool has it alone.
  fileprivate final class Share: @unchecked Sendable {
    let hasher: RowHasher
    var keys: [UInt64] = []
    var rows: [Int]
    var sums: [UInt128]

    init(_ hasher: RowHasher, parts: Int) {
      self.hasher = hasher
      rows = Array(repeating: 0, count: parts)
      sums = Array(repeating: 0, count: parts)
    }
  }

  private let layout: HashLayout
  private let cuts: [(cut: SegmentCut, first: Int)]
  private let parts: Int
  private let pool = Mutex<[Share]>([])

  init(_ layout: HashLayout, _ cuts: [SegmentCut]) {
    self.layout = layout
    var first = 0
    self.cuts = cuts.map { cut in
      defer { first += cut.parts }
      return (cut, first)
    }
    parts = first
  }

  private var needsKeys: Bool {
    cuts.contains { $0.cut.segment.modulus > 1 || $0.cut.width == nil && $0.cut.parts > 1 }
  }

  func add(_ batch: Batch) {
    let share = pool.withLock { $0.popLast() } ?? Share(layout.hasher, parts: parts)
    if needsKeys { share.hashKeys(of: batch) }
    share.hasher.eachRow(of: batch) { row, hash in
      guard layout.hasKey(batch, row) else { return }
      let value = layout.rangeValue(batch, row)
      for (cut, first) in cuts {
        guard let part = cut.part(value: value, hash: { share.keys[row] }) else { continue }
        share.rows[first + part] += 1
        share.sums[first + part] += UInt128(hash)
        return
      }
    }
    pool.withLock { $0.append(share) }
  }

  /// All that flowed past; to be asked when the query has ended.
  func finish() -> [Int: SegmentPrint] {
    let shares = pool.withLock { $0 }
    var prints: [Int: SegmentPrint] = [:]
    for part in 0..<parts {
      let rows = shares.reduce(0) { $0 + $1.rows[part] }
      if rows > 0 {
        prints[part] = SegmentPrint(rows: rows, hash: String(shares.reduce(UInt128(0)) { $0 + $1.sums[part] }))
      }
    }
    return prints
  }

  /// Keeps the rows of some segments as they flow past.
  final class Choice: Sendable {
    private let layout: HashLayout
    /// By their lower bound; those without range stand for all values.
    private let groups: [(segment: KeySegment, remainders: Set<Int>)]
    private let pool = Mutex<[Share]>([])

    init(_ layout: HashLayout, _ segments: [KeySegment]) {
      self.layout = layout
      groups = Dictionary(grouping: segments) { KeySegment(range: $0.range, modulus: $0.modulus) }
        .map { ($0, Set($1.map(\.remainder))) }
        .sorted { ($0.segment.range?.lowerBound ?? .min) < ($1.segment.range?.lowerBound ?? .min) }
    }

    func choose(_ batch: Batch, _ keep: UnsafeMutableBufferPointer<UInt8>) {
      let share = pool.withLock { $0.popLast() } ?? Share(layout.hasher, parts: 0)
      if groups.contains(where: { $0.segment.modulus > 1 }) { share.hashKeys(of: batch) }
      for row in 0..<batch.rowCount {
        keep[row] = layout.hasKey(batch, row) && isChosen(layout.rangeValue(batch, row), row, share) ? 1 : 0
      }
      pool.withLock { $0.append(share) }
    }

    private func isChosen(_ value: Int64, _ row: Int, _ share: Share) -> Bool {
      var (low, high) = (0, groups.count)
      while low < high {
        let middle = (low + high) / 2
        if (groups[middle].segment.range?.lowerBound ?? .min) <= value { low = middle + 1 } else { high = middle }
      }
      // Groups of one range stand side by side; other ranges don't overlap.
      var index = low - 1
      while index >= 0 {
        let (segment, remainders) = groups[index]
        if let range = segment.range, !range.contains(value) { return false }
        if segment.modulus == 1 || remainders.contains(Int(share.keys[row] % UInt64(segment.modulus))) { return true }
        index -= 1
      }
      return false
    }
  }
}

extension SegmentTally.Share {
  fileprivate func hashKeys(of batch: Batch) {
    keys.removeAll(keepingCapacity: true)
    hasher.eachKey(of: batch) { _, hash in keys.append(hash) }
  }
}

extension HashLayout {
  fileprivate var hasher: RowHasher { RowHasher(columns.map(\.form.type), key: key) }

  @inline(__always)
  fileprivate func hasKey(_ batch: Batch, _ row: Int) -> Bool { !(0..<key).contains { batch.columns[$0].isNull(row) } }

  @inline(__always)
  fileprivate func rangeValue(_ batch: Batch, _ row: Int) -> Int64 {
    range.map { batch.columns[$0].load(row, as: Int64.self) } ?? 0
  }
}
