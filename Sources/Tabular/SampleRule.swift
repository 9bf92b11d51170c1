/// Which rows are hashed in a sample: those whose value in one column, taken modulo 1009, is the remainder.
/// Both sides of a load decide by the row's own value, so they choose the same rows without talking to each other.
package struct SampleRule: Hashable, Sendable, Codable {
  package var column: Int
  package var remainder: Int

  package static let modulus = 1009

  package init(column: Int, remainder: Int) {
    self.column = column
    self.remainder = remainder
  }

  /// The rule for a schema: the integer column that tells rows apart best (by size and name), else a timestamp
  /// (counted in microseconds since 1970) or a date (in days); nil if there is none, and then nothing is sampled.
  /// The remainder is drawn once per process: each run looks at other rows.
  package init?(for schema: Schema) {
    func rank(_ column: Column) -> Int {
      let name = column.name.lowercased()
      let bonus = name == "id" ? 20 : name.hasSuffix("id") || name.hasSuffix("key") ? 10 : 0
      return switch column.type {
      case .integer(64, true): 100 + bonus
      case .integer(32, _): 90 + bonus
      case .timestampTZ, .timestamp(.microseconds), .timestamp(.milliseconds), .timestamp(.nanoseconds): 60
      case .timestamp(.seconds): 50
      case .integer(16, _): 40 + bonus
      case .date: 30
      default: 0
      }
    }
    let ranks = schema.columns.map(rank)
    guard let best = ranks.max(), best > 0, let column = ranks.firstIndex(of: best) else { return nil }
    self.init(column: column, remainder: SampleRule.drawn)
  }

  private static let drawn = Int.random(in: 0..<modulus)

  /// Whether the rows of a value are in the sample.
  @inline(__always)
  func selects(_ value: Int64) -> Bool {
    let rest = value % Int64(SampleRule.modulus)
    return rest == Int64(remainder) || rest == Int64(remainder) - Int64(SampleRule.modulus)
  }

  /// Sets in `rows` the indices of the sampled rows. Nulls and infinities are never sampled.
  func select(from vector: Vector, rowCount: Int, into rows: inout [Int]) {
    func scan<N: FixedWidthInteger & BitwiseCopyable>(_ type: N.Type) {
      let values = vector.data.assumingMemoryBound(to: type)
      for row in 0..<rowCount where selects(Int64(truncatingIfNeeded: values[row])) && !vector.isNull(row) {
        rows.append(row)
      }
    }
    switch vector.type {
    case .integer(64, true): scan(Int64.self)
    case .integer(32, true): scan(Int32.self)
    case .integer(32, false): scan(UInt32.self)
    case .integer(16, true): scan(Int16.self)
    case .integer(16, false): scan(UInt16.self)
    case .date:
      let values = vector.data.assumingMemoryBound(to: Int32.self)
      for row in 0..<rowCount where !vector.isNull(row) {
        let days = values[row]
        if days != .max, days != -.max, selects(Int64(days)) { rows.append(row) }
      }
    case .timestamp, .timestampTZ:
      guard let code = Canonical(vector.type)?.code else { return }
      let values = vector.data.assumingMemoryBound(to: Int64.self)
      for row in 0..<rowCount where !vector.isNull(row) {
        if let micros = Canonical.micros(values[row], code), micros != .max, micros != .min, selects(micros) {
          rows.append(row)
        }
      }
    default: break
    }
  }
}
