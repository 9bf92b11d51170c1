import Yams

/// Where a path leads in a text, and how to change it there.
struct EditPlace {
  private enum Parent {
    case map(Node.Mapping, key: String)
    case list(Node.Sequence, index: Int)
  }

  private let source: YAMLSource
  private let parent: Parent
  /// The column of the key or dash in front of `parent`.
  private let outer: Int

  init(_ path: [String], in source: YAMLSource) throws(Problem) {
    guard let last = path.last else { throw YAMLSource.refusal("the path is empty") }
    var node = source.root
    var outer = -1
    for name in path.dropLast() {
      switch node {
      case .mapping(let mapping):
        guard let pair = mapping.first(where: { $0.key.string == name }) else {
          throw YAMLSource.refusal("there is no \"\(name)\"")
        }
        if !source.isFlow(.mapping(mapping)) { outer = source.indent(pair.key) }
        node = pair.value
      case .sequence(let sequence):
        let index = try Self.index(of: name, in: sequence)
        if !source.isFlow(.sequence(sequence)) { outer = source.indent(node) }
        node = sequence[index]
      default: throw YAMLSource.refusal("\"\(name)\" is not in a map or list")
      }
    }
    switch node {
    case .mapping(let mapping): parent = .map(mapping, key: last)
    case .sequence(let sequence): parent = .list(sequence, index: try Self.index(of: last, in: sequence))
    default: throw YAMLSource.refusal("\"\(last)\" is not in a map or list")
    }
    self.source = source
    self.outer = outer
  }

  private static func index(of name: String, in sequence: Node.Sequence) throws(Problem) -> Int {
    guard
      let index = sequence.firstIndex(where: { $0["id"]?.string == name || $0["name"]?.string == name }) ?? Int(name),
      sequence.indices.contains(index)
    else { throw YAMLSource.refusal("there is no \"\(name)\" in the list") }
    return index
  }

  func replacement(by value: Setting) throws(Problem) -> [PipelineEdit.Change] {
    switch parent {
    case .map(let mapping, let key):
      guard let pair = mapping.first(where: { $0.key.string == key }) else {
        return try [insertion(of: key, value, into: mapping)]
      }
      if source.isFlow(.mapping(mapping)) {
        return [
          (try source.start(pair.value)..<source.end(pair.value, outer: outer, inFlow: true), source.flow(value))
        ]
      }
      let indent = source.indent(pair.key)
      let keyEnd = try source.end(pair.key, outer: indent)
      guard let colon = source.text.unicodeScalars[keyEnd...].firstIndex(of: ":") else {
        throw YAMLSource.refusal("it has no colon")
      }
      let start = source.text.unicodeScalars.index(after: colon)
      return [
        blockChange(
          from: start, to: Swift.max(start, try source.end(pair.value, outer: indent)),
          YAMLText.value(value, indent: indent))
      ]
    case .list(let sequence, let index):
      let node = sequence[index]
      if source.isFlow(.sequence(sequence)) {
        return [(try source.start(node)..<source.end(node, outer: outer, inFlow: true), source.flow(value))]
      }
      let indent = source.indent(.sequence(sequence))
      let start = try source.start(node)
      let new = YAMLText.block(MapWriting.list([value]), indent: indent).dropFirst(indent + 2)
      return [(start..<(try source.end(node, outer: indent)), String(new.dropLast()))]
    }
  }

  /// The new value between `start` and `end`; a comment on the first or last line moves to the first line.
  private func blockChange(from start: String.Index, to end: String.Index, _ new: String) -> PipelineEdit.Change {
    let text = source.text
    let firstLine = text.unicodeScalars[start..<Swift.min(source.lineEnd(start), end)]
    let rest = text.unicodeScalars[end..<source.lineEnd(end)]
    var comment = ""
    var until = end
    if rest.first(where: { $0 != " " }) == "#" {
      comment = String(rest)
      until = rest.endIndex
    } else if firstLine.endIndex < end, firstLine.first(where: { $0 != " " }) == "#" {
      comment = String(firstLine)
    }
    var lines = new.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines[0] += comment
    return (start..<until, lines.joined(separator: "\n"))
  }

