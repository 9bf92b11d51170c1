/// How alike two texts are: 1 − distance / length of the longer one, where the distance is the least number of characters to insert,
/// remove or replace (Levenshtein), counted in Unicode scalars. Reuses its memory from one pair to the next.
struct TextSimilarity {
  private var left: [UInt32] = []
  private var right: [UInt32] = []
  private var row: [Int] = []
  /// For each character of `left`, where it stands, one bit per place.
  private var places = [UInt64](repeating: 0, count: 128)
  private var otherPlaces: [UInt32: UInt64] = [:]

  mutating func similarity(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Double {
    Self.read(a, into: &left)
    Self.read(b, into: &right)
    let longest = max(left.count, right.count)
    guard longest > 0 else { return 1 }
    let distance = left.count <= 64 ? bitParallel() : byRows()
    return 1 - Double(distance) / Double(longest)
  }

  /// Which characters a text has, in 64 bits: of each of 32 kinds (scalar modulo 32) whether there is one, and whether there are more.
  /// Inserting or removing a character changes at most one bit, replacing one at most two.
  mutating func letters(_ text: UnsafeRawBufferPointer) -> UInt64 {
    Self.read(text, into: &left)
    var bits: UInt64 = 0
    for scalar in left {
      let first: UInt64 = 1 << UInt64(scalar % 32)
      bits |= bits & first == 0 ? first : first << 32
    }
    return bits
  }

  private static func read(_ bytes: UnsafeRawBufferPointer, into scalars: inout [UInt32]) {
    scalars.removeAll(keepingCapacity: true)
    if bytes.allSatisfy({ $0 < 128 }) {
      for byte in bytes { scalars.append(UInt32(byte)) }
    } else {
      for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars { scalars.append(scalar.value) }
    }
  }

  /// A column of the table in two machine words (Myers 1999, in Hyyrö's form); `left` has at most 64 characters.
  private mutating func bitParallel() -> Int {
    guard !left.isEmpty else { return right.count }
    for (index, scalar) in left.enumerated() {
      if scalar < 128 {
        places[Int(scalar)] |= 1 << UInt64(index)
      } else {
        otherPlaces[scalar, default: 0] |= 1 << UInt64(index)
      }
    }
    defer {
      for scalar in left where scalar < 128 { places[Int(scalar)] = 0 }
      if !otherPlaces.isEmpty { otherPlaces.removeAll(keepingCapacity: true) }
    }
    let last: UInt64 = 1 << UInt64(left.count - 1)
    var (plus, minus, distance) = (~UInt64(0), UInt64(0), left.count)
    for scalar in right {
      let equal = scalar < 128 ? places[Int(scalar)] : otherPlaces[scalar] ?? 0
      let diagonal = (((equal & plus) &+ plus) ^ plus) | equal | minus
      var up = minus | ~(diagonal | plus)
      var down = plus & diagonal
      if up & last != 0 { distance += 1 }
      if down & last != 0 { distance -= 1 }
      up = (up << 1) | 1
      down <<= 1
      plus = down | ~(diagonal | up)
      minus = up & diagonal
    }
    return distance
  }

  private mutating func byRows() -> Int {
    row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let replaced = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
      }
    }
    return row[right.count]
  }
}
