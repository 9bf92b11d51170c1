import Pipelines
import Tabular

/// What two relations are compared by.
package struct ComparisonOptions: Sendable {
  /// The columns that identify a row; empty = a primary key that either system knows.
  package var key: [String] = []
  /// Only these columns, beside the key; nil = all that both sides have.
  package var columns: [String]?
  /// Not these columns.
  package var exclude: [String] = []
  /// Floating-point numbers that differ by no more are equal.
  package var tolerance = 0.0
  /// How many differences of each kind are shown.
  package var limit = 20

  package init() {}
}

/// The outcome of comparing relation A with relation B, row by row.
package struct ComparisonReport: Sendable {
  package struct Side: Sendable {
    /// Rows of the relation.
    package var rows = 0
    /// Rows that were read to be compared one by one; the others were found equal by their hashes.
    package var rowsRead = 0
    /// Whether the system hashed its rows itself.
    package var isHashed = false
    /// Rows that could not be read and are not among `rows`.
    package var rejected = 0
    /// Rows without a value in the key; they are compared with nothing.
    package var nullKeys = 0
    /// Some of them: column to value.
    package var nullKeyExamples: [[Value]] = []
    /// Keys that stand in several rows; their rows are compared with nothing, on either side.
    package var duplicateKeys = 0
    package var duplicateRows = 0
    package var duplicateExamples: [[Value]] = []
    /// Whether its rows, or those that may differ, stand in the engine, and how many these are.
    var isStaged = false
    var compared = 0

    var isSound: Bool { rejected == 0 && nullKeys == 0 && duplicateKeys == 0 }
  }

  package struct TypeDifference: Sendable, Hashable {
    package var column: String
    package var a: String
    package var b: String
    /// What values were compared as: `number`, `text`, `TIMESTAMP`.
    package var comparedAs: String
  }

  package struct Difference: Sendable {
    package enum Kind: String, Sendable, Codable { case changed, onlyInA = "only_in_a", onlyInB = "only_in_b" }
    package var kind: Kind
    package var key: [Value]
    /// The column that changed; nil for a whole row.
    package var column: String?
    package var a: Value?
    package var b: Value?
  }

  package var a = Side()
  package var b = Side()
  package var key: [String] = []
  /// The columns that were compared, without the key.
  package var columns: [String] = []
  package var equal = 0
  package var changed = 0
  package var onlyInA = 0
  package var onlyInB = 0
  /// Rows in which a column changed, for columns that did.
  package var changes: [(column: String, rows: Int)] = []
  package var columnsOnlyInA: [String] = []
  package var columnsOnlyInB: [String] = []
  package var typeDifferences: [TypeDifference] = []
  package var differences: [Difference] = []

  package init() {}

  /// Whether the two hold the same rows and columns; types that differ don't matter where the values are the same.
  package var isIdentical: Bool {
    changed == 0 && onlyInA == 0 && onlyInB == 0 && columnsOnlyInA.isEmpty && columnsOnlyInB.isEmpty && a.isSound
      && b.isSound
  }
}
