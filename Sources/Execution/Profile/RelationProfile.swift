/// What rows are like, column by column.
package struct RelationProfile: Sendable, Codable {
  package var rows: Int
  package var columns: [ColumnProfile]

  package init(rows: Int, columns: [ColumnProfile]) {
    self.rows = rows
    self.columns = columns
  }

  package subscript(column name: String) -> ColumnProfile? { columns.first { $0.column == name } }
}

/// What the values of one column are like; what its type doesn't have is nil or empty.
package struct ColumnProfile: Sendable, Codable {
  package var column: String
  /// The engine's name of it.
  package var type: String
  package var rows: Int
  package var nulls: Int
  package var distinct: Int?
  /// Whether `distinct` is counted rather than estimated.
  package var isDistinctExact: Bool
  package var min, max: String?
  package var mean: Double?
  /// Estimated.
  package var q25, median, q75: String?
  /// Characters of the shortest and longest text.
  package var shortest, longest: Int?
  /// The most frequent values; none where every value is there once.
  package var top: [Frequent]
  /// The most frequent shapes of texts: `9999-99-99`.
  package var patterns: [Frequent]

  /// A value or shape and how many rows have it.
  package struct Frequent: Sendable, Codable, Hashable {
    package var value: String
    package var count: Int

    package init(_ value: String, _ count: Int) {
      self.value = value
      self.count = count
    }
  }

  /// How many rows have a value.
  package var present: Int { rows - nulls }
  /// Whether no value occurs twice; false if that isn't known for certain, or there is none.
  package var isUnique: Bool { isDistinctExact && present > 0 && distinct == present }
}
