import Pipelines
import Tabular

/// The records of a document one after another: elements at a path, or of a name anywhere.
final class XMLRecords {
  private let events: XMLEvents
  /// From the outside in; a single name is looked for at any depth.
  private let record: [String]

  init(_ path: String, record: [String]) throws(Problem) {
    events = try XMLEvents(file: path)
    self.record = record
  }

  /// The next record's fields in order; nil at the end.
  func next() throws(Problem) -> [(name: String, value: String?)]? {
    while let event = try events.next() {
      guard case .start(let name, let attributes) = event else { continue }
      let isRecord =
        record.count == 1 ? name == record[0] : events.path == record || Array(events.path.dropFirst()) == record
      if isRecord { return try element(name, attributes).fields }
    }
    return nil
  }

  private func element(_ name: String, _ attributes: [(name: String, value: String)]) throws(Problem) -> XMLElement {
    var element = XMLElement(name: name, attributes: attributes)
    while let event = try events.next() {
      switch event {
      case .start(let name, let attributes): element.children.append(try self.element(name, attributes))
      case .text(let text): element.text += text
      case .end: return element
      }
    }
    return element
  }

  /// The names of all fields in their order, and how many records there are.
  static func names(
    in paths: [String], record: [String], until stop: Stop
  ) throws(Problem) -> (names: [String], count: Int) {
    var names: [String] = []
    var known: [String: String] = [:]
    var count = 0
    for path in paths {
      let records = try XMLRecords(path, record: record)
      while let fields = try records.next() {
        count += 1
        for field in fields {
          let other = known[field.name]
          if other == nil {
            known[field.name] = field.name
            names.append(field.name)
          } else if let other, !ColumnNames.areIdentical(other, field.name),
            let twins = Problem.twins(in: [other, field.name], of: "\"\(path)\"")
          {
            throw twins
          }
        }
        try stop.check()
      }
    }
    return (names, count)
  }

  /// Whether a document has no records but could: its root stands empty, or the element around the records does.
  /// - Parameter record: where records are; empty = not known.
  static func isEmpty(_ path: String, record: [String]) throws(Problem) -> Bool {
    let events = try XMLEvents(file: path)
    let around = record.dropLast()
    var (hasContent, sawAround) = (false, false)
    while let event = try events.next() {
      switch event {
      case .start(let name, let attributes):
        let place = events.path
        if place.count > 1 || (record.isEmpty && !attributes.allSatisfy { $0.name.hasPrefix("xmlns") }) {
          hasContent = true
        }
        let isRecord =
          record.count == 1
          ? name == record[0] : !record.isEmpty && (place == record || Array(place.dropFirst()) == record)
        if isRecord || (record.isEmpty && hasContent) { return false }
        if !around.isEmpty, place[...] == around || place.dropFirst() == around { sawAround = true }
      case .text(let text): if events.path.count == 1, !text.allSatisfy({ $0 <= 32 }) { hasContent = true }
      case .end: break
      }
    }
    return !hasContent || sawAround
  }

  /// Finds the records of files by the first that has any.
  static func detect(_ paths: [String]) throws(Problem) -> [String] {
    var found: [String] = []
    for path in paths {
      found = try detect(path)
      if found.count > 1 { break }
      if try !isEmpty(path, record: []) { break }
    }
    return found
  }

  /// Finds the repeated element nearest to the root, in the document's first elements; else the root's first child; else the root.
  static func detect(_ path: String) throws(Problem) -> [String] {
    let events = try XMLEvents(file: path)
    // By bytes: names that only look the same aren't repeated.
    var seen: [[[UInt8]: Int]] = [[:]]
    var found: [String]?
    var first: [[String]] = []
    var count = 0
    while let event = try events.next(), count < 20_000 {
      switch event {
      case .start(let name, _):
        count += 1
        let place = events.path
        if first.count < 2, first.count == place.count - 1 { first.append(place) }
        let bytes = Array(name.utf8)
        seen[seen.count - 1][bytes, default: 0] += 1
        if seen[seen.count - 1][bytes] == 2, place.count < found?.count ?? .max { found = place }
        seen.append([:])
        if found?.count == 2 { return place.count == 2 ? place : found ?? place }
      case .end: seen.removeLast()
      case .text: break
      }
    }
    return found ?? first.last ?? []
  }
}

/// An element with all that stands in it.
struct XMLElement {
  var name: String
  var attributes: [(name: String, value: String)]
  var text: [UInt8] = []
  var children: [XMLElement] = []

  private var isNil: Bool { attributes.contains { $0.name == "xsi:nil" && ($0.value == "true" || $0.value == "1") } }
  private var isSimple: Bool {
    children.isEmpty && attributes.allSatisfy { $0.name == "xsi:nil" || $0.name.hasPrefix("xmlns") }
  }
  private var ownText: String? {
    let text = String(decoding: text, as: UTF8.self)
    return text.allSatisfy(\.isWhitespace) && !(children.isEmpty && attributes.isEmpty) ? nil : text
  }

  /// Attributes and children by name: texts as they are, everything nested or repeated as JSON.
  var fields: [(name: String, value: String?)] {
    grouped.map { name, values in
      if values.count == 1 {
        switch values[0] {
        case .null: return (name, nil)
        case .text(let text): return (name, text)
        default: return (name, values[0].jsonText)
        }
      }
      return (name, Value.list(values).jsonText)
    }
  }

  private var grouped: [(String, [Value])] {
    var result: [(String, [Value])] = []
    func add(_ name: String, _ value: Value) {
      if let place = result.firstIndex(where: { ColumnNames.areIdentical($0.0, name) }) {
        result[place].1.append(value)
      } else {
        result.append((name, [value]))
      }
    }
    for attribute in attributes where !attribute.name.hasPrefix("xmlns") && attribute.name != "xsi:nil" {
      add(attribute.name, .text(attribute.value))
    }
    for child in children { add(child.name, child.value) }
    if let text = ownText, !children.isEmpty || !attributes.isEmpty || result.isEmpty { add("text", .text(text)) }
    return result
  }

  private var value: Value {
    if isNil { return .null }
    if isSimple { return .text(String(decoding: text, as: UTF8.self)) }
    return .structure(grouped.map { ($0, $1.count == 1 ? $1[0] : .list($1)) })
  }
}

/// Records as rows of texts; fields that a record lacks are null.
struct XMLRows: BatchSource {
  let paths: [String]
  let record: [String]
  let schema: Schema

  func open(columns: [Int]) throws -> any BatchReader {
    Reader(paths: paths, record: record, names: columns.map { schema.columns[$0].name })
  }

  private final class Reader: BatchReader {
    private var paths: ArraySlice<String>
    private let record: [String]
    private let names: [String]
    private var records: XMLRecords?

    init(paths: [String], record: [String], names: [String]) {
      self.paths = paths[...]
      self.record = record
      self.names = names
    }

    func read(into writers: [any VectorWriter], capacity: Int) throws -> Int {
      var row = 0
      while row < capacity, let fields = try next() {
        for (writer, name) in zip(writers, names) {
          guard let value = fields.first(where: { $0.name == name })?.value else {
            writer.setNull(row)
            continue
          }
          var text = value
          text.withUTF8 { writer.assign(row, UnsafeRawBufferPointer($0)) }
        }
        row += 1
      }
      return row
    }

    private func next() throws -> [(name: String, value: String?)]? {
      while true {
        if records == nil {
          guard let path = paths.popFirst() else { return nil }
          records = try XMLRecords(path, record: record)
        }
        if let fields = try records?.next() { return fields }
        records = nil
      }
    }
  }
}
