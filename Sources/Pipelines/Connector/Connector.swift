import Tabular

/// A kind of system. A connector that can be read is a `Source`, one that can be written a `Destination`.
package protocol Connector: Sendable {
  associatedtype Settings: Sendable
  static var manifest: Manifest<Settings> { get }
  init(_ settings: Settings, context: ConnectorContext) throws
  /// Behind "Test connection". Never throws for a system that refuses: the report says which stage failed.
  func check() async -> ConnectionReport
  /// What there is to read here.
  func resources() async throws -> [Resource]
}

/// What a connector may know of the program it runs in.
package struct ConnectorContext: Sendable {
  /// The connection's name, for messages.
  package var name: String
  /// Relative paths in settings start here.
  package var directory: String
  /// Folder of DuckDB's extensions.
  package var extensions: String
  /// Answers small questions with the engine; nil where there is no engine.
  package var inquiry: (any Inquiry)?

  package init(name: String, directory: String, extensions: String, inquiry: (any Inquiry)? = nil) {
    self.name = name
    self.directory = directory
    self.extensions = extensions
    self.inquiry = inquiry
  }
}

/// Small questions to the engine while a connector prepares: which columns a file has, which tables a database holds.
/// Every question gets an engine of its own, so nothing it loads or attaches outlives it.
package protocol Inquiry: Sendable {
  /// The columns a query would yield.
  func describe(_ query: SQL, setup: [SQL]) async throws -> Schema
  /// The rows of a query; for small results.
  func rows(_ query: SQL, setup: [SQL]) async throws -> [[Value]]
  /// Hands the bytes of a file or web address to `body` in order.
  func read(
    _ address: String, setup: [SQL], _ body: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void) async throws
}

/// What is said of a kind of system: in lists, forms, documentation.
package struct Manifest<Settings: Sendable>: Sendable {
  /// Lower-case noun, unique: `postgres`.
  package var id: String
  package var title: String
  package var summary: String
  /// Other spellings users know (C10); compared in lower case without spaces, `_` and `-`.
  package var aliases: [String]
  /// URL schemes that mean this connector: `postgres://…`.
  package var schemes: [String]
  /// File name endings that mean this connector: `csv`, `csv.gz`.
  package var fileEndings: [String]
  package var category: Category
  package var settings: SettingsSchema<Settings>

  package enum Category: String, Sendable, Codable, CaseIterable {
    case database = "Database", api = "API", file = "File", saas = "SaaS", warehouse = "Data Warehouse"
    case queue = "Message Queue", streaming = "Streaming", email = "Email", custom = "Custom"
  }

  package init(
    id: String, title: String, summary: String, category: Category, aliases: [String] = [], schemes: [String] = [],
    fileEndings: [String] = [], settings: SettingsSchema<Settings>
  ) {
    self.id = id
    self.title = title
    self.summary = summary
    self.category = category
    self.aliases = aliases
    self.schemes = schemes
    self.fileEndings = fileEndings
    self.settings = settings
  }
}

/// Something that can be read in a system: a table, a file, an endpoint, with what is known of it (CON-07).
package struct Resource: Sendable, Codable {
  package var name: String
  /// `table`, `view`, `file`, `sheet`.
  package var kind: String
  package var columns: [ResourceColumn]
  package var primaryKey: [String]
  package var foreignKeys: [ForeignKey]
  package var indexes: [String]
  package var approximateRows: Int?
  package var bytes: Int?

  package struct ResourceColumn: Sendable, Codable {
    package var name: String
    /// The type as the system itself calls it.
    package var type: String
    package var isNullable: Bool
    /// Whether the system fills it when a row doesn't; nil = not known.
    package var hasDefault: Bool?
    package init(name: String, type: String, isNullable: Bool, hasDefault: Bool? = nil) {
      self.name = name
      self.type = type
      self.isNullable = isNullable
      self.hasDefault = hasDefault
    }
  }

  package struct ForeignKey: Sendable, Codable {
    package var columns: [String]
    package var references: String
    package var referencedColumns: [String]
    package init(columns: [String], references: String, referencedColumns: [String]) {
      self.columns = columns
      self.references = references
      self.referencedColumns = referencedColumns
    }
  }

  package init(
    name: String, kind: String, columns: [ResourceColumn] = [], primaryKey: [String] = [],
    foreignKeys: [ForeignKey] = [],
    indexes: [String] = [], approximateRows: Int? = nil, bytes: Int? = nil
  ) {
    self.name = name
    self.kind = kind
    self.columns = columns
    self.primaryKey = primaryKey
    self.foreignKeys = foreignKeys
    self.indexes = indexes
    self.approximateRows = approximateRows
    self.bytes = bytes
  }
}
