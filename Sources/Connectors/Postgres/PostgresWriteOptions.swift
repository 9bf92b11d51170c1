import Pipelines

/// What a write step may say about PostgreSQL beside table, mode and key. Keys: `identity`.
struct PostgresWriteOptions: Sendable {
  enum Identity: String, SettingChoice { case refuse, keep }

  /// What happens to the rows' numbers for a column the table numbers always by itself.
  var identity = Identity.refuse

  private static let fields = SettingsSchema(PostgresWriteOptions()) {
    Field(\.identity, "identity", "Whether the rows' values get into GENERATED ALWAYS AS IDENTITY columns.").also(
      "identity_values")
  }

  /// Other keys are left to others.
  static func read(_ options: Setting?) throws(Problems) -> PostgresWriteOptions {
    guard let options, case .map = options.content else { return PostgresWriteOptions() }
    let known = Set(fields.fields.flatMap { [$0.name] + $0.otherNames })
    return try fields.read(options, ignoring: Set(options.entries.map(\.key)).subtracting(known))
  }
}
