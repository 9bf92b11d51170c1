import Pipelines
import Tabular

/// The key by which staged rows find theirs in the target: named by the step, present in each row, and the same in two of them only if
/// those are copies. Every database of ours says the same of a key that isn't so.
struct StagedKey {
  /// As the rows spell its columns.
  let columns: [String]
  private let location: Location?

  /// - Throws: `missing-key`, `unknown-column`.
  init(_ request: WriteRequest) throws(Problem) {
    location = request.location
    guard [.merge, .deleteInsert, .scd2].contains(request.mode) else {
      columns = []
      return
    }
    guard !request.key.isEmpty else {
      throw Problem(
        "missing-key", "`mode: \(request.mode.rawValue)` needs a key.", hint: "Name its columns: `key: [id]`.",
        at: location)
    }
    var columns: [String] = []
    for name in request.key {
      guard let column = request.schema[name: name] else {
        throw Problem(
          "unknown-column", "The key names column \"\(name)\", which the rows don't have.",
          hint: Nearest.hint(name, among: request.schema.names), at: location)
      }
      columns.append(column.name)
    }
    self.columns = columns
  }

  /// What to say of a row without a value in its key.
  var nullProblem: Problem {
    Problem(
      "null-key", "A row has no value in its key (\(columns.joined(separator: ", "))).",
      hint: "Filter such rows out, set them aside with a check, or choose another key.", at: location)
  }

  /// What to say of different rows with one key.
  /// - Parameter example: the values of one such key.
  func duplicateProblem(_ example: [String]) -> Problem {
    let key = zip(columns, example).map { "\($0) = \($1)" }.joined(separator: ", ")
    return Problem(
      "duplicate-key", "Several different rows have the same key, for example \(key).",
      hint: "Use `dedupe` to choose one of them, or name more columns in `key`.", at: location)
  }
}
