import DuckDB
import Pipelines
import Tabular

extension SchemaCheck {
  /// What becomes of fields that a write's target has no column for.
  struct Drift {
    var mapping: [String: String] = [:]
    var created: Set<String> = []
    var ignored: Set<String> = []
    var remarks: [Problem] = []
  }

  /// Holds the fields of the rows against the columns of the target, where the step wants to be asked about new ones.
  /// - Throws: `AwaitingInput`.
  func drift(
    of rows: Relation, to destination: any Destination, _ spec: WriteSpec, _ step: PlannedStep
  ) async throws -> Drift {
    guard spec.schemaPolicy == .ask, let columns = try await destination.columns(of: spec.target), !columns.isEmpty
    else { return Drift() }
    let versions: Set<String> = spec.mode == .scd2 ? ["valid_from", "valid_to"] : []
    let fields = rows.schema.names.map { spec.mapping[$0] ?? $0 }
    let matching = FieldMatching(
      fields: fields, columns: columns.filter { !versions.contains($0.lowercased()) },
      answers: context.answers.filter { $0.step == step.id }, step: step.id, target: spec.words)
    let sources = Dictionary(zip(fields, rows.schema.names), uniquingKeysWith: { first, _ in first })
    guard matching.questions.isEmpty else {
      var questions = matching.questions
      for index in questions.indices {
        questions[index].samples = await samples(of: sources[questions[index].field] ?? "", in: rows)
      }
      throw AwaitingInput(questions)
    }
    var drift = Drift(created: matching.created)
    drift.ignored = Set(matching.ignored.compactMap { sources[$0] })
    for (field, column) in matching.mapping { drift.mapping[sources[field] ?? field] = column }
    for field in matching.certain {
      let column = matching.mapping[field] ?? ""
      drift.remarks.append(
        Problem(
          "renamed-field",
          "Field \"\(field)\" lands in column \"\(column)\" (\(FieldSimilarity.percent(field, column))% similarity).",
          hint: "Name another column in `mapping` if that is wrong.", at: step.location))
    }
    if drift.ignored.count == fields.count {
      throw Problem(
        "nothing-in-common", "No field of the rows is left to write in step \"\(step.id)\".",
        hint: "Answer otherwise: weir decisions list shows what is remembered.",
        at: step.location)
    }
    return drift
  }

  /// Up to three different values among the first rows, as they are shown; none if they can't be read now.
  private func samples(of field: String, in rows: Relation) async -> [String] {
    let query: SQL =
      "SELECT CAST(\(name: field) AS VARCHAR) FROM \(rows.sql) WHERE \(name: field) IS NOT NULL LIMIT 1000"
    guard let found = try? await engine.connection.query(query).rows else { return [] }
    var samples: [String] = []
    for row in found where samples.count < 3 {
      let text = context.redact(row[0].description)
      let shown = text.count > 80 ? text.prefix(79) + "…" : text[...]
      if !samples.contains(String(shown)) { samples.append(String(shown)) }
    }
    return samples
  }
}

extension WriteSpec {
  /// What it writes to, as messages call it.
  var words: String {
    switch target {
    case .table(let name): "table \"\(name)\""
    case .path(let path): "\"\(path)\""
    case .whole: if case .url(let text) = to.kind { "\"\(text)\"" } else { "the target" }
    }
  }
}
