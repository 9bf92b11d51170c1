import Tabular

/// A column in memory of its own, in the engine's layout: what connectors write into and destinations read from.
package final class MemoryVector: VectorWriter {
  package let type: DataType
  package private(set) var data: UnsafeMutableRawPointer
  package private(set) var childCount = 0
  private var capacity: Int
  private var validity: UnsafeMutablePointer<UInt64>
  private var children: [MemoryVector] = []
  private var strings: [UnsafeMutableRawPointer] = []

  package init(_ type: DataType, capacity: Int) {
    self.type = type
    self.capacity = max(capacity, 1)
    data = .allocate(byteCount: self.capacity * 16, alignment: 16)
    data.initializeMemory(as: UInt8.self, repeating: 0, count: self.capacity * 16)
    validity = .allocate(capacity: self.capacity / 64 + 1)
    validity.initialize(repeating: .max, count: self.capacity / 64 + 1)
    switch type {
    case .list(let element): children = [MemoryVector(element, capacity: 64)]
    case .array(let element, let count): children = [MemoryVector(element, capacity: count * self.capacity)]
    case .structure(let fields): children = fields.map { MemoryVector($0.type, capacity: self.capacity) }
    default: break
    }
  }

  deinit {
    data.deallocate()
    validity.deallocate()
    for string in strings { string.deallocate() }
  }

  package func setNull(_ row: Int) { validity[row >> 6] &= ~(1 << UInt64(row & 63)) }

  package func assign(_ row: Int, _ bytes: UnsafeRawBufferPointer) {
    let slot = data + row * 16
    slot.storeBytes(of: UInt32(bytes.count), as: UInt32.self)
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    if bytes.count <= 12 {
      (slot + 4).copyMemory(from: base, byteCount: bytes.count)
    } else {
      let copy = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 1)
      copy.copyMemory(from: base, byteCount: bytes.count)
      strings.append(copy)
      (slot + 4).copyMemory(from: base, byteCount: 4)
      slot.storeBytes(of: UnsafeRawPointer(copy), toByteOffset: 8, as: UnsafeRawPointer.self)
    }
  }

  package func assign(_ row: Int, _ text: String) {
    var text = text
    text.withUTF8 { assign(row, UnsafeRawBufferPointer($0)) }
  }

  package func set<Number: BitwiseCopyable>(_ row: Int, _ number: Number) {
    data.storeBytes(of: number, toByteOffset: row * MemoryLayout<Number>.stride, as: Number.self)
  }

  package func growChild(to count: Int) {
    childCount = count
    guard let child = children.first, child.capacity < count else { return }
    child.grow(to: max(count, child.capacity * 2))
  }

  private func grow(to count: Int) {
    let larger = UnsafeMutableRawPointer.allocate(byteCount: count * 16, alignment: 16)
    larger.initializeMemory(as: UInt8.self, repeating: 0, count: count * 16)
    larger.copyMemory(from: data, byteCount: capacity * 16)
    let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: count / 64 + 1)
    bits.initialize(repeating: .max, count: count / 64 + 1)
    bits.update(from: validity, count: capacity / 64 + 1)
    data.deallocate()
    validity.deallocate()
    (data, validity, capacity) = (larger, bits, count)
  }

  package func child(_ index: Int) -> any VectorWriter { children[index] }

  package var vector: Vector {
    Vector(
      type: type, data: UnsafeRawPointer(data), validity: UnsafePointer(validity), children: children.map(\.vector))
  }
}

/// Rows in memory of their own.
package final class MemoryBatch {
  package let columns: [MemoryVector]
  package var rowCount: Int

  package init(_ schema: Schema, rowCount: Int) {
    columns = schema.columns.map { MemoryVector($0.type, capacity: rowCount) }
    self.rowCount = rowCount
  }

  /// Lends the rows; they live no longer than the call.
  package func withBatch<Result>(_ body: (Batch) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(self) { try body(Batch(rowCount: rowCount, columns: columns.map(\.vector))) }
  }
}
