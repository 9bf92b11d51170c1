/// Makes connectors from what a file says about them.
package struct ConnectorMaking {
  let catalog: Catalog
  let connections: any ConnectionLookup
  let directory: String
  let extensions: String
  let redactor: Redactor
  let inquiry: (any Inquiry)?

  package init(
    catalog: Catalog, connections: any ConnectionLookup, directory: String, extensions: String, redactor: Redactor,
    inquiry: (any Inquiry)? = nil
  ) {
    self.catalog = catalog
    self.connections = connections
    self.directory = directory
    self.extensions = extensions
    self.redactor = redactor
    self.inquiry = inquiry
  }

  package struct Made {
    package var type: ConnectorType
    package var connector: any Connector
  }

  /// The connector a URL or path means, with the settings that stand in it.
  package func connection(at address: String, location: Location) throws(Problem) -> ConnectionSettings {
    let (type, settings) = try self.address(address, at: location)
    return ConnectionSettings(connector: type.id, settings: settings)
  }

  /// - Throws: located problems.
  package func make(_ reference: ConnectionReference, for step: String) throws(Problems) -> Made {
    do {
      switch reference.kind {
      case .named(let name):
        let found = try connections.connection(named: name)
        return try made(type(named: found.connector), found.settings, name: name)
      case .inline(let connector, let settings):
        return try made(type(named: connector), settings, name: step)
      case .url(let text):
        let (type, settings) = try address(text, at: reference.location)
        return try made(type, settings, name: step)
      }
    } catch {
      throw Problems(Problems.of(error).map { redactor.redact($0.located(at: reference.location)) })
    }
  }

  private func made(_ type: ConnectorType, _ settings: Setting, name: String) throws -> Made {
    redactor.learn(settings)
    for description in type.settings where description.kind == .secret {
      for key in [description.name] + description.otherNames {
        if let text = settings[key]?.text { redactor.hide(text) }
      }
    }
    let context = ConnectorContext(name: name, directory: directory, extensions: extensions, inquiry: inquiry)
    return Made(type: type, connector: try type.make(settings, context))
  }

  private func type(named name: String) throws(Problem) -> ConnectorType {
    if let type = catalog.type(named: name) { return type }
    throw Problem(
      "unknown-connector", "Weir has no connector \"\(name)\".",
      hint: Nearest.hint(name, among: catalog.types.flatMap { [$0.id] + $0.aliases }) ?? "It has \(ids).")
  }

  private var ids: String { catalog.types.map(\.id).sorted().joined(separator: ", ") }

  /// The connector an address means, and the settings that stand in it.
  private func address(_ text: String, at location: Location) throws(Problem) -> (ConnectorType, Setting) {
    redactor.learn(addressesIn: text)
    let scheme = ConnectionURL.scheme(of: text)
    guard let scheme, !ConnectionURL.fileSchemes.contains(scheme) || catalog.type(path: text) == nil else {
      return try file(text, at: location)
    }
    guard let type = catalog.type(scheme: scheme) else {
      if ConnectionURL.fileSchemes.contains(scheme) { return try file(text, at: location) }
      let schemes = catalog.types.flatMap(\.schemes)
      throw Problem(
        "unknown-connector", "Weir has no connector for URLs that start with \(scheme)://.",
        hint: Nearest.hint(scheme, among: schemes)
          ?? "It knows \(schemes.sorted().map { "\($0)://" }.joined(separator: ", ")).")
    }
    let url = try ConnectionURL(text)
    if url.hasLateMark, !isFile(type) {
      throw Problem(
        "wrong-url", "The URL has an @ behind its host, as if a / or ? of a password were not encoded.",
        hint: ConnectionURL.encodingHint,
        at: location)
    }
    return (type, settings(of: url, for: type, at: location))
  }

  private func file(_ text: String, at location: Location) throws(Problem) -> (ConnectorType, Setting) {
    let path = text.hasPrefix("file://") ? try ConnectionURL(text).rest : text
    guard let type = catalog.type(path: text) else {
      throw Problem(
        "unknown-file-type", "The ending of \"\(redactor.redact(text))\" doesn't say what kind of file it is.",
        hint: "Say it: { type: csv, path: … }. Weir has \(ids).")
    }
    return (type, Setting(.map([entry("path", path, location)]), at: location))
  }

  private func isFile(_ type: ConnectorType) -> Bool {
    type.settings.contains { $0.name == "path" } && !type.settings.contains { $0.name == "host" }
  }

  private func settings(of url: ConnectionURL, for type: ConnectorType, at location: Location) -> Setting {
    var entries: [Setting.Entry] = []
    func add(_ value: String?, as names: String...) {
      guard let value, !value.isEmpty else { return }
      let known = names.first { name in type.settings.contains { $0.name == name || $0.otherNames.contains(name) } }
      entries.append(entry(known ?? names[0], value, location))
    }
    if let password = url.password { redactor.hide(password) }
    if isFile(type) {
      add(url.rest, as: "path")
    } else {
      add(url.host, as: "host")
      add(url.port.map(String.init), as: "port")
      add(url.user, as: "user", "username")
      add(url.password, as: "password")
      add(url.path, as: "database", "dbname", "path")
    }
    for option in url.options { entries.append(entry(option.name, option.value, location)) }
    return Setting(.map(entries), at: location)
  }

  private func entry(_ key: String, _ value: String, _ location: Location) -> Setting.Entry {
    Setting.Entry(key: key, keyLocation: location, value: Setting(.text(value), at: location))
  }
}
