import Execution
import Foundation
import Pipelines
import Tabular

/// The connections of a workspace: files `connections/<name>.yaml`, and environment variables that hold a URL.
package struct ConnectionLibrary: ConnectionLookup {
  package struct Entry: Sendable, Codable {
    package var name: String
    package var connector: String
    /// `connections/shop.yaml`, or `environment`.
    package var origin: String
  }

  let directory: URL
  let catalog: Catalog
  let environment: [String: String]
  package let vault: Vault
  var secrets: any SecretLookup
  let redactor: Redactor

  private var folder: URL { directory.appending(path: "connections") }

  /// All there are, by name. Files that can't be read are listed with an empty connector.
  package func list() -> [Entry] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    var entries = files.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.map { file in
      let name = String(file[..<(file.lastIndex(of: ".") ?? file.endIndex)])
      return Entry(
        name: name, connector: (try? connection(named: name))?.connector ?? "", origin: "connections/\(file)")
    }
    for (name, value) in environment where !entries.contains(where: { $0.name == name }) {
      guard let colon = value.firstRange(of: "://"), let type = catalog.type(scheme: String(value[..<colon.lowerBound]))
      else { continue }
      entries.append(Entry(name: name, connector: type.id, origin: "environment"))
    }
    return entries.sorted { $0.name < $1.name }
  }

  package func connection(named name: String) throws -> ConnectionSettings {
    if let file = file(of: name) { return try read(file) }
    if let url = environment[name], url.contains("://") {
      let place = Location(file: "the environment variable \(name)", line: 1, column: 1)
      return try making.connection(at: url, location: place)
    }
    throw Problem.unknownConnection(name, among: list().map(\.name))
  }

  /// The connection as a connector, ready to be asked.
  package func connector(
    named name: String, extensions: String
  ) throws -> (type: ConnectorType, connector: any Connector) {
    let isAddress = name.contains("://") || name.contains("/") || name.contains(".")
    redactor.learn(addressesIn: name)
    let place = Location(file: isAddress ? "command line" : "connections/\(name).yaml", line: 1, column: 1)
    let made = try making(extensions).make(
      ConnectionReference(isAddress ? .url(name) : .named(name), at: place), for: name)
    return (made.type, made.connector)
  }

  func file(of name: String) -> URL? {
    guard !name.contains("/"), !name.contains("..") else { return nil }
    return ["yaml", "yml"].map { folder.appending(path: "\(name).\($0)") }.first {
      FileManager.default.fileExists(atPath: $0.path)
    }
  }

  private func read(_ file: URL) throws -> ConnectionSettings {
    let text: String
    do { text = try String(contentsOf: file, encoding: .utf8) } catch {
      throw Problem("not-readable", "The file \(file.path) can't be read.", cause: error)
    }
    return try parse(text, file: "connections/\(file.lastPathComponent)")
  }

  func parse(_ text: String, file: String) throws -> ConnectionSettings {
    let written = try SettingReader.read(text, file: file)
    redactor.learn(written)
    var filling = Interpolation(
      environment: environment, parameters: [:], secrets: secrets, run: .preview, redactor: redactor)
    let filled = filling.fill(written)
    redactor.learn(filled)
    guard filling.problems.isEmpty else { throw Problems(filling.problems.map(redactor.redact)) }
    if let url = filled["url"]?.text, filled["type"] == nil {
      return try making.connection(at: url, location: filled.location)
    }
    guard let type = (filled["type"] ?? filled["connector_type"])?.text else {
      throw Problem(
        "missing-setting", "The connection doesn't say of which type it is.",
        hint: "Add type: with a connector's name.", at: filled.location)
    }
    let rest = filled.entries.filter { !["type", "connector_type", "config", "name", "description"].contains($0.key) }
    let settings = Setting(.map((filled["config"]?.entries ?? []) + rest), at: filled.location)
    return ConnectionSettings(connector: type, settings: settings)
  }

  var making: ConnectorMaking { making("") }

  private func making(_ extensions: String) -> ConnectorMaking {
    ConnectorMaking(
      catalog: catalog, connections: self, directory: directory.path, extensions: extensions, redactor: redactor,
      inquiry: EngineInquiry())
  }
}
