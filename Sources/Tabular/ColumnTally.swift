/// What is known of one column of the rows seen so far.
struct ColumnTally {
  /// How the facts of a type are taken.
  private enum Kind {
    case int8, uint8, int16, uint16, int32, uint32, int64, uint64, int128, uint128
    case float32, float64, text, date, moment(Canonical.Code), other
  }

  private let name: String
  private let kind: Kind
  private let scale: Int
  private var nulls = 0
  private var present = 0
  private var sum = ExactSum()
  private var smallest: Int128 = .max
  private var largest: Int128 = .min
  private var smallestWide: UInt128 = .max
  private var largestWide: UInt128 = .min
  private var smallestFloat = Double.nan
  private var largestFloat = -Double.infinity
  private var sawNaN = false
  private var sawNumber = false
  private var length = 0
  /// A value without canonical text was met (a timestamp out of range): no smallest and largest then.
  private var isVague = false

  init(_ column: Column) {
    name = column.name
    var places = 0
    switch column.type {
    case .integer(8, true): kind = .int8
    case .integer(8, false): kind = .uint8
    case .integer(16, true): kind = .int16
    case .integer(16, false): kind = .uint16
    case .integer(32, true): kind = .int32
    case .integer(32, false): kind = .uint32
    case .integer(64, true): kind = .int64
    case .integer(64, false): kind = .uint64
    case .integer(_, true): kind = .int128
    case .integer(_, false): kind = .uint128
    case .decimal(let precision, let digits):
      places = digits
      kind = precision <= 4 ? .int16 : precision <= 9 ? .int32 : precision <= 18 ? .int64 : .int128
    case .float32: kind = .float32
    case .float64: kind = .float64
    case .text, .blob, .json: kind = .text
    case .date: kind = .date
    case .timestamp(.seconds): kind = .moment(.seconds)
    case .timestamp(.milliseconds): kind = .moment(.milliseconds)
    case .timestamp(.nanoseconds): kind = .moment(.nanoseconds)
    case .timestamp, .timestampTZ: kind = .moment(.microseconds)
    default: kind = .other
    }
    scale = places
  }

  mutating func add(_ vector: Vector, rowCount: Int) {
    let missing = ColumnTally.countNulls(vector.validity, rowCount)
    nulls += missing
    present += rowCount - missing
    guard missing < rowCount else { return }
    let validity = missing == 0 ? nil : vector.validity
    switch kind {
    case .int8: addSmall(vector, validity, rowCount, Int8.self)
    case .uint8: addSmall(vector, validity, rowCount, UInt8.self)
    case .int16: addSmall(vector, validity, rowCount, Int16.self)
    case .uint16: addSmall(vector, validity, rowCount, UInt16.self)
    case .int32, .date: addSmall(vector, validity, rowCount, Int32.self)
    case .uint32: addSmall(vector, validity, rowCount, UInt32.self)
    case .int64: addInt64(vector, validity, rowCount)
    case .uint64:
      each(vector, validity, rowCount, UInt64.self) { tally, value in tally.take(Int128(value)) }
    case .int128:
      each(vector, validity, rowCount, Int128.self) { tally, value in tally.take(value) }
    case .uint128:
      each(vector, validity, rowCount, UInt128.self) { tally, value in
        tally.sum.add(value)
        if value < tally.smallestWide { tally.smallestWide = value }
        if value > tally.largestWide { tally.largestWide = value }
      }
    case .float32: each(vector, validity, rowCount, Float.self) { tally, value in tally.take(Double(value)) }
    case .float64: each(vector, validity, rowCount, Double.self) { tally, value in tally.take(value) }
    case .text: addLengths(vector, validity, rowCount)
    case .moment(let code): addMoments(vector, validity, rowCount, code)
    case .other: break
    }
  }

  mutating func merge(_ other: ColumnTally) {
    nulls += other.nulls
    present += other.present
    sum.add(other.sum)
    smallest = min(smallest, other.smallest)
    largest = max(largest, other.largest)
    smallestWide = min(smallestWide, other.smallestWide)
    largestWide = max(largestWide, other.largestWide)
    if other.sawNumber {
      smallestFloat = sawNumber ? min(smallestFloat, other.smallestFloat) : other.smallestFloat
      largestFloat = max(largestFloat, other.largestFloat)
      sawNumber = true
    }
    sawNaN = sawNaN || other.sawNaN
    length += other.length
    isVague = isVague || other.isVague
  }

  var print: Fingerprint.ColumnPrint {
    var result = Fingerprint.ColumnPrint(name: name, nulls: nulls)
    if case .text = kind { result.length = length }
    guard present > 0 else { return result }
    switch kind {
    case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64, .int128:
      result.sum = sum.text(scale: scale)
      result.smallest = decimal(smallest)
      result.largest = decimal(largest)
    case .uint128:
      result.sum = sum.text(scale: 0)
      result.smallest = String(smallestWide)
      result.largest = String(largestWide)
    case .float32, .float64:
      // NaN is the largest of all, as PostgreSQL sorts it.
      result.smallest = sawNumber ? CanonicalText.float(smallestFloat) : "nan"
      result.largest = sawNaN ? "nan" : CanonicalText.float(largestFloat)
    case .date:
      result.smallest = CanonicalText.date(Int32(smallest))
      result.largest = CanonicalText.date(Int32(largest))
    case .moment where !isVague:
      result.smallest = CanonicalText.timestamp(Int64(smallest))
      result.largest = CanonicalText.timestamp(Int64(largest))
    case .text, .moment, .other: break
    }
    return result
  }

