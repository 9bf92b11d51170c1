import Tabular
import Yams

/// YAML text with the extent of every value in it.
struct YAMLSource {
  typealias Scalars = String.UnicodeScalarView

  let text: String
  let root: Node
  private let lineStarts: [String.Index]
  /// Whether what is put in must be JSON, as the rest of the file.
  private let isJSON: Bool

  /// - Throws: the problems of text that isn't YAML.
  init(_ text: String, file: String) throws(Problems) {
    _ = try SettingReader.read(text, file: file)
    self.text = text
    isJSON = file.lowercased().hasSuffix(".json")
    let parsed = try? Parser(yaml: text, resolver: .basic).singleRoot()
    guard let root = parsed else {
      throw Problems([Self.refusal("the file is empty", Location(file: file, line: 1, column: 1))])
    }
    self.root = root
    var starts = [text.startIndex]
    for index in text.unicodeScalars.indices where text.unicodeScalars[index] == "\n" {
      starts.append(text.unicodeScalars.index(after: index))
    }
    lineStarts = starts
  }

  static func refusal(_ reason: String, _ location: Location? = nil) -> Problem {
    Problem(
      "cannot-edit", "This place can't be edited without touching the rest of the file: \(reason).",
      hint: "Edit the text by hand.",
      at: location)
  }

  /// A value on one line, as this file writes it.
  func flow(_ value: Setting) -> String { isJSON ? YAMLText.json(value) : YAMLText.flow(value) }

  func key(_ text: String) -> String { isJSON ? JSONText.quote(text) : YAMLText.key(text) }

  func start(_ node: Node) throws(Problem) -> String.Index {
    guard let mark = node.mark, lineStarts.indices.contains(mark.line - 1),
      let index = text.unicodeScalars.index(
        lineStarts[mark.line - 1], offsetBy: mark.column - 1, limitedBy: text.endIndex)
    else { throw Self.refusal("it has no place of its own") }
    if index < text.endIndex, "&*!".unicodeScalars.contains(text.unicodeScalars[index]),
      node.scalar?.style != .doubleQuoted
    {
      throw Self.refusal("it uses anchors or tags")
    }
    return index
  }

  /// Whether a map or list stands in brackets. (The parser's own style of collections is that of their end, so unknown.)
  func isFlow(_ node: Node) -> Bool {
    guard let index = try? start(node), index < text.endIndex else { return false }
    return text.unicodeScalars[index] == "{" || text.unicodeScalars[index] == "["
  }

  /// Columns before a node, from 0.
  func indent(_ node: Node) -> Int { max(0, (node.mark?.column ?? 1) - 1) }

  /// - Parameter outer: Indentation of the key or dash the value belongs to.
  func end(_ node: Node, outer: Int, inFlow: Bool = false) throws(Problem) -> String.Index {
    let from = try start(node)
    let found: String.Index
    switch node {
    case .scalar(let scalar): found = end(of: scalar, from: from, outer: outer, inFlow: inFlow)
    case .mapping(let mapping):
      let isFlow = isFlow(node)
      guard let last = Array(mapping).last else { return closing(after: next(from)) }
      // In brackets a pair may stand without braces of its own: `[ a: 1 ]`.
      let inner = try end(last.value, outer: isFlow ? outer : indent(last.key), inFlow: isFlow || inFlow)
      found = isFlow && text.unicodeScalars[from] == "{" ? closing(after: Swift.max(inner, try start(last.key))) : inner
    case .sequence(let sequence):
      let isFlow = isFlow(node)
      guard let last = sequence.last else { return closing(after: next(from)) }
      let inner = try end(last, outer: isFlow ? outer : indent(node), inFlow: isFlow)
      found = isFlow ? closing(after: inner) : inner
    case .alias: throw Self.refusal("it uses an alias")
    }
    guard found >= from else { throw Self.refusal("it uses an alias") }
    return found
  }

  private func next(_ index: String.Index) -> String.Index { text.unicodeScalars.index(after: index) }

  /// Behind the bracket that follows, over spaces, commas and comments.
  private func closing(after start: String.Index) -> String.Index {
    var index = start
    while index < text.endIndex {
      let scalar = text.unicodeScalars[index]
      if scalar == "]" || scalar == "}" { return next(index) }
      index = scalar == "#" ? lineEnd(index) : next(index)
    }
    return index
  }

  func lineEnd(_ index: String.Index) -> String.Index {
    text.unicodeScalars[index...].firstIndex(of: "\n") ?? text.endIndex
  }

  func lineStart(_ index: String.Index) -> String.Index { lineStarts.last { $0 <= index } ?? text.startIndex }

  private func end(of scalar: Node.Scalar, from: String.Index, outer: Int, inFlow: Bool) -> String.Index {
    let scalars = text.unicodeScalars
    switch scalar.style {
    case .singleQuoted, .doubleQuoted:
      let mark: Unicode.Scalar = scalar.style == .singleQuoted ? "'" : "\""
      var index = next(from)
      while index < text.endIndex {
        if scalars[index] == "\\", mark == "\"" {
          index = next(index)
        } else if scalars[index] == mark {
          let after = next(index)
          guard mark == "'", after < text.endIndex, scalars[after] == mark else { return after }
          index = after
        }
        if index < text.endIndex { index = next(index) }
      }
      return index
    case .literal, .folded: return blockEnd(lineEnd(from), outer: outer)
    default: return scalar.string.isEmpty ? from : plainEnd(from, outer: outer, inFlow: inFlow)
    }
  }

  /// The end of the last line with text that is indented deeper than `outer`.
  private func blockEnd(_ firstLineEnd: String.Index, outer: Int) -> String.Index {
    var end = firstLineEnd
    var index = firstLineEnd
    while index < text.endIndex {
      let line = text.unicodeScalars[next(index)..<lineEnd(next(index))]
      index = line.endIndex
      if line.allSatisfy({ $0 == " " || $0 == "\r" }) { continue }
      guard line.prefix(while: { $0 == " " }).count > outer else { break }
      end = line.endIndex
    }
    return end
  }

  private func plainEnd(_ from: String.Index, outer: Int, inFlow: Bool) -> String.Index {
    let scalars = text.unicodeScalars
    var index = from
    var end = from
    while index < text.endIndex {
      let scalar = scalars[index]
      let after = next(index)
      let spaceFollows = after == text.endIndex || " \n\r".unicodeScalars.contains(scalars[after])
      if scalar == "#", index > from, " \n\t".unicodeScalars.contains(scalars[scalars.index(before: index)]) { break }
      if inFlow, ",[]{}".unicodeScalars.contains(scalar) { break }
      if scalar == ":", spaceFollows || inFlow && ",]}".unicodeScalars.contains(scalars[after]) { break }
      if scalar == "\n", !inFlow {
        let line = scalars[after..<lineEnd(after)]
        let content = line.drop { $0 == " " }
        if !content.isEmpty, line.count - content.count <= outer || content.first == "#" { break }
      }
      if !" \n\r\t".unicodeScalars.contains(scalar) { end = after }
      index = after
    }
    return end
  }
}
