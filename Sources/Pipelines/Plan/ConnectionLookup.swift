/// A configured system: which connector, and its settings as written (secrets filled in).
package struct ConnectionSettings: Sendable {
  package var connector: String
  package var settings: Setting

  package init(connector: String, settings: Setting) {
    self.connector = connector
    self.settings = settings
  }
}

/// Finds the connections of a workspace by name.
package protocol ConnectionLookup: Sendable {
  /// - Throws: `unknown-connection` with the near name; or the problems of the connection's own file.
  func connection(named name: String) throws -> ConnectionSettings
}

/// No connections but those a file brings itself.
package struct NoConnections: ConnectionLookup {
  package init() {}
  package func connection(named name: String) throws -> ConnectionSettings {
    throw Problem.unknownConnection(name, among: [])
  }
}

extension Problem {
  package static func unknownConnection(_ name: String, among names: [String]) -> Problem {
    Problem(
      "unknown-connection", "There is no connection \"\(name)\".",
      hint: Nearest.hint(name, among: names)
        ?? "Add it with weir connections add \(name), or write a URL or path instead.")
  }
}
