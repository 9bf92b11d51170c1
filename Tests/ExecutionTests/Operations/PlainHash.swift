/// SHA-256 as FIPS 180-4 describes it, for small texts.
enum PlainHash {
  static func sha256(_ text: String) -> String {
    var message = Array(text.utf8)
    let bits = UInt64(message.count) * 8
    message.append(0x80)
    while message.count % 64 != 56 { message.append(0) }
    message += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
    var state = primes(8).map { fraction(of: Double($0).squareRoot()) }
    let constants = primes(64).map { cubeRootFraction($0) }
    for start in stride(from: 0, to: message.count, by: 64) {
      var words = (0..<16).map { word in
        (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(message[start + word * 4 + $1]) }
      }
      for t in 16..<64 {
        let (a, b) = (words[t - 15], words[t - 2])
        let small = turned(a, 7) ^ turned(a, 18) ^ a >> 3
        let large = turned(b, 17) ^ turned(b, 19) ^ b >> 10
        words.append(words[t - 16] &+ small &+ words[t - 7] &+ large)
      }
      var v = state
      for t in 0..<64 {
        let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
        let one = v[7] &+ (turned(v[4], 6) ^ turned(v[4], 11) ^ turned(v[4], 25)) &+ choice &+ constants[t] &+ words[t]
        let most = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
        let two = (turned(v[0], 2) ^ turned(v[0], 13) ^ turned(v[0], 22)) &+ most
        v = [one &+ two, v[0], v[1], v[2], v[3] &+ one, v[4], v[5], v[6]]
      }
      state = zip(state, v).map { $0 &+ $1 }
    }
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private static func turned(_ word: UInt32, _ places: UInt32) -> UInt32 { word >> places | word << (32 - places) }

  private static func primes(_ count: Int) -> [Int] {
    Array((2...400).filter { number in !(2..<number).contains { number % $0 == 0 } }.prefix(count))
  }

  private static func fraction(of root: Double) -> UInt32 { UInt32((root - root.rounded(.down)) * 4_294_967_296) }

  /// The first 32 bits behind the point of the cube root, found in whole numbers: the largest n with n³ ≤ prime · 2⁹⁶.
  private static func cubeRootFraction(_ prime: Int) -> UInt32 {
    var root: UInt128 = 0
    for bit in (0..<36).reversed() {
      let next = root | 1 << UInt128(bit)
      if next * next * next <= UInt128(prime) << 96 { root = next }
    }
    return UInt32(truncatingIfNeeded: root)
  }
}
