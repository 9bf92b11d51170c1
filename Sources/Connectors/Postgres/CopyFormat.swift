import Tabular

/// PostgreSQL's binary COPY stream (documentation of COPY, "Binary Format").
enum CopyFormat {
  /// `PGCOPY\n\377\r\n\0`, flags, length of the header's extension.
  static let header: [UInt8] = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0]

  static func appendHeader(to sink: ByteSink) { header.withUnsafeBytes { sink.append($0) } }

  /// Two streams of the same name are interchangeable: the column types are part of it.
  static func name(of types: [String]) -> String { "pgcopy-binary(\(types.joined(separator: ",")))" }
}
