import Tabular

/// The groups of a regular expression, and references to them.
enum RegexGroups {
  /// How many groups the expression has that can be referred to: brackets but for `(?:…)`, flags, escaped ones and those in `[…]`.
  static func count(in regex: String) -> Int {
    let signs = Array(regex.unicodeScalars)
    var (count, index, inClass) = (0, 0, false)
    func stands(_ text: String, at place: Int) -> Bool {
      signs[min(place, signs.count)...].starts(with: text.unicodeScalars)
    }
    while index < signs.count {
      switch signs[index] {
      case "\\" where stands("Q", at: index + 1) && !inClass:
        while index < signs.count, !stands("\\E", at: index) { index += 1 }
        index += 1
      case "\\": index += 1
      case "[" where !inClass:
        inClass = true
        if stands("^", at: index + 1) { index += 1 }
        if stands("]", at: index + 1) { index += 1 }
      case "]": inClass = false
      case "(" where !inClass && (!stands("?", at: index + 1) || isNamed(stands, at: index + 1)): count += 1
      default: break
      }
      index += 1
    }
    return count
  }

  private static func isNamed(_ stands: (String, Int) -> Bool, at place: Int) -> Bool {
    stands("?P<", place) || stands("?<", place) && !stands("?<=", place) && !stands("?<!", place)
  }

  /// The highest `$n` of a replacement; `$$` is a dollar sign.
  static func highest(in replacement: String) -> Int {
    var highest = 0
    var rest = replacement.unicodeScalars[...]
    while let sign = rest.popFirst() {
      guard sign == "$", let next = rest.first else { continue }
      if let digit = next.properties.numericType == .decimal && next.isASCII ? Int(next.value) - 48 : nil {
        highest = max(highest, digit)
      }
      if next == "$" { rest.removeFirst() }
    }
    return highest
  }

  /// - Throws: `unknown-group` if `regex` has no such group.
  static func check(_ group: Int, written: String, in regex: String, at location: Location) throws(Problem) {
    let count = count(in: regex)
    guard !(0...count).contains(group) else { return }
    throw Problem(
      "unknown-group",
      "The regular expression \"\(regex)\" has \(count == 0 ? "no groups" : count == 1 ? "1 group" : "\(count) groups"); there is no \(written).",
      hint: count == 0
        ? "Put brackets around the part that is meant." : "Groups are numbered by their opening brackets, from 1.",
      at: location)
  }

  /// - Throws: `unknown-group` if `replacement` refers to a group that `regex` doesn't have.
  static func check(_ replacement: String, for regex: String, at location: Location) throws(Problem) {
    let group = highest(in: replacement)
    try check(group, written: "$\(group)", in: regex, at: location)
  }
}
