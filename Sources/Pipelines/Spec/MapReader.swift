/// Gathers the problems of one file; made and dropped inside one call of the parser.
final class ProblemCollector {
  private(set) var all: [Problem] = []

  func add(_ problem: Problem) { all.append(problem) }
  func add(_ problems: [Problem]) { all += problems }
}

/// Takes values out of a map by name, reporting wrong ones, and knows which keys nobody asked for.
struct MapReader {
  let map: Setting
  private let problems: ProblemCollector
  private var asked: [String] = []

  init(_ map: Setting, _ problems: ProblemCollector) {
    self.map = map
    self.problems = problems
  }

  /// The value under the first of `names` that is there and not null; the first name is the canonical one.
  mutating func value(_ names: String...) -> Setting? { value(names) }

  private mutating func value(_ names: [String]) -> Setting? {
    asked += names
    for name in names {
      if let value = map[name], value.content != .null { return value }
    }
    return nil
  }

  mutating func text(_ names: String...) -> String? {
    read(names) { setting throws(Problem) in try String(setting: setting) }
  }

  /// One SELECT in some system's SQL.
  mutating func query(_ names: String...) -> String? {
    read(names) { setting throws(Problem) in try UserSQL.query(setting) }
  }

  /// A condition in some system's SQL.
  mutating func condition(_ names: String...) -> String? {
    read(names) { setting throws(Problem) in try UserSQL.condition(setting) }
  }

  mutating func number(_ names: String...) -> Double? {
    read(names) { setting throws(Problem) in try Double(setting: setting) }
  }

  mutating func toggle(_ names: String...) -> Bool? {
    read(names) { setting throws(Problem) in try Bool(setting: setting) }
  }

  /// A whole number that is at least `minimum`.
  mutating func count(_ names: String..., atLeast minimum: Int = 0) -> Int? {
    read(names) { setting throws(Problem) in
      let number = try Int(setting: setting)
      guard number >= minimum else { throw Problem("wrong-type", "must be at least \(minimum).") }
      return number
    }
  }

  /// Seconds.
  mutating func timeSpan(_ names: String...) -> Double? {
    read(names) { setting throws(Problem) in try TimeSpan.seconds(setting) }
  }

  /// One name or a list of them; a text with commas counts as a list.
  mutating func names(_ names: String...) -> [String]? {
    read(names) { setting throws(Problem) in
      if case .text(let text) = setting.content, text.contains(",") {
        return text.split(separator: ",").map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
      }
      return try [String](setting: setting)
    }
  }

  /// One of `choices`, found by any of its spellings (lower case, without spaces, `_`, `-` and `+`).
  mutating func choice<Choice>(_ names: String..., from choices: [(String, Choice)]) -> Choice? {
    read(names) { setting throws(Problem) in
      let text = try String(setting: setting)
      if let found = choices.first(where: { Self.fold($0.0) == Self.fold(text) }) { return found.1 }
      let spellings = choices.map(\.0)
      throw Problem(
        "unknown-choice", "can't be \"\(text)\".",
        hint: Nearest.hint(text, among: spellings) ?? "It must be one of \(spellings.joined(separator: ", ")).")
    }
  }

  static func fold(_ text: String) -> String { text.lowercased().filter { !" _-+".contains($0) } }

  private mutating func read<Value>(_ names: [String], _ make: (Setting) throws(Problem) -> Value) -> Value? {
    guard let setting = value(names) else { return nil }
    do throws(Problem) {
      return try make(setting)
    } catch {
      let name = names.first { map[$0]?.location == setting.location } ?? names[0]
      problems.add(Problem(error.code, "\"\(name)\" \(error.message)", hint: error.hint, at: setting.location))
      return nil
    }
  }

  /// What nobody asked for, as a map; nil = nothing.
  var rest: Setting? {
    let entries = map.entries.filter { !asked.contains($0.key) }
    return entries.isEmpty ? nil : Setting(.map(entries), at: map.location)
  }

  /// Reports what nobody asked for. `owner` completes "… has no setting"; `alsoNear` are further names it may have.
  func refuseRest(of owner: String, suggesting canonical: [String], alsoNear: [String] = []) {
    for entry in rest?.entries ?? [] {
      problems.add(
        Problem(
          "unknown-setting", "\(owner) has no setting \"\(entry.key)\".",
          hint: Nearest.hint(entry.key, among: canonical + alsoNear)
            ?? "It can have \(canonical.joined(separator: ", ")).",
          at: entry.keyLocation))
    }
  }
}
