import Pipelines
import Yams

extension Setting {
  /// Settings from YAML (or JSON) text, with places in a file `test.yaml`.
  package init(yaml text: String) throws {
    guard let node = try Yams.compose(yaml: text) else {
      self.init(.null, at: Location(file: "test.yaml", line: 1, column: 1))
      return
    }
    self.init(node)
  }

  private init(_ node: Node) {
    let place = Location(file: "test.yaml", line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    switch node {
    case .mapping(let mapping):
      let entries = mapping.map { pair in
        let key = Setting(pair.key)
        return Entry(key: pair.key.string ?? "", keyLocation: key.location, value: Setting(pair.value))
      }
      self.init(.map(entries), at: place)
    case .sequence(let sequence): self.init(.list(sequence.map { Setting($0) }), at: place)
    case .scalar(let scalar): self.init(Setting.content(of: scalar), at: place)
    case .alias: self.init(.null, at: place)
    }
  }

  private static func content(of scalar: Node.Scalar) -> Content {
    guard scalar.style == .plain || scalar.style == .any else { return .text(scalar.string) }
    let text = scalar.string
    if ["", "~", "null"].contains(text) { return .null }
    if text == "true" || text == "false" { return .toggle(text == "true") }
    if let number = Int(text) { return .integer(number) }
    if Double(text) != nil, text.contains(where: \.isNumber) { return .number(text) }
    return .text(text)
  }
}
