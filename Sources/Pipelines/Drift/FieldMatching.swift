/// How much two names of fields are alike (C40).
package enum FieldSimilarity {
  /// From here on a field is taken for the column without a question.
  package static let certain = 0.95
  /// From here on a column is offered as what the field may mean.
  package static let possible = 0.6

  /// 0.955 × (1 − d / (a + b)) for names of a and b letters at Levenshtein's distance d, in lower case. Names that differ only in case,
  /// spaces, `_` and `-` have distance 0.
  package static func share(_ a: String, _ b: String) -> Double {
    let (left, right) = (Array(a.lowercased()), Array(b.lowercased()))
    guard !left.isEmpty, !right.isEmpty else { return 0 }
    if plain(a) == plain(b), !plain(a).isEmpty { return 0.955 }
    return 0.955 * (1 - Double(Nearest.distance(left, right)) / Double(left.count + right.count))
  }

  package static func percent(_ a: String, _ b: String) -> Int { Int((share(a, b) * 100).rounded()) }

  private static func plain(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }
}

/// Which column of a target each field of the rows goes into where the two have drifted apart.
package struct FieldMatching: Sendable {
  /// Field → column of another name.
  package private(set) var mapping: [String: String] = [:]
  /// Fields that matched by themselves, without anybody's answer.
  package private(set) var certain: [String] = []
  /// Fields for which the target gets a column.
  package private(set) var created: Set<String> = []
  /// Fields that are left out.
  package private(set) var ignored: Set<String> = []
  package private(set) var questions: [FieldQuestion] = []

  /// - Parameter columns: the target's; upper and lower case don't tell names apart.
  /// - Parameter answers: what has been decided for this step; one whose column isn't free any more counts as none.
  package init(fields: [String], columns: [String], answers: [FieldAnswer], step: String, target: String) {
    let known = Set(columns.map { $0.lowercased() })
    let given = Set(fields.map { $0.lowercased() })
    var free = columns.filter { !given.contains($0.lowercased()) }
    var open: [String] = []
    for field in fields where !known.contains(field.lowercased()) {
      let answer = answers.last { $0.field.lowercased() == field.lowercased() }
      switch answer?.choice {
      case .create: created.insert(field)
      case .ignore: ignored.insert(field)
      case .map:
        guard let column = free.first(where: { $0.lowercased() == answer?.target?.lowercased() }) else { fallthrough }
        mapping[field] = column
        free.removeAll { $0 == column }
      case nil: open.append(field)
      }
    }
    let pairs = open.map { field in (field, free.filter { FieldSimilarity.share(field, $0) >= FieldSimilarity.certain })
    }
    for (field, twins) in pairs {
      let isAlone = twins.count == 1 && pairs.count { $0.1.contains(twins[0]) } == 1
      guard isAlone else { continue }
      mapping[field] = twins[0]
      certain.append(field)
      free.removeAll { $0 == twins[0] }
    }
    questions = open.filter { mapping[$0] == nil }.map { field in
      let near = free.map { FieldQuestion.Candidate(column: $0, similarity: FieldSimilarity.percent(field, $0)) }
        .filter { FieldSimilarity.share(field, $0.column) >= FieldSimilarity.possible }
        .sorted { ($1.similarity, $0.column) < ($0.similarity, $1.column) }
      return FieldQuestion(step: step, target: target, field: field, candidates: near, unfilled: free)
    }
  }
}
