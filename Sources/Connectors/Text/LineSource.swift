import Pipelines
import Tabular

/// The lines of files as rows of `line` and `line_number`, in constant memory.
struct LineSource: BatchSource {
  let paths: [String]
  let schema = Schema([Column("line", .text, isNullable: false), Column("line_number", .int64, isNullable: false)])

  func open(columns: [Int]) throws -> any BatchReader { LineReader(paths: paths, columns: columns) }
}

private final class LineReader: BatchReader {
  private var paths: ArraySlice<String>
  private let columns: [Int]
  private var bytes: ByteReader?
  private var number: Int64 = 0
  private var line: [UInt8] = []

  init(paths: [String], columns: [Int]) {
    self.paths = paths[...]
    self.columns = columns
  }

  func read(into writers: [any VectorWriter], capacity: Int) throws -> Int {
    var row = 0
    while row < capacity, try next() {
      for (writer, column) in zip(writers, columns) {
        if column == 0 {
          line.withUnsafeBytes { writer.assign(row, $0) }
        } else {
          writer.data.storeBytes(of: number, toByteOffset: row * 8, as: Int64.self)
        }
      }
      row += 1
    }
    return row
  }

  private func next() throws -> Bool {
    while true {
      if bytes == nil {
        guard let path = paths.popFirst() else { return false }
        bytes = try ByteReader(path)
        number = 0
      }
      line.removeAll(keepingCapacity: true)
      if try bytes?.readLine(into: &line) == true {
        if line.last == 13 { line.removeLast() }
        number += 1
        return true
      }
      bytes = nil
    }
  }
}
