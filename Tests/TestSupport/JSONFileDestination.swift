import Foundation
import Pipelines
import Tabular

/// A destination for tests: one JSON line per row, staged beside the target and renamed.
package struct JSONFileDestination: Destination {
  package struct Settings: Sendable {
    var path = ""
    package init() {}
  }
  package static let manifest = Manifest(
    id: "json_test", title: "JSON", summary: "A JSON file, for tests.", category: .file,
    settings: SettingsSchema(Settings()) { Field(\.path, "path", "The file.").required() })
  package static let writeModes: Set<WriteMode> = [.replace]

  let path: String
  var existingRows: Int?
  /// Changes what is read back, as a target that alters values would.
  var readBack: SQL?
  /// Called just before, and just after, the rows become visible.
  var publishing: @Sendable () throws -> Void = {}
  var published: @Sendable () -> Void = {}
  /// What goes wrong after the rows are visible.
  var warnings: [Problem] = []
  /// Runs after the rows are visible; a failing one is a warning.
  var teardown: [SQL] = []
  /// Called each time the load is prepared.
  var onPrepare: @Sendable () throws -> Void = {}

  package init(_ settings: Settings, context: ConnectorContext) throws { path = settings.path }
  package init(
    path: String, existingRows: Int? = nil, readBack: SQL? = nil,
    publishing: @escaping @Sendable () throws -> Void = {},
    published: @escaping @Sendable () -> Void = {}, warnings: [Problem] = [], teardown: [SQL] = [],
    onPrepare: @escaping @Sendable () throws -> Void = {}
  ) {
    self.path = path
    self.publishing = publishing
    self.published = published
    self.existingRows = existingRows
    self.readBack = readBack
    self.warnings = warnings
    self.teardown = teardown
    self.onPrepare = onPrepare
  }

  package func check() async -> ConnectionReport { ConnectionReport([]) }
  package func resources() async throws -> [Resource] { [] }

  package func prepare(_ request: WriteRequest) async throws -> Load {
    try onPrepare()
    let (path, staged, publishing, published, warnings) = (path, path + ".tmp", publishing, published, warnings)
    let types: [SQL] = request.schema.columns.map { "\(name: $0.name): \(text: $0.type.description)" }
    return Load(
      landing: request.schema, strategy: "JSON lines, renamed into place", existingRows: existingRows,
      work: .statements(
        StatementLoad(
          stage: { ["COPY (\($0)) TO \(text: staged) (FORMAT json)"] },
          readBack: readBack
            ?? "SELECT * FROM read_json(\(text: staged), format = 'newline_delimited', columns = {\(types)})",
          finish: {
            try publishing()
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: staged, toPath: path)
            published()
            return warnings
          },
          discard: { try? FileManager.default.removeItem(atPath: staged) }, teardown: teardown)))
  }
}
