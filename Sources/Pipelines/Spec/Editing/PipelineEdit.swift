import Yams

/// Edits the text of a pipeline; comments and everything that isn't edited stay as they are.
///
/// A path names keys from the outside in; an element of a list is named by its `id`, its `name` or its position:
/// `["steps", "publish", "write", "mode"]`. After each edit the text is read again: if it doesn't mean exactly what was
/// asked for, the edit is refused with `cannot-edit` and the text stays as it was.
package struct PipelineEdit: Sendable {
  package private(set) var text: String
  private let file: String

  package init(_ text: String, file: String) {
    self.text = text
    self.file = file
  }

  /// Puts `value` at `path`, adding the last key if it isn't there.
  package mutating func set(_ path: [String], to value: Setting.Content) throws(Problems) {
    let value = MapWriting.setting(value)
    try apply(expecting: { $0.changed(path[...]) { _ in value } }) { source throws(Problem) in
      let place = try EditPlace(path, in: source)
      return try place.replacement(by: value)
    }
  }

  /// Takes out what stands at `path`.
  package mutating func remove(_ path: [String]) throws(Problems) {
    try apply(expecting: { $0.changed(path[...]) { _ in nil } }) { source throws(Problem) in
      try EditPlace(path, in: source).removal()
    }
  }

  /// Adds `value` at the end of the list at `path`.
  package mutating func append(_ value: Setting.Content, to path: [String]) throws(Problems) {
    let value = MapWriting.setting(value)
    try apply(
      expecting: { root in
        root.changed(path[...]) { list in list.map { Setting(.list($0.elements + [value]), at: $0.location) } }
      }
    ) { source throws(Problem) in
      [try EditPlace(path + ["0"], in: source).addition(of: value)]
    }
  }

  /// Adds a step behind the step `id`, or at the end.
  package mutating func addStep(_ step: StepSpec, after id: String? = nil) throws(Problems) {
    try add(PipelineWriter.step(step), after: id)
  }

  /// Adds a check with one rule of the rows of `on`, behind that step.
  package mutating func addCheck(_ id: String, on: String, _ rule: Setting) throws(Problems) {
    var check = MapWriting()
    check.add("on", on)
    check.add("rules", .list([rule]))
    var step = MapWriting()
    step.add("id", id)
    step.add("check", check.setting.content)
    try add(step.setting, after: on)
  }

  private mutating func add(_ setting: Setting, after id: String?) throws(Problems) {
    try apply(expecting: { $0.inserting(setting, intoListAt: "steps", after: id) }) { source throws(Problem) in
      guard case .sequence(let steps)? = source.root["steps"],
        let last = id.map({ id in steps.first { $0["id"]?.string == id } }) ?? steps.last
      else { throw YAMLSource.refusal("there is no such step in a list of steps") }
      guard !source.isFlow(.sequence(steps)) else { throw YAMLSource.refusal("the steps stand on one line") }
      let indent = source.indent(.sequence(steps))
      let end = source.lineEnd(try source.end(last, outer: indent))
      return [(end..<end, "\n" + String(YAMLText.block(MapWriting.list([setting]), indent: indent).dropLast()))]
    }
  }

  package mutating func removeStep(_ id: String) throws(Problems) { try remove(["steps", id]) }

  /// Takes a step out; what named it, also in SQL and tests, names `other` from then on.
  package mutating func removeStep(_ id: String, readersTo other: String) throws(Problems) {
    let source = try YAMLSource(text, file: file)
    do throws(Problem) {
      let removal = try EditPlace(["steps", id], in: source).removal()
      let mentions = try StepMentions(of: id, in: source).all.filter { mention in
        !removal.contains { $0.0.overlaps(mention) }
      }
      let edited = Self.replaced(source.text, removal + mentions.map { ($0, other) })
      let spec = try? PipelineParser.asWritten.parse(edited, file: file)
      let before = try? PipelineParser.asWritten.parse(text, file: file)
      guard let spec, let before, spec.steps.map(\.id) == before.steps.map(\.id).filter({ $0 != id }) else {
        throw YAMLSource.refusal("the step \"\(id)\" can't be taken out")
      }
      text = edited
    } catch { throw Problems([error]) }
  }

  /// Gives a step another id, also where other steps, SQL and tests name it.
  package mutating func renameStep(_ id: String, to name: String) throws(Problems) {
    guard PipelineReading.isPlainName(name) else {
      throw Problems([
        Problem("step-id", "\"\(name)\" is no plain name.", hint: "Write \"\(PipelineReading.plainName(name))\".")
      ])
    }
    let source = try YAMLSource(text, file: file)
    do throws(Problem) {
      let edited = Self.replaced(source.text, try StepMentions(of: id, in: source).all.map { ($0, name) })
      let spec = try? PipelineParser.asWritten.parse(edited, file: file)
      let before = try? PipelineParser.asWritten.parse(text, file: file)
      guard let spec, let before, spec.steps.map(\.id) == before.steps.map({ $0.id == id ? name : $0.id }) else {
        throw YAMLSource.refusal("the step \"\(id)\" can't be renamed")
      }
      text = edited
    } catch { throw Problems([error]) }
  }

  typealias Change = (Range<String.Index>, String)

  private mutating func apply(
    expecting meaning: (Setting) -> Setting?, _ changes: (YAMLSource) throws(Problem) -> [Change]
  ) throws(Problems) {
    let before = try SettingReader.read(text, file: file)
    let source = try YAMLSource(text, file: file)
    do throws(Problem) {
      let edited = Self.replaced(text, try changes(source))
      guard let expected = meaning(before), let after = try? SettingReader.read(edited, file: file),
        YAMLText.flow(after) == YAMLText.flow(expected)
      else { throw YAMLSource.refusal("its form is too unusual") }
      text = edited
    } catch { throw Problems([error.located(at: Location(file: file, line: 1, column: 1))]) }
  }

  private static func replaced(_ text: String, _ changes: [Change]) -> String {
    var result = ""
    var index = text.startIndex
    for (range, replacement) in changes.sorted(by: { $0.0.lowerBound < $1.0.lowerBound })
    where range.lowerBound >= index {
      result += text.unicodeScalars[index..<range.lowerBound].map { String($0) }.joined()
      result += replacement
      index = range.upperBound
    }
    return result + text.unicodeScalars[index...].map { String($0) }.joined()
  }
}

