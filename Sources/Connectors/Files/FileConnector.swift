import Foundation
import Pipelines
import Tabular

/// Files of one format as a system that can be read and written.
package struct FileConnector<Format: FileFormat>: Source, Destination {
  package static var manifest: Manifest<Format> { Format.manifest }
  package static var writeModes: Set<WriteMode> { [.append, .replace, .truncate] }

  let format: Format
  let context: ConnectorContext

  package init(_ settings: Format, context: ConnectorContext) {
    format = settings
    self.context = context
  }

  package func read(_ request: ReadRequest) async throws -> Extract {
    let format = try options(request.options)
    var files = try location(request.subject, at: request.location).files(
      endings: Format.manifest.fileEndings, extensions: context.extensions)
    try await files.complete(onDisk: Format.readsFromDisk, context, at: request.location)
    let read = FileRead(files: files, request: request, context: context)
    var extract = try await format.extract(read)
    extract.holds += files.copies
    extract.estimatedBytes = extract.estimatedBytes ?? files.bytes
    extract.bytesRead = { [bytes = files.bytes] in bytes }
    return extract
  }

  package func place(of target: WriteRequest.Target, mode: WriteMode, step: String) -> String? {
    let relative: String? =
      switch target {
      case .path(let path), .table(let path): path
      case .whole: nil
      }
    let path = FileLocation(base: format.path, relative: relative, directory: context.directory).path
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    // Every step adds files of its own to a folder.
    return FileTarget.normal(path) + (isFolder.boolValue || path.hasSuffix("/") ? "/\(step)" : "")
  }

  package func prepare(_ request: WriteRequest) async throws -> Load {
    let format = try options(request.options)
    let place = place(of: request.target, format)
    do throws(Problem) { try place.refuseNUL() } catch { throw error.located(at: request.location) }
    guard !place.isRemote else {
      throw Problem("not-writable", "Files can't be written to the address \"\(place.path)\".", at: request.location)
    }
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder)
    let path = try target(place.path, isFolder: isFolder.boolValue || place.path.hasSuffix("/"), request)
    let target = try FileTarget(path, runID: request.runID)
    let layout = try format.layout(FileWrite(request: request, path: path, context: context))
    let verb = FileManager.default.fileExists(atPath: path) ? "Replaces" : "Creates"
    var load = Load(
      landing: layout.landing, strategy: "\(verb) the file \(path) in one step, from a temporary file beside it.",
      statements: [layout.copy("…", path).text],
      countExisting: {
        await rows(
          at: request.mode == .append ? place : FileLocation(base: path, relative: nil, directory: context.directory),
          format)
      },
      work: .statements(
        StatementLoad(
          setup: layout.setup,
          stage: { rows in
            target.makeRoom()
            return [layout.copy(rows, target.temporary)]
          },
          seal: { try layout.seal(target.temporary) }, readBack: layout.readBack(target.temporary),
          finish: { try target.finish() },
          stagedBytes: { FileSet.size(target.temporary) }, discard: { target.discard() })))
    load.values = layout.values
    return load
  }

  package func isThere(_ target: WriteRequest.Target) async throws -> Bool {
    let place = place(of: target, format)
    return place.isRemote || FileManager.default.fileExists(atPath: place.path)
  }

  package func columns(of target: WriteRequest.Target) async throws -> [String]? {
    let place = place(of: target, format)
    guard !place.isRemote, FileManager.default.fileExists(atPath: place.path),
      let files = try? place.files(endings: Format.manifest.fileEndings, extensions: context.extensions)
    else { return nil }
    let read = FileRead(files: files, request: ReadRequest(.path(place.path), step: context.name), context: context)
    return try await columns(of: format.extract(read), read).map(\.name)
  }

  private func place(of target: WriteRequest.Target, _ format: Format) -> FileLocation {
    switch target {
    case .path(let path), .table(let path):
      FileLocation(base: format.path, relative: path, directory: context.directory)
    case .whole: FileLocation(base: format.path, relative: nil, directory: context.directory)
    }
  }

  /// The rows of the file or folder that stands there now; nil if it isn't readable as this format.
  private func rows(at place: FileLocation, _ format: Format) async -> Int? {
    guard let files = try? place.files(endings: Format.manifest.fileEndings, extensions: context.extensions) else {
      return nil
    }
    let read = FileRead(files: files, request: ReadRequest(.path(place.path), step: context.name), context: context)
    guard let extract = try? await format.extract(read) else { return nil }
    guard case .query(let query, let setup) = extract.origin else { return extract.estimatedRows }
    let count = try? await read.ask("SELECT count(*) FROM (\(query))", setup: setup + extract.decimalNames)
    return count.flatMap { Int($0[0][0].description) }
  }

  private func target(_ path: String, isFolder: Bool, _ request: WriteRequest) throws(Problem) -> String {
    let ending = Format.manifest.fileEndings.first ?? Format.manifest.id
    switch request.mode {
    case .append:
      guard isFolder else {
        if request.increment == nil && !FileManager.default.fileExists(atPath: path) { return path }
        throw Problem(
          "append-needs-folder", "Rows can't be added to the file \"\(path)\" in one safe step.",
          hint: "Give a folder (ending in \"/\"): every run adds a file to it. Or use `mode: replace`.",
          at: request.location)
      }
      return (path.hasSuffix("/") ? path : path + "/")
        + "\(request.step)-\(request.increment ?? request.runID).\(ending)"
    case .replace, .truncate:
      guard !isFolder else {
        throw Problem(
          "not-a-file", "\"\(path)\" is a folder; replacing needs the path of one file.",
          hint: "For example \"\(path.hasSuffix("/") ? path : path + "/")\(request.step).\(ending)\".",
          at: request.location)
      }
      return path
    case .merge, .deleteInsert, .scd2:
      throw Problem(
        "unsupported-mode", "Files can't be written with `mode: \(request.mode.rawValue)`.",
        hint: "Use `replace` or `append`.", at: request.location)
    }
  }

  package func check() async -> ConnectionReport {
    let place = FileLocation(base: format.path, relative: nil, directory: context.directory)
    var files = FileSet(paths: [], setup: [])
    return await .of([
      (
        .connection,
        {
          files = try place.found(endings: Format.manifest.fileEndings, extensions: context.extensions)
          let count = files.paths.count
          return place.isRemote ? nil : "\(count) file\(count == 1 ? "" : "s"), \(files.bytes ?? 0) bytes"
        }
      ),
      (
        .authentication,
        {
          if !place.isRemote { for path in files.paths { try FileSet.mayRead(path) } }
          return nil
        }
      ),
      (
        .query,
        {
          try await files.complete(onDisk: Format.readsFromDisk, context, at: nil)
          let read = FileRead(
            files: files, request: ReadRequest(.whole, limit: 1, step: context.name), context: context)
          let count = try await columns(of: format.extract(read), read).count
          return "\(count) column\(count == 1 ? "" : "s")"
        }
      ),
    ])
  }

  package func resources() async throws -> [Resource] {
    let place = FileLocation(base: format.path, relative: nil, directory: context.directory)
    let files = try place.files(endings: Format.manifest.fileEndings, extensions: context.extensions)
    var resources: [Resource] = []
    for path in files.paths {
      var one = FileSet(paths: [path], bytes: files.bytes.map { _ in FileSet.size(path) }, setup: files.setup)
      try await one.complete(onDisk: Format.readsFromDisk, context, at: nil)
      let read = FileRead(files: one, request: ReadRequest(.path(path), step: context.name), context: context)
      let extract = try await format.extract(read)
      let name = path.hasPrefix(place.path + "/") ? String(path.dropFirst(place.path.count + 1)) : path
      resources.append(
        Resource(
          name: name, kind: "file", columns: try await columns(of: extract, read),
          approximateRows: extract.estimatedRows,
          bytes: one.bytes))
    }
    return resources
  }

  private func columns(of extract: Extract, _ read: FileRead) async throws -> [Resource.ResourceColumn] {
    let schema: Schema =
      switch extract.origin {
      case .batches(let source): source.schema
      case .query(let query, let setup):
        try await read.describe(
          "SELECT \(extract.projection ?? "*") FROM (\(query))",
          setup: setup + extract.decimalNames)
      }
    return schema.columns.map { column in
      Resource.ResourceColumn(name: column.name, type: column.type.description, isNullable: column.isNullable)
    }
  }

  private func options(_ setting: Setting?) throws -> Format {
    guard let setting else { return format }
    return try Format.manifest.settings.over(format).read(setting)
  }

  private func location(_ subject: ReadRequest.Subject, at location: Location?) throws(Problem) -> FileLocation {
    switch subject {
    case .path(let path), .table(let path):
      return FileLocation(base: format.path, relative: path, directory: context.directory)
    case .whole:
      guard !format.path.isEmpty else {
        throw Problem(
          "missing-setting",
          "Which file should be read? Neither the step nor connection \"\(context.name)\" has a path.",
          at: location)
      }
      return FileLocation(base: format.path, relative: nil, directory: context.directory)
    case .query:
      throw Problem(
        "unsupported-subject", "A file can't be read by query.", hint: "Read it, then use a transform step.",
        at: location)
    }
  }
}

extension Extract {
  /// Stand-ins for the exact conversions, which belong to the run's engine, where only their types matter.
  fileprivate var decimalNames: [SQL] {
    decimals.map { shape in
      let (precision, scale) = (shape.precision, shape.scale)
      return "CREATE TEMP MACRO weir_decimal_\(precision)_\(scale)(x) AS CAST(x AS DECIMAL(\(precision), \(scale)))"
    }
  }
}
