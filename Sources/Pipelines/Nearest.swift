/// Finds the name a user most likely meant.
package enum Nearest {
  /// `Did you mean "amount"?`, or nil when nothing is near.
  package static func hint(_ word: String, among names: [String]) -> String? {
    match(word, among: names).map { "Did you mean \"\($0)\"?" }
  }

  /// The closest name at an edit distance of at most a third of its length.
  package static func match(_ word: String, among names: [String]) -> String? {
    let typed = Array(word.lowercased().unicodeScalars)
    return names.map { (name: $0, distance: slips(typed, Array($0.lowercased().unicodeScalars))) }
      .filter { $0.distance <= max(1, max(typed.count, $0.name.count) / 3) }
      .min { $0.distance < $1.distance }?.name
  }

  /// Levenshtein's distance.
  package static func distance<Element: Equatable>(_ left: [Element], _ right: [Element]) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let substitution = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substitution, diagonal + 1, row[j] + 1)
      }
    }
    return row[right.count]
  }

  /// As `distance`, but two swapped neighbours count as one slip.
  private static func slips<Element: Equatable>(_ left: [Element], _ right: [Element]) -> Int {
    var before: [Int] = []
    var row = Array(0...right.count)
    for i in left.indices {
      var next = [i + 1]
      for j in right.indices {
        var least = Swift.min(row[j] + (left[i] == right[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          least = Swift.min(least, before[j - 1] + 1)
        }
        next.append(least)
      }
      before = row
      row = next
    }
    return row[right.count]
  }
}