extension Setting {
  /// The same value with the one at `path` changed; nil if the path leads nowhere. A change to nil removes.
  fileprivate func changed(_ path: ArraySlice<String>, _ change: (Setting?) -> Setting?) -> Setting? {
    guard let key = path.first else { return change(self) }
    let rest = path.dropFirst()
    switch content {
    case .map(var entries):
      guard let index = entries.firstIndex(where: { $0.key == key }) else {
        guard rest.isEmpty, let value = change(nil) else { return nil }
        return Setting(.map(entries + [Entry(key: key, keyLocation: location, value: value)]), at: location)
      }
      guard let value = entries[index].value.changed(rest, change) else {
        guard rest.isEmpty else { return nil }
        entries.remove(at: index)
        return Setting(.map(entries), at: location)
      }
      entries[index].value = value
      return Setting(.map(entries), at: location)
    case .list(var elements):
      guard let index = elements.firstIndex(where: { $0["id"]?.text == key || $0["name"]?.text == key }) ?? Int(key),
        elements.indices.contains(index)
      else { return nil }
      guard let value = elements[index].changed(rest, change) else {
        guard rest.isEmpty else { return nil }
        elements.remove(at: index)
        return Setting(.list(elements), at: location)
      }
      elements[index] = value
      return Setting(.list(elements), at: location)
    default: return nil
    }
  }

  fileprivate func inserting(_ element: Setting, intoListAt key: String, after id: String?) -> Setting? {
    guard var elements = self[key]?.elements else { return nil }
    let index = id.map { id in elements.firstIndex { $0["id"]?.text == id } } ?? elements.indices.last
    guard let index else { return nil }
    elements.insert(element, at: index + 1)
    return changed([key]) { $0.map { Setting(.list(elements), at: $0.location) } }
  }
}
