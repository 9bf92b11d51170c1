/// The digest of RFC 1321, fed piece by piece. For fingerprints that another system computes as well, not for secrets.
package struct MD5 {
  private var state: (UInt32, UInt32, UInt32, UInt32) = (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476)
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  package init() {}

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    length &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let taken = rest.prefix(64 - pending.count)
      pending.append(contentsOf: taken)
      rest = rest.dropFirst(taken.count)
      guard pending.count == 64 else { return }
      pending.withUnsafeBytes { block($0.baseAddress!) }
      pending.removeAll(keepingCapacity: true)
    }
    var offset = rest.startIndex
    if let base = bytes.baseAddress {
      while rest.endIndex - offset >= 64 {
        block(base + offset)
        offset += 64
      }
    }
    pending.append(contentsOf: bytes[offset..<rest.endIndex])
  }

  /// The sixteen bytes of the digest as two numbers, first byte most significant.
  package mutating func finish() -> (high: UInt64, low: UInt64) {
    let bits = length &* 8
    var tail: [UInt8] = [0x80]
    tail.append(contentsOf: repeatElement(0, count: (119 - pending.count) % 64))
    withUnsafeBytes(of: bits.littleEndian) { tail.append(contentsOf: $0) }
    tail.withUnsafeBytes { update($0) }
    return words
  }

  /// The digest of one piece.
  package static func digest(_ bytes: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64) {
    var hash = MD5()
    let whole = bytes.count & ~63
    if let base = bytes.baseAddress {
      for offset in stride(from: 0, to: whole, by: 64) { hash.block(base + offset) }
    }
    let rest = bytes.count - whole
    let length = rest < 56 ? 64 : 128
    withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { tail in
      tail.initializeMemory(as: UInt8.self, repeating: 0)
      tail.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[whole...]))
      tail[rest] = 0x80
      tail.storeBytes(of: (UInt64(bytes.count) &* 8).littleEndian, toByteOffset: length - 8, as: UInt64.self)
      if let base = tail.baseAddress {
        hash.block(base)
        if length > 64 { hash.block(base + 64) }
      }
    }
    return hash.words
  }

  private var words: (high: UInt64, low: UInt64) {
    let word = { (low: UInt32, high: UInt32) in UInt64(low.byteSwapped) << 32 | UInt64(high.byteSwapped) }
    return (word(state.0, state.1), word(state.2, state.3))
  }

  /// One block, its 64 steps written out: four rounds with the shifts and constants of RFC 1321, section 3.4.
  private mutating func block(_ base: UnsafeRawPointer) {
    @inline(__always) func word(_ index: Int) -> UInt32 {
      UInt32(littleEndian: base.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
    }
    @inline(__always) func step(
      _ a: inout UInt32, _ b: UInt32, _ mixed: UInt32, _ word: UInt32, _ shift: UInt32, _ sine: UInt32
    ) {
      let sum = a &+ mixed &+ word &+ sine
      a = b &+ (sum &<< shift | sum &>> (32 &- shift))
    }
    @inline(__always) func one(
      _ a: inout UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ index: Int, _ shift: UInt32, _ sine: UInt32
    ) {
      step(&a, b, d ^ (b & (c ^ d)), word(index), shift, sine)
    }
    @inline(__always) func two(
      _ a: inout UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ index: Int, _ shift: UInt32, _ sine: UInt32
    ) {
      step(&a, b, c ^ (d & (b ^ c)), word(index), shift, sine)
    }
    @inline(__always) func three(
      _ a: inout UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ index: Int, _ shift: UInt32, _ sine: UInt32
    ) {
      step(&a, b, b ^ c ^ d, word(index), shift, sine)
    }
    @inline(__always) func four(
      _ a: inout UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ index: Int, _ shift: UInt32, _ sine: UInt32
    ) {
      step(&a, b, c ^ (b | ~d), word(index), shift, sine)
    }
    var (a, b, c, d) = state
    one(&a, b, c, d, 0, 7, 0xd76a_a478)
    one(&d, a, b, c, 1, 12, 0xe8c7_b756)
    one(&c, d, a, b, 2, 17, 0x2420_70db)
    one(&b, c, d, a, 3, 22, 0xc1bd_ceee)
    one(&a, b, c, d, 4, 7, 0xf57c_0faf)
    one(&d, a, b, c, 5, 12, 0x4787_c62a)
    one(&c, d, a, b, 6, 17, 0xa830_4613)
    one(&b, c, d, a, 7, 22, 0xfd46_9501)
    one(&a, b, c, d, 8, 7, 0x6980_98d8)
    one(&d, a, b, c, 9, 12, 0x8b44_f7af)
    one(&c, d, a, b, 10, 17, 0xffff_5bb1)
    one(&b, c, d, a, 11, 22, 0x895c_d7be)
    one(&a, b, c, d, 12, 7, 0x6b90_1122)
    one(&d, a, b, c, 13, 12, 0xfd98_7193)
    one(&c, d, a, b, 14, 17, 0xa679_438e)
    one(&b, c, d, a, 15, 22, 0x49b4_0821)
    two(&a, b, c, d, 1, 5, 0xf61e_2562)
    two(&d, a, b, c, 6, 9, 0xc040_b340)
    two(&c, d, a, b, 11, 14, 0x265e_5a51)
    two(&b, c, d, a, 0, 20, 0xe9b6_c7aa)
    two(&a, b, c, d, 5, 5, 0xd62f_105d)
    two(&d, a, b, c, 10, 9, 0x0244_1453)
    two(&c, d, a, b, 15, 14, 0xd8a1_e681)
    two(&b, c, d, a, 4, 20, 0xe7d3_fbc8)
    two(&a, b, c, d, 9, 5, 0x21e1_cde6)
    two(&d, a, b, c, 14, 9, 0xc337_07d6)
    two(&c, d, a, b, 3, 14, 0xf4d5_0d87)
    two(&b, c, d, a, 8, 20, 0x455a_14ed)
    two(&a, b, c, d, 13, 5, 0xa9e3_e905)
    two(&d, a, b, c, 2, 9, 0xfcef_a3f8)
    two(&c, d, a, b, 7, 14, 0x676f_02d9)
    two(&b, c, d, a, 12, 20, 0x8d2a_4c8a)
    three(&a, b, c, d, 5, 4, 0xfffa_3942)
    three(&d, a, b, c, 8, 11, 0x8771_f681)
    three(&c, d, a, b, 11, 16, 0x6d9d_6122)
    three(&b, c, d, a, 14, 23, 0xfde5_380c)
    three(&a, b, c, d, 1, 4, 0xa4be_ea44)
    three(&d, a, b, c, 4, 11, 0x4bde_cfa9)
    three(&c, d, a, b, 7, 16, 0xf6bb_4b60)
    three(&b, c, d, a, 10, 23, 0xbebf_bc70)
    three(&a, b, c, d, 13, 4, 0x289b_7ec6)
    three(&d, a, b, c, 0, 11, 0xeaa1_27fa)
    three(&c, d, a, b, 3, 16, 0xd4ef_3085)
    three(&b, c, d, a, 6, 23, 0x0488_1d05)
    three(&a, b, c, d, 9, 4, 0xd9d4_d039)
    three(&d, a, b, c, 12, 11, 0xe6db_99e5)
    three(&c, d, a, b, 15, 16, 0x1fa2_7cf8)
    three(&b, c, d, a, 2, 23, 0xc4ac_5665)
    four(&a, b, c, d, 0, 6, 0xf429_2244)
    four(&d, a, b, c, 7, 10, 0x432a_ff97)
    four(&c, d, a, b, 14, 15, 0xab94_23a7)
    four(&b, c, d, a, 5, 21, 0xfc93_a039)
    four(&a, b, c, d, 12, 6, 0x655b_59c3)
    four(&d, a, b, c, 3, 10, 0x8f0c_cc92)
    four(&c, d, a, b, 10, 15, 0xffef_f47d)
    four(&b, c, d, a, 1, 21, 0x8584_5dd1)
    four(&a, b, c, d, 8, 6, 0x6fa8_7e4f)
    four(&d, a, b, c, 15, 10, 0xfe2c_e6e0)
    four(&c, d, a, b, 6, 15, 0xa301_4314)
    four(&b, c, d, a, 13, 21, 0x4e08_11a1)
    four(&a, b, c, d, 4, 6, 0xf753_7e82)
    four(&d, a, b, c, 11, 10, 0xbd3a_f235)
    four(&c, d, a, b, 2, 15, 0x2ad7_d2bb)
    four(&b, c, d, a, 9, 21, 0xeb86_d391)
    state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d)
  }
}