  private func decimal(_ value: Int128) -> String {
    var one = ExactSum()
    one.add(value)
    return one.text(scale: scale)
  }

  @inline(__always)
  private mutating func take(_ value: Int128) {
    sum.add(value)
    if value < smallest { smallest = value }
    if value > largest { largest = value }
  }

  @inline(__always)
  private mutating func take(_ value: Double) {
    if value.isNaN {
      sawNaN = true
    } else if sawNumber {
      if value < smallestFloat { smallestFloat = value }
      if value > largestFloat { largestFloat = value }
    } else {
      (smallestFloat, largestFloat, sawNumber) = (value, value, true)
    }
  }

  @inline(__always)
  private mutating func each<N: BitwiseCopyable>(
    _ vector: Vector, _ validity: UnsafePointer<UInt64>?, _ rowCount: Int, _ type: N.Type,
    _ body: (inout ColumnTally, N) -> Void
  ) {
    let values = vector.data.assumingMemoryBound(to: type)
    for row in 0..<rowCount {
      if let validity, validity[row &>> 6] & (1 &<< UInt64(row & 63)) == 0 { continue }
      body(&self, values[row])
    }
  }

  /// Numbers of at most 32 bits: their sum over a batch fits 64.
  @inline(__always)
  private mutating func addSmall<N: FixedWidthInteger & BitwiseCopyable>(
    _ vector: Vector, _ validity: UnsafePointer<UInt64>?, _ rowCount: Int, _ type: N.Type
  ) {
    let values = vector.data.assumingMemoryBound(to: type)
    var total: Int64 = 0
    var (low, high) = (N.max, N.min)
    if let validity {
      for row in 0..<rowCount where validity[row &>> 6] & (1 &<< UInt64(row & 63)) != 0 {
        let value = values[row]
        total &+= Int64(truncatingIfNeeded: value)
        low = min(low, value)
        high = max(high, value)
      }
    } else {
      for row in 0..<rowCount {
        let value = values[row]
        total &+= Int64(truncatingIfNeeded: value)
        low = min(low, value)
        high = max(high, value)
      }
    }
    sum.add(Int128(total))
    smallest = min(smallest, Int128(low))
    largest = max(largest, Int128(high))
  }

  /// Sums both halves apart, so that no addition can overflow.
  private mutating func addInt64(_ vector: Vector, _ validity: UnsafePointer<UInt64>?, _ rowCount: Int) {
    let values = vector.data.assumingMemoryBound(to: Int64.self)
    var lowSum: Int64 = 0
    var highSum: Int64 = 0
    var (low, high) = (Int64.max, Int64.min)
    if let validity {
      for row in 0..<rowCount where validity[row &>> 6] & (1 &<< UInt64(row & 63)) != 0 {
        let value = values[row]
        lowSum &+= value & 0xffff_ffff
        highSum &+= value >> 32
        low = min(low, value)
        high = max(high, value)
      }
    } else {
      for row in 0..<rowCount {
        let value = values[row]
        lowSum &+= value & 0xffff_ffff
        highSum &+= value >> 32
        low = min(low, value)
        high = max(high, value)
      }
    }
    sum.add(Int128(highSum) << 32 + Int128(lowSum))
    smallest = min(smallest, Int128(low))
    largest = max(largest, Int128(high))
  }

  private mutating func addLengths(_ vector: Vector, _ validity: UnsafePointer<UInt64>?, _ rowCount: Int) {
    var total = 0
    let data = vector.data
    for row in 0..<rowCount {
      if let validity, validity[row &>> 6] & (1 &<< UInt64(row & 63)) == 0 { continue }
      total &+= Int(data.load(fromByteOffset: row &* 16, as: UInt32.self))
    }
    length += total
  }

  private mutating func addMoments(
    _ vector: Vector, _ validity: UnsafePointer<UInt64>?, _ rowCount: Int, _ code: Canonical.Code
  ) {
    let values = vector.data.assumingMemoryBound(to: Int64.self)
    var (low, high) = (Int64.max, Int64.min)
    for row in 0..<rowCount {
      if let validity, validity[row &>> 6] & (1 &<< UInt64(row & 63)) == 0 { continue }
      low = min(low, values[row])
      high = max(high, values[row])
    }
    // Microseconds grow with the value, so only the two ends need converting.
    guard let first = Canonical.micros(low, code), let last = Canonical.micros(high, code) else {
      isVague = true
      return
    }
    smallest = min(smallest, Int128(first))
    largest = max(largest, Int128(last))
  }

  private static func countNulls(_ validity: UnsafePointer<UInt64>?, _ rowCount: Int) -> Int {
    guard let validity else { return 0 }
    var present = 0
    for word in 0..<rowCount >> 6 { present += validity[word].nonzeroBitCount }
    let rest = rowCount & 63
    if rest > 0 { present += (validity[rowCount >> 6] & (1 << UInt64(rest) - 1)).nonzeroBitCount }
    return rowCount - present
  }
}
