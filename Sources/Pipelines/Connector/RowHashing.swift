import Tabular

/// Rows that their own system can count and hash, so that only those that differ have to be read.
package protocol RowHashing: Sendable {
  /// Begins to hash; all answers are about one moment.
  func open(_ layout: HashLayout) async throws -> any HashedRows
}

/// The rows of one moment, hashed where they lie. Rows with a null in their key belong to no segment.
package protocol HashedRows: Sendable {
  func facts() async throws -> KeyFacts
  /// Rows and hashes of the parts of `cuts`, numbered through from 0; parts without rows may be missing.
  func prints(of cuts: [SegmentCut]) async throws -> [Int: SegmentPrint]
  /// The rows of some segments, with the columns of the layout in their own types.
  func rows(in segments: [KeySegment]) async throws -> any BatchSource
}

/// Which columns are hashed, in this order, and how.
package struct HashLayout: Sendable {
  package struct HashedColumn: Sendable, Hashable {
    package var name: String
    package var form: ComparisonForm
    package init(_ name: String, _ form: ComparisonForm) {
      self.name = name
      self.form = form
    }
  }
  package var columns: [HashedColumn]
  /// How many of the first columns are the key.
  package var key: Int
  /// The column of the key that segments are ranges of, a whole number; nil = segments are made by the hash of the key.
  package var range: Int?

  package init(_ columns: [HashedColumn], key: Int, range: Int?) {
    self.columns = columns
    self.key = key
    self.range = range
  }
}

/// What is known of the keys of some rows.
package struct KeyFacts: Sendable, Hashable {
  package var rows: Int
  /// Rows with a null in their key.
  package var nullKeys: Int
  /// Whether no key stands in two rows.
  package var isUnique: Bool
  /// The values the range column has; nil = none, or there is no such column.
  package var range: ClosedRange<Int64>?

  package init(rows: Int, nullKeys: Int, isUnique: Bool, range: ClosedRange<Int64>?) {
    self.rows = rows
    self.nullKeys = nullKeys
    self.isUnique = isUnique
    self.range = range
  }
}

/// A part of all keys, the same in every system: keys whose range column lies in `range` and whose hash leaves `remainder` by `modulus`.
package struct KeySegment: Sendable, Hashable {
  package var range: ClosedRange<Int64>?
  package var modulus: Int
  package var remainder: Int

  package init(range: ClosedRange<Int64>?, modulus: Int = 1, remainder: Int = 0) {
    self.range = range
    self.modulus = modulus
    self.remainder = remainder
  }
}

/// A segment and into how many parts it is cut: ranges of equal width, or, where there is no range to cut, by the key's hash.
package struct SegmentCut: Sendable, Hashable {
  package var segment: KeySegment
  /// How wide each range is; nil = by hash.
  package let width: UInt64?
  package let parts: Int

  package init(_ segment: KeySegment, parts wanted: Int) {
    self.segment = segment
    guard let range = segment.range, range.lowerBound < range.upperBound, wanted > 1 else {
      width = nil
      parts = max(1, wanted)
      return
    }
    // One less than the number of values, which may need 65 bits.
    let span = UInt64(bitPattern: range.upperBound) &- UInt64(bitPattern: range.lowerBound)
    let step = span / UInt64(wanted) + 1
    width = step
    parts = Int(span / step) + 1
  }

  /// The part a key belongs to; nil = none. `hash` is asked for only where it matters.
  @inline(__always)
  package func part(value: Int64, hash: () -> UInt64) -> Int? {
    if let range = segment.range, !range.contains(value) { return nil }
    if segment.modulus > 1, Int(hash() % UInt64(segment.modulus)) != segment.remainder { return nil }
    if let width, let low = segment.range?.lowerBound {
      return Int((UInt64(bitPattern: value) &- UInt64(bitPattern: low)) / width)
    }
    return parts == 1 ? 0 : Int(hash() / UInt64(segment.modulus) % UInt64(parts))
  }

  /// The parts as segments.
  package func segment(_ part: Int) -> KeySegment {
    guard let width, let range = segment.range else {
      return KeySegment(
        range: segment.range, modulus: segment.modulus * parts, remainder: segment.remainder + segment.modulus * part)
    }
    let low = UInt64(bitPattern: range.lowerBound) &+ UInt64(part) &* width
    let last = UInt64(bitPattern: range.upperBound)
    let high = last &- low < width ? last : low &+ (width - 1)
    return KeySegment(
      range: Int64(bitPattern: low)...Int64(bitPattern: high), modulus: segment.modulus, remainder: segment.remainder)
  }
}

/// How many rows a segment has, and the sum of their hashes in decimal digits.
package struct SegmentPrint: Sendable, Hashable {
  package var rows: Int
  package var hash: String
  package init(rows: Int, hash: String) {
    self.rows = rows
    self.hash = hash
  }
}
