import Foundation
import Pipelines
import Tabular

/// Where a file connector reads: a file, a folder, a pattern, or a web address.
struct FileLocation: Sendable, Hashable {
  /// An absolute path or an address.
  let path: String

  var isRemote: Bool { path.contains("://") }

  /// - Parameters:
  ///   - base: the connection's own path; empty = the workspace's folder.
  ///   - relative: the step's path; nil = what the connection points at.
  init(base: String, relative: String?, directory: String) {
    let start = FileLocation.absolute(base, in: directory)
    guard let relative else {
      path = start
      return
    }
    if start.contains("://"), !relative.contains("://") {
      path = start.hasSuffix("/") ? start + relative : start + "/" + relative
    } else {
      path = FileLocation.absolute(relative, in: start)
    }
  }

  private static func absolute(_ path: String, in directory: String) -> String {
    if path.hasPrefix("file://") { return String(path.dropFirst(7)) }
    if path.contains("://") || path.hasPrefix("/") { return path }
    if path.hasPrefix("~/") { return NSHomeDirectory() + path.dropFirst(1) }
    if path.isEmpty { return directory }
    return directory.hasSuffix("/") ? directory + path : directory + "/" + path
  }

  /// The system's calls would take what stands before a NUL for the whole path.
  /// - Throws: `file-not-found`.
  func refuseNUL() throws(Problem) {
    guard path.utf8.contains(0) else { return }
    throw Problem(
      "file-not-found", "No file can be called \"\(path.filter { $0 != "\0" })\": there is a NUL character in it.")
  }

  /// The files that are there now.
  /// - Parameter endings: which files of a folder are meant.
  /// - Throws: `file-not-found`, `no-permission`.
  func files(endings: [String], extensions: String) throws(Problem) -> FileSet {
    let files = try found(endings: endings, extensions: extensions)
    if !isRemote { for path in files.paths { try FileSet.mayRead(path) } }
    return files
  }

  /// The files that are there now, whether or not this user may read them.
  /// - Throws: `file-not-found`.
  func found(endings: [String], extensions: String) throws(Problem) -> FileSet {
    try refuseNUL()
    if isRemote {
      guard path.hasPrefix("http://") || path.hasPrefix("https://") else {
        throw Problem(
          "unknown-scheme", "Files can't be read from \"\(path)\" yet.",
          hint: "Paths and http(s) addresses can be read.")
      }
      return FileSet(paths: [path], bytes: nil, setup: [.load("httpfs", from: extensions)])
    }
    var paths: [String]
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      paths = isFolder.boolValue ? try folder(endings) : [path]
    } else if FilePattern.isPattern(path) {
      paths = FilePattern.matches(path)
      guard !paths.isEmpty else { throw Problem("file-not-found", "No file matches \"\(path)\".") }
    } else {
      throw missing()
    }
    paths.sort()
    return FileSet(paths: paths, bytes: paths.reduce(0) { $0 + FileSet.size($1) }, setup: [])
  }

  private func folder(_ endings: [String]) throws(Problem) -> [String] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { !$0.hasPrefix(".") }
    let paths = names.filter { FileSet.matches($0, endings) }.map { path.hasSuffix("/") ? path + $0 : path + "/" + $0 }
    guard !paths.isEmpty else {
      throw Problem(
        "file-not-found",
        "The folder \"\(path)\" has no file ending in \(endings.map { ".\($0)" }.joined(separator: ", ")).",
        hint: names.isEmpty ? "It is empty." : "It holds \(names.sorted().prefix(3).joined(separator: ", ")).")
    }
    return paths
  }

  private func missing() -> Problem {
    let url = URL(fileURLWithPath: path)
    let parent = url.deletingLastPathComponent().path
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: parent) else {
      return Problem("file-not-found", "There is no folder \"\(parent)\", so \"\(path)\" can't be read.")
    }
    return Problem(
      "file-not-found", "There is no file \"\(path)\".",
      hint: Nearest.hint(url.lastPathComponent, among: names.sorted()))
  }
}

/// The files of one read.
struct FileSet: Sendable {
  var paths: [String]
  /// In all; nil = unknown.
  var bytes: Int?
  /// Statements the engine needs before it can read them.
  var setup: [SQL]
  /// What some of the paths are copies of.
  var originals: [String: String] = [:]
  /// What must live as long as the read: the copies.
  var copies: [any Sendable] = []

  /// What a file is called in messages.
  func name(of path: String) -> String { originals[path] ?? path }
  var first: String { paths.first.map(name) ?? "" }

  /// Puts a copy in a file's place.
  mutating func replace(_ path: String, with copy: String, _ owner: any Sendable) {
    originals[copy] = name(of: path)
    copies.append(owner)
    paths = paths.map { $0 == path ? copy : $0 }
  }

  /// Makes sure that no packed file ends too early, and fetches what is on the web and packed, or must be read from the disk.
  /// - Throws: `truncated-file`, `unreadable-file`, `disk-full`.
  mutating func complete(onDisk: Bool, _ context: ConnectorContext, at location: Location?) async throws {
    if bytes == nil, let address = paths.first, onDisk || Compression(FetchedFile.ending(address)) != .none {
      let fetched = try await FetchedFile(address, setup: setup, context, at: location)
      replace(address, with: fetched.path, fetched)
      bytes = FileSet.size(fetched.path)
      setup = []
    }
    for path in paths where !path.contains("://") {
      try await Compression.verify(path, named: name(of: path))
      try Task.checkCancellation()
    }
  }

  /// The paths as an SQL list.
  var list: SQL { "[\(paths.map { "\(text: $0)" }, separator: ", ")]" }

  /// Whether a file's name has one of the endings, compression aside.
  static func matches(_ name: String, _ endings: [String]) -> Bool {
    let plain = plainName(name)
    return endings.contains { plain.hasSuffix("." + $0) }
  }

  /// The name in lower case without a compression's ending.
  static func plainName(_ name: String) -> String {
    let name = name.lowercased()
    for ending in [".gz", ".zst"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
    return name
  }

  /// - Throws: `no-permission`.
  static func mayRead(_ path: String) throws(Problem) {
    guard access(path, R_OK) != 0 else { return }
    throw Problem(
      "no-permission", "\"\(path)\" may not be read by this user.", hint: "Check the file's owner and mode.")
  }

  static func size(_ path: String) -> Int {
    ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? NSNumber)?.intValue ?? 0
  }
}

extension SQL {
  /// Makes one of the engine's extensions available; safe to repeat.
  static func load(_ name: String, from folder: String) -> SQL { "LOAD \(text: "\(folder)/\(name).duckdb_extension")" }
}
