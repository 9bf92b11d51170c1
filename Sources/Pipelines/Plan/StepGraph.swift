/// Which step must end before which.
struct StepGraph {
  /// In the order of the file.
  let ids: [String]
  /// Steps each one waits for.
  let before: [String: Set<String>]

  /// The steps in an order in which they can run, as near to the file's as possible; nil if there is a cycle.
  var order: [String]? {
    var ordered: [String] = []
    var done: Set<String> = []
    while ordered.count < ids.count {
      guard let next = ids.first(where: { !done.contains($0) && (before[$0] ?? []).isSubset(of: done) }) else {
        return nil
      }
      ordered.append(next)
      done.insert(next)
    }
    return ordered
  }

  /// The steps of one cycle, the first one again at the end; nil if there is none.
  var cycle: [String]? {
    var safe: Set<String> = []
    for start in ids {
      var path: [String] = []
      if let found = cycle(from: start, path: &path, safe: &safe) { return found }
    }
    return nil
  }

  private func cycle(from id: String, path: inout [String], safe: inout Set<String>) -> [String]? {
    if safe.contains(id) { return nil }
    if let start = path.firstIndex(of: id) { return Array((path[start...] + [id]).reversed()) }
    path.append(id)
    for earlier in (before[id] ?? []).sorted() {
      if let found = cycle(from: earlier, path: &path, safe: &safe) { return found }
    }
    path.removeLast()
    safe.insert(id)
    return nil
  }

  /// `id` and everything its rows come from.
  func ancestors(of id: String) -> Set<String> {
    var found: Set<String> = []
    var open = [id]
    while let next = open.popLast() {
      if found.insert(next).inserted { open += before[next] ?? [] }
    }
    return found
  }
}
