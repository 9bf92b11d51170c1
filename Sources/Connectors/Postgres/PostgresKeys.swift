import Pipelines
import Tabular

/// The key of staged rows: present in each, and the same in two rows only if the rows are copies.
struct PostgresKeys {
  var publication: Publication
  var step: WriteRequest

  func check(on connection: PostgresConnection) throws {
    if try !connection.rows(publication.nullKey).isEmpty {
      throw Problem(
        "null-key", "A row has no value in its key (\(publication.key.joined(separator: ", "))).",
        hint: "Filter such rows out before, or choose another key.", at: step.location)
    }
    guard try !connection.rows(publication.repeatedKey).isEmpty else { return }
    try connection.run(publication.dropCopies)
    guard let example = try connection.rows(publication.repeatedKey).first else { return }
    let key = zip(publication.key, example).map { "\($0) = \($1 ?? "NULL")" }.joined(separator: ", ")
    throw Problem(
      "duplicate-key", "The load has different rows with the same key, for example \(key).",
      hint: "Keep one of them in a transform step (QUALIFY row_number() OVER (PARTITION BY key ORDER BY …) = 1).",
      at: step.location)
  }
}
