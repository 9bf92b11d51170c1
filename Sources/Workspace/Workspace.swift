import Connectors
import DuckDB
import Execution
import Foundation
import Pipelines
import Tabular

/// A folder with pipelines, connections and their history: everything that lasts. Every front door calls this.
package struct Workspace: Sendable {
  package let directory: URL
  package let store: Store
  package let vault: Vault
  package let catalog: Catalog
  /// Variables of the process and of `.env`.
  package let environment: [String: String]

  /// Opens the workspace in `directory`, making its `.weir` folder if there is none. Runs whose process is gone are ended.
  package init(
    directory: URL, catalog: Catalog = Connectors.catalog,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) async throws {
    self.directory = directory.standardizedFileURL
    self.catalog = catalog
    self.environment = EnvironmentFile.variables(in: directory, process: environment)
    let folder = self.directory.appending(path: ".weir")
    store = try Store(file: folder.appending(path: "weir.db"))
    vault = Vault(folder: folder, key: self.environment["WEIR_KEY"])
    _ = try await store.endInterruptedRuns()
    try? await Retention().sweep(store, folder)
  }

  /// The nearest folder at or above `path` that is a workspace, else `path` itself.
  package static func nearest(to path: URL) -> URL {
    var folder = path.standardizedFileURL
    while folder.path != "/" {
      if ["workspace.yaml", ".weir"].contains(where: {
        FileManager.default.fileExists(atPath: folder.appending(path: $0).path)
      }) {
        return folder
      }
      folder.deleteLastPathComponent()
    }
    return path.standardizedFileURL
  }

  package func connections(_ redactor: Redactor = Redactor()) -> ConnectionLibrary {
    ConnectionLibrary(
      directory: directory, catalog: catalog, environment: environment, vault: vault, secrets: vault, redactor: redactor
    )
  }

  package func folder(of run: String) -> RunFolder { RunFolder(directory.appending(path: ".weir/runs/\(run)")) }

  /// The text of a pipeline, by path or by the name of a file in `pipelines/`.
  /// - Throws: `missing-file` with the near name.
  package func pipeline(
    _ name: String, from current: URL = URL(filePath: FileManager.default.currentDirectoryPath)
  ) throws -> PipelineText {
    let (candidate, url) = try place(ofPipeline: name, from: current)
    do {
      return PipelineText(
        file: candidate, text: try String(contentsOf: url, encoding: .utf8),
        path: url.standardizedFileURL.resolvingSymlinksInPath().path)
    } catch {
      throw Problem("not-readable", "The file \(candidate) can't be read as UTF-8 text.", cause: error)
    }
  }

  /// The file of a pipeline as messages call it, and where it is.
  /// - Throws: `missing-file` with the near name.
  func place(
    ofPipeline name: String, from current: URL = URL(filePath: FileManager.default.currentDirectoryPath)
  ) throws -> (name: String, url: URL) {
    let candidates = [
      name, "pipelines/\(name)", "pipelines/\(name).yaml", "pipelines/\(name).yml", "pipelines/\(name).json",
    ]
    for candidate in candidates {
      let places =
        candidate.hasPrefix("/")
        ? [URL(filePath: candidate)] : [current, directory].map { $0.appending(path: candidate) }
      guard let url = places.first(where: Self.isFile) else { continue }
      return (candidate, url)
    }
    let known =
      ((try? FileManager.default.contentsOfDirectory(atPath: directory.appending(path: "pipelines").path)) ?? [])
      .map { $0.split(separator: ".").first.map(String.init) ?? $0 }
    throw Problem(
      "missing-file", "There is no pipeline file \"\(name)\" in \(directory.path).",
      hint: Nearest.hint(name, among: known) ?? "Give the path of a YAML or JSON file, or make one with weir new.")
  }

  private static func isFile(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && !isFolder.boolValue
  }

  /// What a pipeline says, its parameters filled in.
  package func parse(
    _ text: PipelineText, for request: RunRequest, _ redactor: Redactor, secrets: (any SecretLookup)? = nil
  ) throws(Problems) -> PipelineSpec {
    let facts = RunFacts(id: request.id, startedAt: request.time.formatted(.iso8601))
    return try PipelineParser(
      environment: environment, parameters: request.parameters, secrets: secrets ?? vault, run: facts,
      redactor: redactor
    ).parse(text.text, file: text.file)
  }

  /// What the steps of a pipeline are, resolved against the connections; no system is asked.
  package func plan(
    _ spec: PipelineSpec, _ engine: Engine, _ redactor: Redactor, isFullRefresh: Bool = false
  ) async throws(Problems) -> Plan {
    let plan = try await Planner(
      catalog: catalog, connections: connections(redactor), directory: directory.path, extensions: Library.extensions,
      redactor: redactor, inquiry: EngineInquiry(), isFullRefresh: isFullRefresh, templates: ruleTemplates
    ).plan(spec) { sql async throws in
      do {
        return try await engine.connection.tableNames(in: sql)
      } catch let error as DuckDBError {
        throw Problem("invalid-sql", String(error.message.prefix { $0 != "\n" }))
      }
    }
    try await plan.refuseAnswersWithoutRows(on: engine.connection)
    return plan
  }
}

/// The text of a pipeline file and the name it has in messages.
package struct PipelineText: Sendable, Codable {
  package var file: String
  package var text: String
  /// Where the file is, absolute and without links; nil for a text that comes from elsewhere.
  package var path: String?

  package init(file: String, text: String, path: String? = nil) {
    self.file = file
    self.text = text
    self.path = path
  }

  /// Names the content, whatever the file is called.
  package var hash: String {
    let digest = Array(text.utf8).withUnsafeBytes { MD5.digest($0) }
    return [digest.high, digest.low].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
