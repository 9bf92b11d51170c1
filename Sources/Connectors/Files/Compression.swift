import Foundation
import Pipelines

/// How a file is packed, by its name's ending.
package enum Compression: String {
  case none, gzip, zstd

  init(_ path: String) {
    let name = path.lowercased()
    self = name.hasSuffix(".gz") ? .gzip : name.hasSuffix(".zst") ? .zstd : .none
  }

  /// Reads a packed file once, because the engine ends quietly where such a file breaks off, so rows would be lost unseen.
  /// - Throws: `truncated-file`.
  static func verify(_ path: String, named name: String? = nil) async throws {
    guard Compression(path) != .none, FileSet.size(path) > 0 else { return }
    try await Blocking.interruptible { stop in
      let reader = try ByteReader(path, named: name)
      while try reader.fill() { try stop.check() }
    }
  }

  /// The same for every packed file that a query of the user's names, in whatever place.
  /// - Parameter texts: the query's texts and table names; `directory`: where relative paths start.
  package static func verifyAll(among texts: [String], in directory: String) async throws {
    for text in Set(texts) where Compression(text) != .none && !text.contains("://") {
      let path = text.hasPrefix("/") ? text : directory + "/" + text
      for found in FilePattern.isPattern(path) ? FilePattern.matches(path) : [path] { try await verify(found) }
    }
  }
}
