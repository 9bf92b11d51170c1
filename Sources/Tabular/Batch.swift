/// Some rows of a relation, column by column. It borrows the engine's memory: valid only inside the call that hands it over.
package struct Batch {
  package let rowCount: Int
  package let columns: [Vector]

  package init(rowCount: Int, columns: [Vector]) {
    self.rowCount = rowCount
    self.columns = columns
  }
}

/// The values of one column of a `Batch`.
///
/// Layout by type (the engine's own, so nothing is copied): booleans one byte; integers, floats, dates (days since 1970),
/// times and timestamps (in their unit) as native numbers; decimals as the smallest integer that holds the precision
/// (≤ 4 digits 16 bit, ≤ 9 32, ≤ 18 64, else 128); 128-bit numbers low word first; UUIDs as 128-bit numbers with the top bit
/// flipped; intervals as months (32 bit), days (32), microseconds (64); text, blobs, JSON and bits as 16-byte `StringSlot`s;
/// enumerations as an index of 8, 16 or 32 bits; lists and maps as (offset, length) pairs of 64 bits into `children[0]`
/// (for a map a structure of key and value); arrays as `count` consecutive values of `children[0]`;
/// structures as one child per field.
package struct Vector {
  package let type: DataType
  package let data: UnsafeRawPointer
  /// One bit per value, 1 = present; nil = no nulls.
  package let validity: UnsafePointer<UInt64>?
  package let children: [Vector]

  package init(type: DataType, data: UnsafeRawPointer, validity: UnsafePointer<UInt64>?, children: [Vector] = []) {
    self.type = type
    self.data = data
    self.validity = validity
    self.children = children
  }

  @inline(__always)
  package func isNull(_ row: Int) -> Bool {
    guard let validity else { return false }
    return validity[row >> 6] & (1 << UInt64(row & 63)) == 0
  }

  @inline(__always)
  package func load<Number: BitwiseCopyable>(_ row: Int, as type: Number.Type = Number.self) -> Number {
    data.load(fromByteOffset: row &* MemoryLayout<Number>.stride, as: type)
  }

  /// The bytes of a text, blob or JSON value; valid as long as the batch.
  @inline(__always)
  package func bytes(_ row: Int) -> UnsafeRawBufferPointer {
    let slot = data + row &* 16
    let length = Int(slot.load(as: UInt32.self))
    let start = length <= 12 ? slot + 4 : slot.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
    return UnsafeRawBufferPointer(start: start, count: length)
  }
}

/// Where a connector puts the values of one column it produces; the counterpart of `Vector`, with the same layouts.
package protocol VectorWriter {
  var data: UnsafeMutableRawPointer { get }
  func setNull(_ row: Int)
  /// Copies bytes in as a text, blob or JSON value.
  func assign(_ row: Int, _ bytes: UnsafeRawBufferPointer)
  /// For a list or map: how many child values there are so far.
  var childCount: Int { get }
  /// For a list or map: makes room for `count` child values in all. Child writers taken before are invalid afterwards.
  func growChild(to count: Int)
  /// A list's elements (0), or a structure's field.
  func child(_ index: Int) -> any VectorWriter
}

/// Rows that come from outside the engine (a wire protocol, a parser), pulled by the engine when it has room for more.
package protocol BatchSource: BatchScan {
  var schema: Schema { get }
  /// How many rows are expected, if the system knows.
  var estimatedRows: Int? { get }
  /// How many readers of one scan may run at the same time.
  var partitions: Int { get }
  /// Begins to read all rows from the start. A query may scan a source several times (a join with itself).
  func scan() -> any BatchScan
  /// Makes blocked readers return with an error, soon. May be called from any thread.
  func cancel()
}

/// One pass over a source.
package protocol BatchScan: Sendable {
  /// Opens a reader of the next part of the scan that yields only `columns` (indices into `schema`), in that order. Blocking.
  func open(columns: [Int]) throws -> any BatchReader
}

extension BatchSource {
  package var estimatedRows: Int? { nil }
  package var partitions: Int { 1 }
  /// A source with one part needs no state of its own per scan.
  package func scan() -> any BatchScan { self }
  package func cancel() {}
}

package protocol BatchReader: AnyObject {
  /// Writes up to `capacity` rows and returns how many; 0 at the end. Blocking.
  func read(into writers: [any VectorWriter], capacity: Int) throws -> Int
}
