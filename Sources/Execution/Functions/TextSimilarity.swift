/// How alike two texts are: 1 − distance / length of the longer one, where the distance is the least number of characters to insert,
/// remove or replace (Levenshtein), counted in Unicode scalars. Reuses its memory from one pair to the next.
struct TextSimilarity {
  private var left: [UInt32] = []
  private var right: [UInt32] = []
  /// For longer texts: where each character of `left` stands, so many words for each, first those of one that isn't there.
  private var masks: [UInt64] = []
  private var numbers = [Int](repeating: 0, count: 128)
  private var otherNumbers: [UInt32: Int] = [:]
  /// For each character of `left`, where it stands, one bit per place.
  private var places = [UInt64](repeating: 0, count: 128)
  private var otherPlaces: [UInt32: UInt64] = [:]

  mutating func similarity(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Double {
    Self.read(a, into: &left)
    Self.read(b, into: &right)
    let longest = max(left.count, right.count)
    guard longest > 0 else { return 1 }
    let distance = left.count <= 64 ? bitParallel() : byWords()
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

  /// The same for any length: a column in as many words as it needs, what crosses from one to the next carried over (Hyyrö 2003).
  private mutating func byWords() -> Int {
    let words = (left.count + 63) / 64
    masks.removeAll(keepingCapacity: true)
    masks.append(contentsOf: repeatElement(0, count: words))
    for (index, scalar) in left.enumerated() {
      var number = scalar < 128 ? numbers[Int(scalar)] : otherNumbers[scalar] ?? 0
      if number == 0 {
        number = masks.count / words
        if scalar < 128 { numbers[Int(scalar)] = number } else { otherNumbers[scalar] = number }
        masks.append(contentsOf: repeatElement(0, count: words))
      }
      masks[number * words + index / 64] |= 1 << UInt64(index % 64)
    }
    defer {
      for scalar in left where scalar < 128 { numbers[Int(scalar)] = 0 }
      otherNumbers.removeAll(keepingCapacity: true)
    }
    let starts = right.map { ($0 < 128 ? numbers[Int($0)] : otherNumbers[$0] ?? 0) * words }
    return Self.distance(starts, masks, words, left.count)
  }

  /// - Parameter starts: for each character of the right text, where the words of `masks` begin that say where it stands in the left one.
  private static func distance(_ starts: [Int], _ masks: [UInt64], _ words: Int, _ count: Int) -> Int {
    var plus = [UInt64](repeating: ~0, count: words)
    var minus = [UInt64](repeating: 0, count: words)
    var distance = count
    let last: UInt64 = 1 << UInt64((count - 1) % 64)
    masks.withUnsafeBufferPointer { masks in
      plus.withUnsafeMutableBufferPointer { plus in
        minus.withUnsafeMutableBufferPointer { minus in
          for start in starts {
            var (upCarry, downCarry) = (UInt64(1), UInt64(0))
            for word in 0..<words {
              let equal = masks[start + word] | downCarry
              let diagonal = (((equal & plus[word]) &+ plus[word]) ^ plus[word]) | equal | minus[word]
              var up = minus[word] | ~(diagonal | plus[word])
              var down = plus[word] & diagonal
              if word == words - 1 {
                if up & last != 0 { distance += 1 }
                if down & last != 0 { distance -= 1 }
              }
              let (upNext, downNext) = (up >> 63, down >> 63)
              up = (up << 1) | upCarry
              down = (down << 1) | downCarry
              plus[word] = down | ~(diagonal | up)
              minus[word] = up & diagonal
              (upCarry, downCarry) = (upNext, downNext)
            }
          }
        }
      }
    }
    return distance
  }
}