  private func insertion(
    of key: String, _ value: Setting, into mapping: Node.Mapping
  ) throws(Problem) -> PipelineEdit.Change {
    guard let last = Array(mapping).last else { throw YAMLSource.refusal("the map is empty") }
    if source.isFlow(.mapping(mapping)) {
      let end = try source.end(last.value, outer: outer, inFlow: true)
      return (end..<end, ", \(source.key(key)): \(source.flow(value))")
    }
    let indent = source.indent(last.key)
    let end = source.lineEnd(try source.end(last.value, outer: indent))
    let entry = String(repeating: " ", count: indent) + YAMLText.key(key) + ":" + YAMLText.value(value, indent: indent)
    return (end..<end, "\n" + entry.dropLast())
  }

  /// An element behind the last one of the list the place is in.
  func addition(of value: Setting) throws(Problem) -> PipelineEdit.Change {
    guard case .list(let sequence, _) = parent, let last = sequence.last else {
      throw YAMLSource.refusal("there is no list")
    }
    if source.isFlow(.sequence(sequence)) {
      let end = try source.end(last, outer: outer, inFlow: true)
      return (end..<end, ", \(source.flow(value))")
    }
    let indent = source.indent(.sequence(sequence))
    let end = source.lineEnd(try source.end(last, outer: indent))
    return (end..<end, "\n" + YAMLText.block(MapWriting.list([value]), indent: indent).dropLast())
  }

  func removal() throws(Problem) -> [PipelineEdit.Change] {
    switch parent {
    case .map(let mapping, let key):
      let pairs = Array(mapping)
      guard let index = pairs.firstIndex(where: { $0.key.string == key }) else {
        throw YAMLSource.refusal("there is no \"\(key)\"")
      }
      let isFlow = source.isFlow(.mapping(mapping))
      let own = isFlow ? outer : source.indent(pairs[index].key)
      let start = try source.start(pairs[index].key)
      let end = try source.end(pairs[index].value, outer: own, inFlow: isFlow)
      if isFlow {
        let before = index > 0 ? try source.end(pairs[index - 1].value, outer: own, inFlow: true) : nil
        let after = index + 1 < pairs.count ? try source.start(pairs[index + 1].key) : nil
        return [separated(start, end, before, after)]
      }
      if index == 0, pairs.count > 1, !isFirstInLine(start) { return [(start..<(try source.start(pairs[1].key)), "")] }
      return [lines(from: start, to: end)]
    case .list(let sequence, let index):
      let start = try source.start(sequence[index])
      let isFlow = source.isFlow(.sequence(sequence))
      let own = isFlow ? outer : source.indent(.sequence(sequence))
      let end = try source.end(sequence[index], outer: own, inFlow: isFlow)
      if isFlow {
        let before = index > 0 ? try source.end(sequence[index - 1], outer: own, inFlow: true) : nil
        let after = index + 1 < sequence.count ? try source.start(sequence[index + 1]) : nil
        return [separated(start, end, before, after)]
      }
      return [lines(from: start, to: end)]
    }
  }

  /// An element on one line, with the comma before or behind it.
  private func separated(
    _ start: String.Index, _ end: String.Index, _ before: String.Index?, _ after: String.Index?
  ) -> PipelineEdit.Change {
    if let before { return (before..<end, "") }
    return (start..<(after ?? end), "")
  }

  private func isFirstInLine(_ index: String.Index) -> Bool {
    source.text.unicodeScalars[source.lineStart(index)..<index].allSatisfy { $0 == " " }
  }

  private func lines(from start: String.Index, to end: String.Index) -> PipelineEdit.Change {
    let after = source.lineEnd(end)
    let text = source.text
    return (source.lineStart(start)..<(after < text.endIndex ? text.unicodeScalars.index(after: after) : after), "")
  }
}
