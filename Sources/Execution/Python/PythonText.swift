import Foundation
import Pipelines

/// Where a program's code is, and what it says.
struct PythonText {
  let code: String
  let file: String
  /// Where the code begins.
  let base: Location
  /// Whether line n of `code` is line n of `file`.
  let countsLikeFile: Bool
  /// The names the function may have, best first.
  let names: [String]

  /// - Throws: `missing-file`, `unknown-function`, `not-readable`.
  init(_ program: PythonProgram, directory: String) throws {
    switch program.origin {
    case .code(let placed):
      let before = String(repeating: "\n", count: placed.location.line - 1)
      countsLikeFile = Self.isBlock(placed, directory)
      code = countsLikeFile ? before + placed.text : placed.text
      (file, base, names) = (placed.location.file, placed.location, ["transform"])
    case .file(let placed):
      let pipeline = URL(
        filePath: placed.location.file, relativeTo: URL(filePath: directory, directoryHint: .isDirectory))
      let folders = [URL(filePath: placed.location.file), pipeline].map { $0.deletingLastPathComponent() }
      let places =
        placed.text.hasPrefix("/") ? [URL(filePath: placed.text)] : folders.map { $0.appending(path: placed.text) }
      guard let found = places.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
        throw Problem(
          "missing-file", "There is no Python file \"\(placed.text)\".",
          hint: "Its path starts at the folder of the pipeline's file.",
          at: placed.location)
      }
      let stem = found.deletingPathExtension().lastPathComponent
      code = try Self.read(found, shownAs: placed.text, at: placed.location)
      (file, names) = (placed.text, ["transform", stem])
      (base, countsLikeFile) = (Location(file: placed.text, line: 1, column: 1), true)
    case .function(let placed):
      let folder = URL(filePath: directory, directoryHint: .isDirectory).appending(path: "functions")
      let known = PythonFunctions.names(in: folder)
      guard known.contains(placed.text) else {
        throw Problem(
          "unknown-function", "There is no function \"\(placed.text)\".",
          hint: Nearest.hint(placed.text, among: known)
            ?? "Functions are files: functions/\(PythonFunctions.plain(placed.text)).py in the workspace.",
          at: placed.location)
      }
      let path = "functions/\(placed.text).py"
      code = try Self.read(folder.appending(path: placed.text + ".py"), shownAs: path, at: placed.location)
      (file, names) = (path, ["transform", placed.text])
      (base, countsLikeFile) = (Location(file: path, line: 1, column: 1), true)
    }
  }

  private static func read(_ url: URL, shownAs file: String, at location: Location) throws -> String {
    do { return try String(contentsOf: url, encoding: .utf8) } catch {
      throw Problem("not-readable", "The file \(file) can't be read as UTF-8 text.", at: location, cause: error)
    }
  }

  /// Whether the code is a block of lines in its file; in quotation marks, or as JSON, it has no lines of its own there.
  private static func isBlock(_ placed: PlacedText, _ directory: String) -> Bool {
    let paths = [placed.location.file, directory + "/" + placed.location.file]
    guard let text = paths.lazy.compactMap({ try? String(contentsOfFile: $0, encoding: .utf8) }).first else {
      return true
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let wanted = placed.text.split(separator: "\n", omittingEmptySubsequences: false)
    let first = placed.location.line - 1
    return wanted.enumerated().allSatisfy { offset, line in
      line.allSatisfy(\.isWhitespace) || lines.indices.contains(first + offset) && lines[first + offset].hasSuffix(line)
    }
  }
}

/// The registered functions of a workspace: the Python files in its folder `functions`.
package enum PythonFunctions {
  package static func names(in folder: URL) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".py") && !$0.hasPrefix("_") }.map { String($0.dropLast(3)) }.sorted()
  }

  /// `name` without what can't stand in the name of a file.
  static func plain(_ name: String) -> String { name.filter { $0.isLetter || $0.isNumber || $0 == "_" } }
}
