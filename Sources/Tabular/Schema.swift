/// One named, typed place in a row.
package struct Column: Hashable, Sendable, Codable {
  package var name: String
  package var type: DataType
  package var isNullable: Bool
  /// What the column is where it comes from, if it has come through unchanged and `type` doesn't say all of it.
  package var native: NativeType?

  package init(_ name: String, _ type: DataType, isNullable: Bool = true, native: NativeType? = nil) {
    self.name = name
    self.type = type
    self.isNullable = isNullable
    self.native = native
  }

  private enum CodingKeys: String, CodingKey { case name, type, isNullable }
}

/// A type in the words of the system it belongs to.
package struct NativeType: Hashable, Sendable {
  /// A connector's id: `postgres`.
  package var system: String
  /// `character varying(20)`.
  package var name: String
  package init(system: String, name: String) {
    self.system = system
    self.name = name
  }
}

/// The columns of a relation, in order.
package struct Schema: Hashable, Sendable, Codable {
  package var columns: [Column]

  package init(_ columns: [Column]) { self.columns = columns }

  package var names: [String] { columns.map(\.name) }

  /// The column of that name; exact spelling first, else the only one that differs in case.
  package subscript(name name: String) -> Column? {
    if let exact = columns.first(where: { ColumnNames.areIdentical($0.name, name) }) { return exact }
    let folded = columns.filter { ColumnNames.areSame($0.name, name) }
    return folded.count == 1 ? folded[0] : nil
  }
}
