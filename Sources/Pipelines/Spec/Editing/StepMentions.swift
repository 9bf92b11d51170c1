import Yams

/// Every place in a text that names a step.
struct StepMentions {
  private(set) var all: [Range<String.Index>] = []
  private let id: String
  private let source: YAMLSource
  private static let keys: Set<String> = [
    "on", "from", "input", "join_source", "with", "right", "lookup_source", "reference", "other",
  ]

  init(of id: String, in source: YAMLSource) throws(Problem) {
    self.id = id
    self.source = source
    for step in source.root["steps"]?.sequence ?? [] {
      for (key, value) in step.mapping ?? [:] {
        switch key.string {
        case "id": try add(value)
        case "read": break
        default: try visit(value)
        }
      }
    }
    for test in source.root["tests"]?.sequence ?? [] {
      for part in ["given", "expect"] {
        for (key, _) in test[part]?.mapping ?? [:] { try add(key) }
      }
    }
  }

  private mutating func visit(_ node: Node) throws(Problem) {
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        if key.string == "sql" {
          try addWords(of: value, outer: source.indent(key), inFlow: source.isFlow(node))
        } else if Self.keys.contains(key.string ?? "") {
          try addNames(value)
        }
        try visit(value)
      }
    case .sequence(let sequence): for element in sequence { try visit(element) }
    default: break
    }
  }

  private mutating func addNames(_ node: Node) throws(Problem) {
    if case .sequence(let sequence) = node { for element in sequence { try add(element) } } else { try add(node) }
  }

  private mutating func add(_ node: Node) throws(Problem) {
    guard case .scalar(let scalar) = node, scalar.string == id else { return }
    var start = try source.start(node)
    if scalar.style == .singleQuoted || scalar.style == .doubleQuoted {
      start = source.text.unicodeScalars.index(after: start)
    }
    let scalars = source.text.unicodeScalars
    guard let end = scalars.index(start, offsetBy: id.unicodeScalars.count, limitedBy: scalars.endIndex),
      String(scalars[start..<end]) == id
    else { throw YAMLSource.refusal("\"\(id)\" is written in an unusual way") }
    all.append(start..<end)
  }

  /// The id as a word of SQL, outside of texts in quotation marks.
  private mutating func addWords(of node: Node, outer: Int, inFlow: Bool) throws(Problem) {
    let scalars = source.text.unicodeScalars
    var index = try source.start(node)
    let isQuoted = node.scalar?.style == .singleQuoted
    let end = try source.end(node, outer: outer, inFlow: inFlow)
    var isText = false
    while index < end {
      let scalar = scalars[index]
      if scalar == "'", !isQuoted { isText.toggle() }
      guard scalar == "_" || scalar.properties.isAlphabetic else {
        index = scalars.index(after: index)
        continue
      }
      let word = scalars[index...].prefix { $0 == "_" || $0.properties.isAlphabetic || ("0"..."9").contains($0) }
      if !isText, String(word) == id { all.append(word.startIndex..<word.endIndex) }
      index = word.endIndex
    }
  }
}
