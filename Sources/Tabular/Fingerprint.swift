/// How thoroughly a load is verified.
package enum VerifyLevel: String, Sendable, Codable, CaseIterable {
  case off
  /// Rows.
  case count
  /// Rows; per column nulls, exact sum, smallest and largest, total text length; a hash of a seeded sample of rows.
  case columns
  /// As `columns`, with an order-free hash of every row.
  case full
}

/// What can be compared about the same rows in two systems. Order-free.
package struct Fingerprint: Hashable, Sendable, Codable {
  package struct ColumnPrint: Hashable, Sendable, Codable {
    package var name: String
    package var nulls: Int
    /// Exact, in plain digits without trailing zeros after the point; only for integers and decimals.
    package var sum: String?
    /// In the canonical form of `Canonical`; nil when there is no value or the type has none.
    package var smallest: String?
    package var largest: String?
    /// Bytes of all texts (UTF-8) or blobs.
    package var length: Int?

    package init(
      name: String, nulls: Int, sum: String? = nil, smallest: String? = nil, largest: String? = nil, length: Int? = nil
    ) {
      self.name = name
      self.nulls = nulls
      self.sum = sum
      self.smallest = smallest
      self.largest = largest
      self.length = length
    }
  }

  package var rows: Int
  package var columns: [ColumnPrint]
  /// Rows that were hashed in full, and the sum of their hashes.
  package var hashedRows: Int?
  package var hash: String?

  package init(rows: Int, columns: [ColumnPrint] = [], hashedRows: Int? = nil, hash: String? = nil) {
    self.rows = rows
    self.columns = columns
    self.hashedRows = hashedRows
    self.hash = hash
  }

  /// What differs, in words; empty = the same rows as far as this level can tell. A fact known to one side only isn't compared.
  package func differences(from landed: Fingerprint) -> [String] {
    var result: [String] = []
    if rows != landed.rows { result.append("\(rows) rows were sent, \(landed.rows) landed") }
    for (sent, there) in zip(columns, landed.columns) {
      func compare<Fact: Equatable>(_ what: String, _ left: Fact?, _ right: Fact?) {
        guard let left, let right, left != right else { return }
        result.append("column \"\(sent.name)\": \(what) is \(left) on the way and \(right) where it landed")
      }
      compare("the number of nulls", sent.nulls, there.nulls)
      compare("the sum", sent.sum, there.sum)
      compare("the smallest value", sent.smallest, there.smallest)
      compare("the largest value", sent.largest, there.largest)
      compare("the total text length", sent.length, there.length)
    }
    if result.isEmpty, let hash, let other = landed.hash, hash != other || hashedRows != landed.hashedRows {
      result.append(
        "\(hashedRows ?? 0) rows compared value by value are not the same as the \(landed.hashedRows ?? 0) that landed")
    }
    return result
  }
}
