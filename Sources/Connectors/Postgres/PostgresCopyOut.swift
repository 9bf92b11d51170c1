import Pipelines
import Tabular

/// A read as raw tuples of binary COPY, for another PostgreSQL; the fingerprint is taken from the bytes on their way.
final class PostgresCopyOut: CopyOut {
  private let query: PostgresQuery
  private let settings: PostgresSettings
  private let running = RunningConnection()
  let format: String
  let schema: Schema

  /// nil if a column's binary form isn't the canonical one of its type.
  init?(_ query: PostgresQuery, settings: PostgresSettings) {
    let types = query.columns.compactMap { PostgresTypes.landing(of: $0.type)?.staged }
    guard !query.columns.isEmpty, types.count == query.columns.count, query.columns.allSatisfy(\.isCanonical) else {
      return nil
    }
    self.query = query
    self.settings = settings
    format = CopyFormat.name(of: types)
    schema = Schema(query.columns.map { Column($0.name, $0.type, isNullable: $0.isNullable, native: $0.native) })
  }

  private static let rowsAtOnce = 2048
  private static let bytesAtOnce = 1 << 20

  /// Hands on tuples without header and trailer.
  func stream(level: VerifyLevel, to body: (UnsafeRawBufferPointer, _ rows: Int) throws -> Void) throws -> Fingerprint {
    let connection = try PostgresConnection(settings, for: .reading)
    running.set(connection)
    defer { connection.close() }
    var prints = FingerprintAccumulator(schema: schema, level: level)
    let decoder = PostgresDecoder(columns: query.columns)
    let sink = ByteSink(capacity: PostgresCopyOut.bytesAtOnce * 2)
    var starts: [Int] = []
    let isDecoded = level == .columns || level == .full

    func flush() throws {
      guard !starts.isEmpty else { return }
      if isDecoded {
        let lent = query.columns.map { LentVector($0.type, capacity: starts.count) }
        let data = lent.map(\.data)
        try data.withUnsafeBufferPointer { data in
          guard let base = data.baseAddress else { return }
          let bytes = sink.bytes
          try (lent as [any VectorWriter]).withUnsafeBufferPointer { writers in
            guard let writers = writers.baseAddress else { return }
            for (row, start) in starts.enumerated() {
              _ = try decoder.decode(
                UnsafeRawBufferPointer(rebasing: bytes[start...]), into: writers, data: base, row: row)
            }
          }
        }
        withExtendedLifetime(lent) { prints.add(Batch(rowCount: starts.count, columns: lent.map(\.vector))) }
      } else {
        prints.add(Batch(rowCount: starts.count, columns: []))
      }
      try body(sink.bytes, starts.count)
      sink.removeAll()
      starts.removeAll(keepingCapacity: true)
    }

    try connection.beginCopyOut(query.copy(query.columns))
    var isFirst = true
    while true {
      let more: Void? = try connection.receiveCopy { message in
        var bytes = message
        if isFirst {
          guard bytes.count >= CopyFormat.header.count else { throw PostgresDecoder.broken }
          bytes = UnsafeRawBufferPointer(rebasing: bytes[CopyFormat.header.count...])
          isFirst = false
        }
        // Two bytes of ones are the trailer.
        if bytes.isEmpty || bytes.count == 2 && bytes[0] == 0xff && bytes[1] == 0xff { return }
        starts.append(sink.count)
        sink.append(bytes)
      }
      if more == nil { break }
      if starts.count == PostgresCopyOut.rowsAtOnce || sink.count >= PostgresCopyOut.bytesAtOnce { try flush() }
    }
    try flush()
    return prints.finish()
  }

  func cancel() { running.cancel() }
}
