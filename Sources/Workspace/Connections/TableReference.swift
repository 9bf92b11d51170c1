import Foundation
import Pipelines

/// What a person names on the command line: `CONNECTION/table`, `CONNECTION?query=SELECT …`, a URL (`postgres://…/db?table=orders`),
/// a database file with a table (`app.sqlite/orders`), a file, pattern or web address.
struct TableReference {
  let connection: ConnectionReference.Kind
  let subject: ReadRequest.Subject
  /// A file as it was written; its path may have been completed.
  private let written: String

  /// - Parameters:
  ///   - current: where paths start, if there is such a file; else they start in the workspace.
  ///   - place: what a message calls it: `side A`.
  /// - Throws: `unknown-connection`, `unknown-file-type`, `missing-setting`.
  init(_ text: String, in library: ConnectionLibrary, from current: URL, at place: Location) throws(Problem) {
    try self.init(parsing: text, in: library, current, at: place)
    let type: ConnectorType? =
      switch connection {
      case .named(let name):
        (try? library.connection(named: name)).flatMap { library.catalog.type(named: $0.connector) }
      case .url(let address):
        ConnectionURL.scheme(of: address).flatMap { library.catalog.type(scheme: $0) }
          ?? library.catalog.type(path: address)
      case .inline(let connector, _): library.catalog.type(named: connector)
      }
    guard subject == .whole, let type, !type.isOfFiles else { return }
    throw Problem(
      "missing-setting", "\"\(label)\" says which \(type.title) is meant, but not which table.",
      hint: "Write \(label)/table or \(label)?query=SELECT ….", at: place)
  }

  private init(parsing text: String, in library: ConnectionLibrary, _ current: URL, at place: Location) throws(Problem)
  {
    let (start, subject) = TableReference.asked(text, library.catalog)
    written = start
    if ConnectionURL.scheme(of: start) != nil {
      (connection, self.subject) = TableReference.url(start, subject, library.catalog)
      return
    }
    let names = library.list().map(\.name)
    let head = String(start.prefix { $0 != "/" })
    if names.contains(head), head == start || subject == nil {
      let rest = String(start.dropFirst(head.count + 1))
      connection = .named(head)
      if let subject {
        self.subject = subject
      } else {
        let isFile =
          (try? library.connection(named: head)).flatMap { library.catalog.type(named: $0.connector) }?.isOfFiles
          == true
        self.subject = rest.isEmpty ? .whole : isFile ? .path(rest) : .table(rest)
      }
      return
    }
    if let file = TableReference.database(start, library.catalog) {
      connection = .url(TableReference.completed(file.path, current))
      self.subject = subject ?? (file.table.isEmpty ? .whole : .table(file.table))
      return
    }
    guard library.catalog.type(path: start) != nil else {
      guard !names.isEmpty, !start.hasPrefix("."), !start.hasPrefix("/"), !start.contains("*") else {
        throw Problem(
          "unknown-file-type", "\"\(start)\" is no connection, and its ending doesn't say what kind of file it is.",
          hint: "Write CONNECTION/table, a URL, or a file such as orders.csv.", at: place)
      }
      throw Problem.unknownConnection(head, among: names).located(at: place)
    }
    connection = .url(TableReference.completed(start, current))
    self.subject = subject ?? .whole
  }

  /// What it is called in messages: nothing that may be a secret.
  var label: String {
    var text: String
    switch connection {
    case .named(let name): text = name
    case .inline(let connector, _): text = connector
    case .url(let address):
      text = address
      if ConnectionURL.scheme(of: written) == nil {
        return subject.isQuery ? "\(written)?query=\(subject.words)" : written
      }
      if let scheme = address.range(of: "://") {
        let place = address[scheme.upperBound...].prefix { $0 != "?" }
        let host = place.lastIndex(of: "@").map { place[place.index(after: $0)...] } ?? place
        text = String(address[..<scheme.upperBound] + host)
      }
    }
    if subject == .whole { return text }
    return text + (subject.isQuery ? "?query=" : "/") + subject.words
  }

  /// A relative path of a file or pattern that is there, from the folder the person is in.
  private static func completed(_ path: String, _ current: URL) -> String {
    guard !path.hasPrefix("/"), !path.hasPrefix("~") else { return path }
    let whole = current.appending(path: path).path
    let known = whole.prefix { !"*?[{".contains($0) }
    let isThere = FileManager.default.fileExists(
      atPath: known.count == whole.count
        ? whole : String(known.prefix(through: known.lastIndex(of: "/") ?? known.startIndex)))
    return isThere ? whole : path
  }

  /// What stands before `?table=` or `?query=`, and the table or query. The rest of the text is taken as it is.
  private static func asked(_ text: String, _ catalog: Catalog) -> (String, ReadRequest.Subject?) {
    // A web address keeps its own parameters.
    if let scheme = ConnectionURL.scheme(of: text), catalog.type(scheme: scheme) == nil { return (text, nil) }
    for mark in ["?query=", "&query="] {
      if let found = text.range(of: mark) {
        return (String(text[..<found.lowerBound]), .query(String(text[found.upperBound...])))
      }
    }
    for mark in ["?table=", "&table="] {
      if let found = text.range(of: mark) {
        return (String(text[..<found.lowerBound]), .table(String(text[found.upperBound...])))
      }
    }
    return (text, nil)
  }

  /// A server's address may name a table behind the database: `postgres://host/shop/orders`.
  private static func url(
    _ text: String, _ subject: ReadRequest.Subject?, _ catalog: Catalog
  ) -> (ConnectionReference.Kind, ReadRequest.Subject) {
    if let subject { return (.url(text), subject) }
    guard let scheme = ConnectionURL.scheme(of: text), let type = catalog.type(scheme: scheme), !type.isOfFiles,
      let colon = text.range(of: "://")
    else { return (.url(text), .whole) }
    if type.settings.contains(where: { $0.name == "path" }) {
      guard let file = database(text, catalog), !file.table.isEmpty else { return (.url(text), .whole) }
      return (.url(file.path), .table(file.table))
    }
    let address = text[colon.upperBound...].prefix { $0 != "?" }
    let options = text[colon.upperBound...].dropFirst(address.count)
    let parts = address.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[2].isEmpty else { return (.url(text), .whole) }
    let table = parts[2].removingPercentEncoding ?? String(parts[2])
    return (.url("\(text[..<colon.upperBound])\(parts[0])/\(parts[1])\(options)"), .table(table))
  }

  /// A path through a database file: `data/app.sqlite/orders`.
  private static func database(_ text: String, _ catalog: Catalog) -> (path: String, table: String)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    for count in parts.indices.map({ $0 + 1 }) {
      let path = parts.prefix(count).joined(separator: "/")
      guard let type = catalog.type(path: path), !type.isOfFiles, parts[count - 1].contains(".") else { continue }
      return (path, parts.dropFirst(count).joined(separator: "/"))
    }
    return nil
  }
}

extension ReadRequest.Subject {
  fileprivate var isQuery: Bool { if case .query = self { true } else { false } }

  fileprivate var words: String {
    switch self {
    case .table(let text), .path(let text), .query(let text): text
    case .whole: ""
    }
  }
}

extension ConnectorType {
  /// Whether what it reads are files rather than tables.
  fileprivate var isOfFiles: Bool { category == "File" }
}
