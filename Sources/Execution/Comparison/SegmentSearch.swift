import Pipelines

/// Finds the segments in which two sides differ by comparing counts and hashes, cutting those that differ into smaller ones.
struct SegmentSearch {
  let a: any ComparedRows
  let b: any ComparedRows

  /// Rows a segment should have: so many are read for one difference.
  private static let rowsPerSegment = 2000
  /// Differing segments up to this size are not cut further.
  private static let smallEnough = 10_000
  /// How many parts are asked for at once.
  private static let mostParts = 65_536
  /// Into how many parts a segment is cut again.
  private static let fine = 4096
  /// How many segments are cut further at once.
  private static let mostCuts = 100
  private static let mostRounds = 10
  /// How many ranges one read asks for.
  private static let mostRanges = 400

  private struct Found {
    var segment: KeySegment
    var rows: Int
  }

  /// - Parameter range: whether segments are ranges of a column.
  /// - Returns: the segments with all rows that differ; nil = so many that everything may as well be read.
  func differing(_ one: KeyFacts, _ other: KeyFacts, isRanged: Bool) async throws -> [KeySegment]? {
    let rows = max(one.rows, other.rows)
    guard rows > 0 else { return [] }
    var range: ClosedRange<Int64>?
    if isRanged {
      let ends = [one.range, other.range].compactMap { $0 }
      guard let low = ends.map(\.lowerBound).min(), let high = ends.map(\.upperBound).max() else { return [] }
      range = low...high
    }
    var found: [Found] = []
    var cuts = [SegmentCut(KeySegment(range: range), parts: Self.parts(rows))]
    for round in 0..<Self.mostRounds where !cuts.isEmpty {
      let differing = try await self.differing(cuts)
      let large = differing.filter { $0.rows > Self.smallEnough && Self.canBeCut($0.segment) }
      if large.count > Self.mostCuts || round == Self.mostRounds - 1 {
        found += differing
        break
      }
      found += differing.filter { one in !large.contains { $0.segment == one.segment } }
      // Finely, because what is still large may lie densely in a small part of its range.
      cuts = large.map {
        SegmentCut($0.segment, parts: min(max(Self.fine, Self.parts($0.rows)), Self.mostParts / large.count))
      }
    }
    guard found.reduce(0, { $0 + $1.rows }) * 10 < rows * 7 else { return nil }
    return Self.merged(found.map(\.segment))
  }

  private func differing(_ cuts: [SegmentCut]) async throws -> [Found] {
    async let left = a.prints(of: cuts)
    async let right = b.prints(of: cuts)
    let (ours, theirs) = try await (left, right)
    var found: [Found] = []
    var first = 0
    for cut in cuts {
      for part in 0..<cut.parts where ours[first + part] != theirs[first + part] {
        let rows = max(ours[first + part]?.rows ?? 0, theirs[first + part]?.rows ?? 0)
        found.append(Found(segment: cut.segment(part), rows: rows))
      }
      first += cut.parts
    }
    return found
  }

  private static func parts(_ rows: Int) -> Int { min(mostParts, max(16, rows / rowsPerSegment)) }

  /// A single value of the range column can still be cut by hash, once.
  private static func canBeCut(_ segment: KeySegment) -> Bool {
    if let range = segment.range, range.lowerBound < range.upperBound { return true }
    return segment.modulus < mostParts
  }

  /// Neighbouring ranges as one; of too many, those nearest to each other are put together.
  static func merged(_ segments: [KeySegment]) -> [KeySegment] {
    let ranges = segments.filter { $0.modulus == 1 }.compactMap(\.range).sorted { $0.lowerBound < $1.lowerBound }
    guard ranges.count > 1 else { return segments }
    func gap(_ index: Int) -> UInt64 {
      UInt64(bitPattern: ranges[index].lowerBound) &- UInt64(bitPattern: ranges[index - 1].upperBound)
    }
    let widest = (1..<ranges.count).filter { gap($0) > 1 }.sorted { gap($0) > gap($1) }.prefix(mostRanges - 1).sorted()
    var merged: [KeySegment] = []
    var start = 0
    for end in widest + [ranges.count] {
      merged.append(KeySegment(range: ranges[start].lowerBound...ranges[end - 1].upperBound))
      start = end
    }
    // A range that was closed over a value cut by hash holds that value already.
    let others = segments.filter { segment in
      guard segment.modulus > 1 else { return segment.range == nil }
      guard let range = segment.range else { return true }
      return !merged.contains { $0.range?.contains(range.lowerBound) == true }
    }
    return merged + others
  }
}
