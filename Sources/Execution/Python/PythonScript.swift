import Foundation
import Pipelines
import Synchronization
import Tabular

/// A program's code, read and looked at without being run.
package struct PythonScript: Sendable {
  /// What the function is called with.
  package enum Mode: String, Sendable, Codable { case row, batch, table }

  /// The code; lines before it are empty so that Python counts lines as the file does.
  let code: String
  /// The file the code stands in, as people know it.
  let file: String
  package let function: String
  package let mode: Mode
  /// The line where the function begins, as Python counts.
  package let line: Int
  /// The columns that are new or change their type: those the code declares, then those of the step.
  package let returns: [Column]
  package let summary: String
  private let base: Location
  private let countsLikeFile: Bool

  /// What Python found in the code.
  private struct Finding: Codable, Sendable {
    var kind: String?
    var line: Int?
    var column: Int?
    var message: String?
    var found: [String]?
    var function: String?
    var mode: Mode?
    var doc: String?
    var returns: [[JSONTerm]]?
  }

  /// - Parameter directory: the workspace's folder.
  /// - Throws: `python-missing`, `python-syntax`, `python-no-function`, `missing-file`, `unknown-function`.
  package init(_ program: PythonProgram, directory: String) throws {
    let text = try PythonText(program, directory: directory)
    let (base, countsLikeFile) = (text.base, text.countsLikeFile)
    (code, file, self.base, self.countsLikeFile) = (text.code, text.file, base, countsLikeFile)
    let finding = try Self.inspect(text.code, text.file, names: text.names)
    func place(_ line: Int, _ column: Int = 1) -> Location { Self.location(line, column, base, countsLikeFile) }
    switch finding.kind {
    case "syntax"?:
      throw Problem(
        "python-syntax", "This isn't valid Python: \(finding.message ?? "").",
        hint: countsLikeFile ? nil : "Line \(finding.line ?? 1) of the code.",
        at: place(finding.line ?? 1, finding.column ?? 1))
    case "signature"?:
      throw Problem(
        "python-no-function", "\"\(finding.function ?? "")\" must take one argument.",
        hint: "Write def transform(row):, def transform(batch): or def transform(table):.", at: place(finding.line ?? 1)
      )
    case "async"?:
      throw Problem(
        "python-no-function",
        "\"\(finding.function ?? "")\" is an async function; rows are changed one after the other.",
        hint: "Write def instead of async def.", at: place(finding.line ?? 1))
    case "generator"?:
      throw Problem(
        "python-no-function", "\"\(finding.function ?? "")\" yields; a function must return what becomes of its rows.",
        hint: "Collect the rows in a list and return it.", at: place(finding.line ?? 1))
    case "no-return"?:
      throw Problem(
        "python-no-function", "\"\(finding.function ?? "")\" returns nothing, so no row would be left.",
        hint: "End it with return row.",
        at: place(finding.line ?? 1))
    case "returns"?:
      throw Problem(
        "python-no-function", "\"returns\" must be a plain dict of column to type.",
        hint: "Write returns = {\"grade\": \"text\"}.",
        at: place(finding.line ?? 1))
    default: break
    }
    guard finding.kind == nil, let function = finding.function, let mode = finding.mode else {
      throw Problem(
        "python-no-function", "The code has no function \"transform\".",
        hint: Nearest.match("transform", among: finding.found ?? []).map { "Call \"\($0)\" transform." }
          ?? "Write def transform(row): and let it return the row.", at: place(1).laterOf(base))
    }
    var columns: [Column] = []
    for declared in finding.returns ?? [] {
      guard declared.count == 2, case .text(let name) = declared[0] else { continue }
      do { columns.append(Column(name, try ReturnedColumns.type(declared[1].setting(at: place(1))))) } catch {
        throw Problem(error.code, "The type of \"\(name)\" in returns \(error.message)", hint: error.hint, at: place(1))
      }
    }
    for column in program.returns {
      columns.removeAll { $0.name.lowercased() == column.name.lowercased() }
      columns.append(column)
    }
    (self.function, self.mode, line, returns) = (function, mode, finding.line ?? 1, columns)
    summary = finding.doc?.split(separator: "\n").first.map(String.init) ?? ""
    if program.onError != .stop, mode != .row {
      throw Problem(
        "python-on-error",
        "on_error: \(program.onError.rawValue) is for functions that take a row; this one takes a \(mode.rawValue).",
        hint: "Remove on_error, or write def transform(row):.", at: program.location)
    }
  }

  /// A registered function as it is by itself.
  package init(function name: String, directory: String) throws {
    let start = Location(file: "functions/\(name).py", line: 1, column: 1)
    let program = PythonProgram(
      origin: .function(try PlacedText(setting: Setting(.text(name), at: start))), returns: [], timeout: 0,
      memoryBytes: 0,
      hasNetwork: false, onError: .stop, location: start)
    try self.init(program, directory: directory)
  }

  /// Where a line of the code stands in the user's file.
  func location(ofLine line: Int?) -> Location {
    guard let line else { return base }
    var place = Self.location(line, 1, base, countsLikeFile)
    if countsLikeFile {
      place.column = max(place.column, (self.line(line)?.prefix { $0 == " " }.count ?? 0) + base.column)
    }
    return place
  }

  /// The text of a line of the code.
  func line(_ number: Int?) -> String? {
    guard let number else { return nil }
    let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.indices.contains(number - 1) ? String(lines[number - 1]) : nil
  }

  private static func location(_ line: Int, _ column: Int, _ base: Location, _ countsLikeFile: Bool) -> Location {
    countsLikeFile ? Location(file: base.file, line: line, column: base.column + column - 1) : base
  }

  // MARK: Asking Python

  private static let known = Mutex<[String: Finding]>([:])

  private static func inspect(_ code: String, _ file: String, names: [String]) throws -> Finding {
    let key = ([file, code] + names).joined(separator: "\u{0}")
    if let finding = known.withLock({ $0[key] }) { return finding }
    let process = try PythonProcess(try PythonInterpreter.find()) { _ in }
    let job = Value.structure([
      ("task", .text("inspect")), ("code", .text(code)), ("file", .text(file)),
      ("names", .list(names.map { .text($0) })),
    ])
    let line = Array((job.jsonText + "\n").utf8)
    let output = FileHandle(fileDescriptor: process.output, closeOnDealloc: true)
    Thread.detachNewThread {
      _ = line.withUnsafeBytes { process.write($0) }
      process.closeInput()
    }
    let answer = try output.readToEnd() ?? Data()
    _ = process.ending()
    guard let finding = try? JSONDecoder().decode(Finding.self, from: answer) else {
      throw Problem(
        "python-missing", "Python can't look at the code: it ended without an answer.",
        hint: "Weir needs Python 3.8 or newer; WEIR_PYTHON names another one.")
    }
    known.withLock { known in
      if known.count >= 64 { known = [:] }
      known[key] = finding
    }
    return finding
  }
}

/// A plain value a `returns` in Python code can hold.
private enum JSONTerm: Codable, Sendable {
  case text(String)
  case list([JSONTerm])
  case map([String: JSONTerm])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([JSONTerm].self) {
      self = .list(list)
    } else {
      self = .map(try container.decode([String: JSONTerm].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .list(let list): try container.encode(list)
    case .map(let map): try container.encode(map)
    }
  }

  func setting(at location: Location) -> Setting {
    switch self {
    case .text(let text): Setting(.text(text), at: location)
    case .list(let list): Setting(.list(list.map { $0.setting(at: location) }), at: location)
    case .map(let map):
      Setting(
        .map(
          map.sorted { $0.key < $1.key }.map {
            Setting.Entry(key: $0.key, keyLocation: location, value: $0.value.setting(at: location))
          }),
        at: location)
    }
  }
}

extension Location {
  fileprivate func laterOf(_ other: Location) -> Location { line < other.line ? other : self }
}
