import Yams

/// Reads YAML (and so JSON) into a `Setting` that keeps the place of every value.
package struct SettingReader {
  /// A file with more values than this is refused, so that aliases can't blow up.
  static let largestFile = 200_000

  private let file: String
  private let lines: [Substring]
  private var count = 0
  private var problems: [Problem] = []

  private init(_ text: String, file: String) {
    self.file = file
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The whole text as one value.
  /// - Throws: `syntax` where the text isn't YAML, `duplicate-key`, `several-documents`.
  package static func read(_ text: String, file: String) throws(Problems) -> Setting {
    let root: Node?
    do {
      root = try Parser(yaml: text, resolver: .basic).singleRoot()
    } catch let error as YamlError {
      throw Problems([syntaxProblem(error, in: text, file: file)])
    } catch {
      throw Problems([
        Problem("syntax", "The file can't be read as YAML: \(error)", at: Location(file: file, line: 1, column: 1))
      ])
    }
    guard let root else { return Setting(.null, at: Location(file: file, line: 1, column: 1)) }
    var reader = SettingReader(text, file: file)
    let setting = reader.setting(root, near: Location(file: file, line: 1, column: 1))
    guard reader.problems.isEmpty else { throw Problems(reader.problems) }
    return setting
  }

  private mutating func setting(_ node: Node, near: Location) -> Setting {
    let place = location(of: node) ?? near
    count += 1
    guard count <= Self.largestFile else {
      if count == Self.largestFile + 1 {
        problems.append(Problem("too-large", "The file holds more than \(Self.largestFile) values.", at: place))
      }
      return Setting(.null, at: place)
    }
    switch node {
    case .scalar(let scalar): return Setting(content(of: scalar), at: start(of: scalar, at: place))
    case .sequence(let sequence): return Setting(.list(sequence.map { setting($0, near: place) }), at: place)
    case .mapping(let mapping): return Setting(.map(entries(of: mapping, at: place)), at: place)
    case .alias: return Setting(.null, at: place)
    }
  }

  private mutating func entries(of mapping: Node.Mapping, at place: Location) -> [Setting.Entry] {
    var entries: [Setting.Entry] = []
    var merged: [Setting.Entry] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else {
        problems.append(
          Problem(
            "syntax", "A name is expected here, not a map or a list.",
            hint: "Text that starts with {{ must stand in quotation marks: \"{{ … }}\".", at: location(of: key) ?? place
          ))
        continue
      }
      let keyPlace = location(of: key) ?? place
      if scalar.string == "<<", scalar.style == .plain {
        merged += setting(value, near: keyPlace).elements.flatMap(\.entries)
      } else {
        entries.append(Setting.Entry(key: scalar.string, keyLocation: keyPlace, value: setting(value, near: keyPlace)))
      }
    }
    for entry in merged where !entries.contains(where: { $0.key == entry.key }) { entries.append(entry) }
    return entries
  }

  private func content(of scalar: Node.Scalar) -> Setting.Content {
    guard scalar.style == .plain, scalar.tag.description != Tag.Name.str.rawValue else { return .text(scalar.string) }
    return Self.plainContent(scalar.string)
  }

  /// What a text without quotation marks means: YAML 1.2's JSON-compatible rules. Digits that a number would lose
  /// (`007`, `+49`) stay text.
  static func plainContent(_ text: String) -> Setting.Content {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .toggle(true)
    case "false", "False", "FALSE": return .toggle(false)
    default: break
    }
    if let number = Int(text), String(number) == text { return .integer(number) }
    return isNumber(text) ? .number(text) : .text(text)
  }

  /// Whether `text` is a number as JSON writes them.
  static func isNumber(_ text: String) -> Bool {
    var rest = text.utf8[...]
    func digits() -> Int {
      let start = rest.count
      rest = rest.drop { (48...57).contains($0) }
      return start - rest.count
    }
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let leadsWithZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, whole == 1 || !leadsWithZero else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      guard digits() > 0 else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest.removeFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  /// Where a scalar's own text begins: behind a quotation mark, or on the line below `|` and `>`.
  private func start(of scalar: Node.Scalar, at place: Location) -> Location {
    switch scalar.style {
    case .singleQuoted, .doubleQuoted: return Location(file: file, line: place.line, column: place.column + 1)
    case .literal, .folded:
      let below = lines.dropFirst(place.line)
      guard let first = below.firstIndex(where: { line in line.contains { !$0.isWhitespace } }) else { return place }
      return Location(file: file, line: place.line + 1, column: lines[first].prefix { $0 == " " }.count + 1)
    default: return place
    }
  }

  private func location(of node: Node) -> Location? {
    node.mark.map { Location(file: file, line: max(1, $0.line), column: max(1, $0.column)) }
  }
}

extension SettingReader {
  /// libYAML's words, placed and completed with what usually causes them.
  private static func syntaxProblem(_ error: YamlError, in text: String, file: String) -> Problem {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      let place = Location(file: file, line: max(1, mark.line), column: max(1, mark.column))
      if problem.contains("another document") {
        return Problem(
          "several-documents", "A pipeline file holds one document, but another one starts here.", at: place)
      }
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let hasTab =
        lines.indices.contains(place.line - 1)
        && lines[place.line - 1].prefix { $0 == " " || $0 == "\t" }.contains("\t")
      return Problem(
        "syntax", "This isn't valid YAML: \(problem).",
        hint: hasTab ? "Indent with spaces, not tabs." : hint(for: problem), at: place)
    case .duplicatedKeysInMapping(let keys, let context):
      let place = Location(file: file, line: max(1, context.mark.line), column: max(1, context.mark.column))
      let names = keys.map { "\"\($0)\"" }.joined(separator: ", ")
      return Problem("duplicate-key", "\(names) stands twice in the same map.", hint: "Remove one of them.", at: place)
    case .reader(let problem, let offset, _, _):
      let before = text.prefix(offset ?? 0)
      let line = before.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      let column = before.reversed().prefix { $0 != "\n" }.count + 1
      return Problem(
        "syntax", "This isn't readable text: \(problem).", hint: "Save the file as UTF-8 text.",
        at: Location(file: file, line: line, column: column))
    default:
      return Problem("syntax", "The file can't be read as YAML: \(error)", at: Location(file: file, line: 1, column: 1))
    }
  }

  private static func hint(for problem: String) -> String? {
    if problem.contains("cannot start any token") { return "Put the text into quotation marks." }
    if problem.contains("mapping values are not allowed") {
      return "Text that contains \": \" must stand in quotation marks."
    }
    if problem.contains("did not find expected key") || problem.contains("could not find expected ':'") {
      return "Check the indentation of this line and the one before."
    }
    if problem.contains("did not find expected ',' or") { return "A bracket isn't closed, or a comma is missing." }
    if problem.contains("undefined alias") { return "Text that starts with * must stand in quotation marks." }
    return nil
  }
}
