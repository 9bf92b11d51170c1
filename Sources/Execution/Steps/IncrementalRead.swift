import DuckDB
import Pipelines
import Synchronization
import Tabular

/// Tells apart the rows at an incremental read's bounds as they flow past: leaves out those that have landed, and remembers those at the
/// upper bound. Equal rows count one by one.
final class BoundaryTap: Sendable {
  private struct Counts {
    /// Rows that have landed and are still to be left out.
    var known: [String: Int]
    /// Rows at the upper bound that may pass; nil = all.
    var wanted: [String: Int]?
    var seen: [String: Int] = [:]
  }
  private let known: [String: Int]
  private let wanted: [String: Int]?
  private let counts: Mutex<Counts>

  init(known: [String: Int], wanted: [String: Int]?) {
    self.known = known
    self.wanted = wanted
    counts = Mutex(Counts(known: known, wanted: wanted))
  }

  /// The rows at the upper bound that the target will hold, landed before or now.
  var rows: [String: Int] { counts.withLock { $0.seen } }

  /// `batch` holds the row's hash (null for rows at no bound), and whether it is at the lower and at the upper bound.
  func pass(_ batch: Batch, _ keep: UnsafeMutableBufferPointer<UInt8>) {
    let hashes = batch.columns[0]
    for row in 0..<batch.rowCount where !hashes.isNull(row) {
      let hash = String(decoding: hashes.bytes(row), as: UTF8.self)
      let isLower = batch.columns[1].load(row, as: UInt8.self) == 1
      let isUpper = batch.columns[2].load(row, as: UInt8.self) == 1
      counts.withLock { counts in
        let isKnown = isLower && BoundaryTap.take(hash, from: &counts.known)
        if isUpper, counts.wanted != nil {
          let isWanted = BoundaryTap.take(hash, from: &counts.wanted!)
          if !isWanted {
            keep[row] = 0
            return
          }
        }
        if isUpper { counts.seen[hash, default: 0] += 1 }
        if isKnown { keep[row] = 0 }
      }
    }
  }

  func reset() { counts.withLock { $0 = Counts(known: known, wanted: wanted) } }

  private static func take(_ hash: String, from counts: inout [String: Int]) -> Bool {
    guard let left = counts[hash], left > 0 else { return false }
    counts[hash] = left - 1
    return true
  }
}

extension SchemaCheck {
  /// Restricts `select` to the cursor's range. A connector that fixed the upper bound itself has done so already.
  /// - Parameter earlier: the step as it was bound before a retry: the same range is read again.
  /// - Throws: `unknown-column`, `empty-cursor`.
  func incremental(_ select: SQL, _ bound: inout BoundStep, earlier: BoundStep?) async throws -> SQL {
    guard var range = bound.cursor, let increment = bound.increment else { return select }
    let schema = try await engine.connection.describe(select)
    guard let column = schema[name: range.column] else {
      throw Problem(
        "unknown-column", "Step \"\(bound.id)\" has no column \"\(range.column)\" to use as cursor.",
        hint: Nearest.hint(range.column, among: schema.names), at: bound.planned.location)
    }
    let cursor: SQL = "\(name: column.name)"
    func value(_ text: String) -> SQL { "CAST(\(text: text) AS \(column.type))" }
    let hasValue: SQL = column.type.mayBeInfinite ? "coalesce(isfinite(\(cursor)), false)" : "\(cursor) IS NOT NULL"
    let isFixed = increment.goal != nil || earlier?.cursor?.upTo != nil
    var result = select
    if bound.extract?.upperBound == nil {
      var conditions: [SQL] = []
      if let after = range.after { conditions.append("\(cursor) >= \(value(after))") }
      if let end = range.upTo { conditions.append("\(cursor) <= \(value(end))") }
      if !isFixed {
        let within: SQL = conditions.isEmpty ? "" : " AND \(conditions, separator: " AND ")"
        let counts = try await engine.connection.query(
          """
          SELECT CAST(max(\(cursor)) FILTER (WHERE \(hasValue)\(within)) AS VARCHAR), count(*) FILTER (WHERE NOT (\(hasValue))) \
          FROM (\(select))
          """
        ).rows[0]
        let valueless = Int(counts[1].description) ?? 0
        if case .text(let text) = counts[0] { range.upTo = text } else { range.upTo = range.after }
        try judge(valueless, range, column.name, &bound)
      }
      var taken: [SQL] = []
      if let after = range.after { taken.append("\(cursor) >= \(value(after))") }
      if let upTo = range.upTo { taken.append("\(cursor) <= \(value(upTo))") }
      if !taken.isEmpty {
        let valueless: SQL = range.takesValueless ? " OR NOT (\(hasValue))" : " AND \(hasValue)"
        result = "SELECT * FROM (\(result)) WHERE (\(taken, separator: " AND "))\(valueless)"
      }
    }
    if let valueless = bound.extract?.valueless { try judge(valueless, range, column.name, &bound) }
    bound.cursor = range
    guard increment.appends, let upTo = range.upTo else { return result }
    let tap = earlier?.boundary ?? BoundaryTap(known: increment.known, wanted: increment.goal?.rows)
    let name = engine.uniqueName("weir_boundary")
    try await engine.connection.registerTap(name) { batch, keep in tap.pass(batch, keep) }
    bound.boundary = tap
    let row: SQL = "\(name: "_weir_row")"
    let isLower: SQL = range.after.map { "coalesce(\(row).\(cursor) = \(value($0)), false)" } ?? "false"
    let isUpper: SQL = "coalesce(\(row).\(cursor) = \(value(upTo)), false)"
    return """
      SELECT \(row).* FROM (SELECT \(row) FROM (SELECT \(row), \(isLower) AS l, \(isUpper) AS u, \
      CASE WHEN l OR u THEN md5(CAST(to_json(\(row)) AS VARCHAR)) END AS h FROM (\(result)) AS \(row)) \
      WHERE \(SQL(raw: name))(h, l, u) LIMIT 9223372036854775807)
      """
  }

  /// Rows without a cursor are taken by the first read alone; later ones say how many they pass by.
  private func judge(_ valueless: Int, _ range: CursorRange, _ column: String, _ bound: inout BoundStep) throws {
    guard valueless > 0 else { return }
    if range.upTo == nil && !context.options.fullRefresh {
      throw Problem(
        "empty-cursor", "Column \"\(column)\", the cursor of step \"\(bound.id)\", has no usable value in any row.",
        hint: "New rows can't be told from old ones by it: choose another cursor, or use mode: full.",
        at: bound.planned.location)
    }
    guard !range.takesValueless else { return }
    bound.remarks.append(
      Problem(
        "rows-without-cursor",
        "\(valueless.grouped) rows of step \"\(bound.id)\" have no finite value in \"\(column)\" and are passed by.",
        hint: "Only a first or full read takes such rows.", at: bound.planned.location))
  }
}

extension DataType {
  /// Whether the engine's values may be infinite or not a number.
  fileprivate var mayBeInfinite: Bool {
    switch self {
    case .float32, .float64, .date, .timestamp, .timestampTZ: true
    default: false
    }
  }
}
