import Pipelines
import Tabular

/// The types columns have in a PostgreSQL they come from, as far as this server has them too.
struct PostgresNatives: Sendable {
  /// Names of types this server knows, with and without modifiers.
  private var names: Set<String> = []

  init() {}

  init(_ schema: Schema, on connection: PostgresConnection) throws(Problem) {
    let wanted = schema.columns.compactMap { $0.native }.filter { $0.system == Postgres.manifest.id }.map(\.name)
    guard !wanted.isEmpty else { return }
    let list = Set(wanted).sorted().map { name -> SQL in "(\(text: name), \(text: PostgresNatives.bare(name)))" }
    // Types without input and output of their own, and money, whose text depends on the server's locale, stay text.
    let found = try connection.rows(
      """
      SELECT w.name FROM (VALUES \(list)) AS w (name, bare) JOIN pg_type t ON t.oid = to_regtype(w.bare) \
      WHERE t.typtype IN ('b', 'e', 'r', 'm') AND t.oid NOT IN ('money'::regtype, 'money[]'::regtype) AND t.typname !~ '^reg'
      """)
    names = Set(found.compactMap { $0[0] })
  }

  /// The type a new column gets; nil = there is none.
  func landing(of column: Column) -> PostgresTypes.Fit? {
    guard let usual = PostgresTypes.landing(of: column.type) else { return nil }
    guard let native = column.native, names.contains(native.name) else { return usual }
    switch (column.type, PostgresNatives.bare(native.name)) {
    case (.text, "character varying"), (.numeric, "numeric"):
      return PostgresTypes.Fit(landing: usual.landing, staged: native.name)
    case (.text, _), (.json, _), (.list(.text), _):
      return PostgresTypes.Fit(landing: usual.landing, staged: usual.staged, castTo: native.name)
    default: return usual
    }
  }

  /// Source types that land as text because this server doesn't have them, in words.
  func missing(_ schema: Schema) -> [String] {
    schema.columns.compactMap { column in
      guard let native = column.native, native.system == Postgres.manifest.id, !names.contains(native.name),
        let usual = PostgresTypes.landing(of: column.type)
      else { return nil }
      return "\"\(column.name)\" (\(native.name)) becomes \(usual.staged)"
    }
  }

  /// `character varying(20)[]` → `character varying[]`.
  private static func bare(_ name: String) -> String {
    guard let open = name.firstIndex(of: "("), let close = name[open...].firstIndex(of: ")"), !name.contains("\"")
    else { return name }
    return String(name[..<open] + name[name.index(after: close)...])
  }
}
