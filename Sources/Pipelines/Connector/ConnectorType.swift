/// A `Connector` type without its Swift type: what the catalog holds.
package struct ConnectorType: Sendable {
  package let id: String
  package let title: String
  package let summary: String
  package let category: String
  package let aliases: [String]
  package let schemes: [String]
  package let fileEndings: [String]
  package let settings: [SettingDescription]
  package let isSource: Bool
  /// nil = can't be written.
  package let writeModes: Set<WriteMode>?
  /// Reads the settings and makes the connector.
  /// - Throws: `Problems` with places, or a `Problem`.
  package let make: @Sendable (Setting, ConnectorContext) throws -> any Connector

  package init<Kind: Connector>(_ type: Kind.Type) {
    let manifest = Kind.manifest
    id = manifest.id
    title = manifest.title
    summary = manifest.summary
    category = manifest.category.rawValue
    aliases = manifest.aliases
    schemes = manifest.schemes
    fileEndings = manifest.fileEndings
    settings = manifest.settings.descriptions
    isSource = type is any Source.Type
    writeModes = (type as? any Destination.Type)?.writeModes
    make = { setting, context in try Kind(manifest.settings.read(setting), context: context) }
  }
}

/// The connector types of this program, found by id, alias, URL scheme or file ending.
package struct Catalog: Sendable {
  package let types: [ConnectorType]

  package init(_ types: [ConnectorType]) { self.types = types }

  /// By id or any documented spelling (C10): case, spaces, `_` and `-` don't matter.
  package func type(named name: String) -> ConnectorType? {
    let wanted = Catalog.fold(name)
    return types.first { Catalog.fold($0.id) == wanted || $0.aliases.contains { Catalog.fold($0) == wanted } }
  }

  package func type(scheme: String) -> ConnectorType? { types.first { $0.schemes.contains(scheme.lowercased()) } }

  /// By the ending of a path or address; compression endings are looked through (`orders.csv.gz`).
  package func type(path: String) -> ConnectorType? {
    var name = path.lowercased()
    if let query = name.firstIndex(of: "?"), name.contains("://") { name = String(name[..<query]) }
    for ending in [".gz", ".zst", ".bz2"] where name.hasSuffix(ending) { name.removeLast(ending.count) }
    return types.first { $0.fileEndings.contains { name.hasSuffix("." + $0) } }
  }

  static func fold(_ name: String) -> String { name.lowercased().filter { !" _-".contains($0) } }
}
