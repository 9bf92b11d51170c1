import Foundation
import Pipelines
import Tabular

/// A file format: its settings, how the engine reads it, how it writes it. `FileConnector` does the rest.
package protocol FileFormat: Sendable {
  static var manifest: Manifest<Self> { get }
  /// The connection's file, folder, pattern or address; empty = steps name their own.
  var path: String { get }
  /// Whether a file on the web has to be fetched before it is read.
  static var readsFromDisk: Bool { get }
  /// How rows of these files enter the engine.
  func extract(_ read: FileRead) async throws -> Extract
  /// How rows land in one file.
  func layout(_ write: FileWrite) throws -> FileLayout
}

extension FileFormat {
  package static var readsFromDisk: Bool { false }
}

/// One read of a format.
package struct FileRead: Sendable {
  let files: FileSet
  let request: ReadRequest
  let context: ConnectorContext

  /// Reading part of what the engine should read: the wanted columns, rows that pass the filter, at most so many.
  func restricted(_ query: SQL) -> SQL {
    var result = query
    if let filter = request.filter { result = "SELECT * FROM (\(result)) WHERE \(SQL(enclosing: filter))" }
    if let columns = request.columns { result = "SELECT \(names: columns) FROM (\(result))" }
    if let limit = request.limit { result = "SELECT * FROM (\(result)) LIMIT \(limit)" }
    return result
  }

  /// Asks the engine about the files.
  /// - Throws: a `Problem` that names them.
  func ask(_ query: SQL, setup: [SQL] = []) async throws -> [[Value]] {
    try await context.ask {
      try await $0.rows(query, setup: files.setup + setup)
    } failing: {
      refused($0)
    }
  }

  func describe(_ query: SQL, setup: [SQL] = []) async throws -> Schema {
    try await context.ask {
      try await $0.describe(query, setup: files.setup + setup)
    } failing: {
      refused($0)
    }
  }

  func refused(_ error: any Error) -> Problem {
    let words = String("\(error)".prefix { $0 != "\n" }).prefix(300)
    let name = files.paths.count == 1 ? "\"\(files.first)\"" : "\(files.paths.count) files"
    return Problem("unreadable-file", "\(name) can't be read: \(words)", at: request.location, cause: error)
  }
}

extension ConnectorContext {
  func ask<Answer>(
    _ question: (any Inquiry) async throws -> Answer, failing: (any Error) -> Problem
  ) async throws -> Answer {
    guard let inquiry else {
      throw Problem("engine-missing", "Connection \"\(name)\" needs the engine to look at its data.")
    }
    do {
      return try await question(inquiry)
    } catch let error where error is Problem || error is CancellationError {
      throw error
    } catch {
      throw failing(error)
    }
  }
}

/// One write of a format.
package struct FileWrite: Sendable {
  let request: WriteRequest
  let path: String
  let context: ConnectorContext

  /// What the file's name says of its compression.
  var compression: String { Compression(path).rawValue }

  func refusal(_ column: Column, _ format: String) -> Problem {
    Problem(
      "no-exact-type", "Column \"\(column.name)\" is \(column.type), for which \(format) has no exact form.",
      hint: "Cast it in a transform step, for example to VARCHAR.", at: request.location)
  }
}

/// How rows land in one file.
package struct FileLayout: Sendable {
  var setup: [SQL] = []
  var landing: Schema
  /// See `Load.values`.
  var values: [String: SQL] = [:]
  /// Writes a query's rows to a path.
  var copy: @Sendable (_ rows: SQL, _ path: String) -> SQL
  /// Reads a path back with the columns of `landing`.
  var readBack: @Sendable (_ path: String) -> SQL
  /// Makes the file at a path out of what `copy` wrote, if that isn't the file itself.
  var seal: @Sendable (_ path: String) throws -> Void = { _ in }
}
