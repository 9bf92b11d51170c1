/// A growing buffer of bytes with fast big-endian appends; reused from batch to batch, never copied.
package final class ByteSink {
  @exclusivity(unchecked) package private(set) var count = 0
  @exclusivity(unchecked) private var start: UnsafeMutableRawPointer
  @exclusivity(unchecked) private var capacity: Int

  package init(capacity: Int = 1 << 16) {
    self.capacity = max(capacity, 64)
    start = .allocate(byteCount: self.capacity, alignment: 16)
  }

  deinit { start.deallocate() }

  /// What was appended; valid until the next append.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  /// Forgets everything, keeps the memory.
  @inline(__always)
  package func removeAll() { count = 0 }

  /// Forgets everything after the first `length` bytes.
  @inline(__always)
  package func truncate(to length: Int) { count = min(count, length) }

  @inline(__always)
  package func reserve(_ more: Int) {
    if count &+ more > capacity { grow(more) }
  }

  @inline(never)
  private func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    memory.copyMemory(from: start, byteCount: count)
    start.deallocate()
    start = memory
    capacity = larger
  }

  /// Appends a number, most significant byte first.
  @inline(__always)
  package func append<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
    reserve(MemoryLayout<Number>.size)
    start.storeBytes(of: number.bigEndian, toByteOffset: count, as: Number.self)
    count &+= MemoryLayout<Number>.size
  }

  @inline(__always)
  package func append(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    reserve(bytes.count)
    (start + count).copyMemory(from: base, byteCount: bytes.count)
    count &+= bytes.count
  }

  package func append(utf8 text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Overwrites a number written before.
  @inline(__always)
  package func patch<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
    start.storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
  }
}
