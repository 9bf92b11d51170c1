import Synchronization
import Tabular

/// A column whose texts stay where they are: valid as long as the bytes they were decoded from.
final class LentVector: VectorWriter {
  private let type: DataType
  private(set) var data: UnsafeMutableRawPointer
  private var validity: UnsafeMutablePointer<UInt64>?
  private(set) var childCount = 0
  private var capacity: Int
  private var elements: LentVector?
  /// Texts that were made while decoding.
  private var made: [UnsafeMutableRawPointer] = []

  init(_ type: DataType, capacity: Int) {
    self.type = type
    self.capacity = max(1, capacity)
    data = .allocate(byteCount: self.capacity * 16, alignment: 16)
    data.initializeMemory(as: UInt8.self, repeating: 0, count: self.capacity * 16)
    if case .list(let element) = type { elements = LentVector(element, capacity: capacity) }
  }

  deinit {
    data.deallocate()
    validity?.deallocate()
    for text in made { text.deallocate() }
  }

  func setNull(_ row: Int) {
    let words = capacity / 64 + 1
    if validity == nil {
      let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: words)
      bits.initialize(repeating: .max, count: words)
      validity = bits
    }
    validity?[row >> 6] &= ~(1 << UInt64(row & 63))
  }

  func assign(_ row: Int, _ bytes: UnsafeRawBufferPointer) {
    let slot = data + row &* 16
    slot.storeBytes(of: UInt32(truncatingIfNeeded: bytes.count), as: UInt32.self)
    guard let base = bytes.baseAddress else { return }
    if bytes.count <= 12 {
      (slot + 4).copyMemory(from: base, byteCount: bytes.count)
    } else if case .text = type {
      slot.storeBytes(of: base, toByteOffset: 8, as: UnsafeRawPointer.self)
    } else {
      let copy = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 1)
      copy.copyMemory(from: base, byteCount: bytes.count)
      made.append(copy)
      slot.storeBytes(of: UnsafeRawPointer(copy), toByteOffset: 8, as: UnsafeRawPointer.self)
    }
  }

  func growChild(to count: Int) {
    childCount = count
    elements?.grow(to: count)
  }

  private func grow(to count: Int) {
    guard count > capacity else { return }
    let larger = max(count, capacity * 2)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: larger * 16, alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: larger * 16)
    memory.copyMemory(from: data, byteCount: capacity * 16)
    if let old = validity {
      let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: larger / 64 + 1)
      bits.initialize(repeating: .max, count: larger / 64 + 1)
      bits.update(from: old, count: capacity / 64 + 1)
      old.deallocate()
      validity = bits
    }
    data.deallocate()
    (data, capacity) = (memory, larger)
  }

  func child(_ index: Int) -> any VectorWriter { elements ?? self }

  var vector: Vector {
    Vector(
      type: type, data: UnsafeRawPointer(data), validity: validity.map { UnsafePointer($0) },
      children: elements.map { [$0.vector] } ?? [])
  }
}

/// The session a cancellation goes to.
final class RunningConnection: Sendable {
  private struct State {
    var connection: PostgresConnection?
    var isCancelled = false
  }
  private let state = Mutex(State())

  func set(_ connection: PostgresConnection) {
    let isCancelled = state.withLock { state in
      state.connection = connection
      return state.isCancelled
    }
    if isCancelled { connection.cancel() }
  }

  func cancel() {
    let connection = state.withLock { state in
      state.isCancelled = true
      return state.connection
    }
    connection?.cancel()
  }
}
