import Pipelines

extension XMLEvents {
  /// The events of a file, packed with gzip or not.
  convenience init(file path: String) throws(Problem) {
    let bytes = try ByteReader(path)
    try self.init(path) { () throws(Problem) in try bytes.next() }
  }
}
