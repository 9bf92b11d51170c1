import Foundation

/// Variables of a workspace: those of the process, and below them those of the file `.env`.
enum EnvironmentFile {
  static func variables(in directory: URL, process: [String: String]) -> [String: String] {
    guard let text = try? String(contentsOf: directory.appending(path: ".env"), encoding: .utf8) else { return process }
    return parse(text).merging(process) { $1 }
  }

  /// `NAME=value` lines, with or without `export`; `#` begins a comment; values may stand in quotation marks.
  static func parse(_ text: String) -> [String: String] {
    var result: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      var line = line.trimmingCharacters(in: .whitespaces)
      if line.hasPrefix("#") { continue }
      if line.hasPrefix("export ") { line = String(line.dropFirst(7)) }
      guard let equals = line.firstIndex(of: "=") else { continue }
      let name = line[..<equals].trimmingCharacters(in: .whitespaces)
      var value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
      if let mark = value.first, mark == "\"" || mark == "'", value.count >= 2, value.last == mark {
        value = String(value.dropFirst().dropLast())
      } else if let comment = value.firstRange(of: " #") {
        value = value[..<comment.lowerBound].trimmingCharacters(in: .whitespaces)
      }
      if !name.isEmpty { result[name] = value }
    }
    return result
  }
}
