import Tabular

/// The required columns have values once the rows are cleansed. The rows it sees are those that come in, so that one that is set aside stays
/// as it was.
struct CleansedCompleteness: Rule {
  typealias Settings = Cleanse.Settings

  static let manifest = OperationManifest(
    name: NotNull.manifest.name, summary: NotNull.manifest.summary, settings: Cleanse.manifest.settings)

  let cleanse: Cleanse
  let onFail: OnFail

  init(cleanse: Cleanse) {
    self.cleanse = cleanse
    onFail = .skip
  }

  init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem) {
    cleanse = try Cleanse(settings, at: location)
    self.onFail = onFail
  }

  var location: Location { cleanse.location }
  var words: String {
    let columns = cleanse.settings.required
    return "\(RowTest.names(columns)) \(columns.count == 1 ? "has" : "have") a value once cleansed"
  }

  func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest {
    let values = try cleanse.values(of: input)
    var parts: [SQL] = []
    var fields: [FieldAccess] = []
    for field in cleanse.settings.required {
      let access = try input.field(field)
      let corrected = access.path.isEmpty ? values.first { $0.column.name == access.root.name }?.value : nil
      parts.append("\(corrected ?? access.sql) IS NOT NULL")
      fields.append(access)
    }
    var condition: SQL = "(\(parts, separator: " AND "))"
    if cleanse.settings.dropsEmpty {
      // A row without any value isn't incomplete, it is none.
      let all = input.schema.columns.map { column -> SQL in
        "\(values.first { $0.column.name == column.name }?.value ?? "\(name: column.name)") IS NULL"
      }
      condition = "(\(condition) OR (\(all, separator: " AND ")))"
    }
    return .row(condition, columns: fields)
  }
}
