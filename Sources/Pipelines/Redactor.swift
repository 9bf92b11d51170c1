import Synchronization
import Tabular

/// Knows the secret values of a run and hides them in any text that leaves it.
package final class Redactor: Sendable {
  private let values = Mutex<[String]>([])

  package init() {}

  /// Remembers a value. Texts under four characters are not hidden: they would blacken ordinary words.
  package func hide(_ value: String) {
    guard value.utf8.count >= 4 else { return }
    let inJSON = String(JSONText.quote(value).dropFirst().dropLast())
    values.withLock { known in
      guard !known.contains(value) else { return }
      known.append(value)
      if inJSON != value { known.append(inJSON) }
      known.sort { $0.utf8.count > $1.utf8.count }
    }
  }

  /// `text` with every secret value replaced by `•••`.
  package func redact(_ text: String) -> String {
    var result = text
    for value in values.withLock({ $0 }) where result.contains(value) {
      result = result.split(separator: value, omittingEmptySubsequences: false).joined(separator: "•••")
    }
    return result
  }

  /// The problem with every secret value hidden in its words.
  package func redact(_ problem: Problem) -> Problem {
    var copy = problem
    copy.message = redact(problem.message)
    copy.hint = problem.hint.map(redact)
    return copy
  }
}

/// Finds secrets by name, for `{{ secret("name") }}`.
package protocol SecretLookup: Sendable {
  /// - Throws: `unknown-secret` with the near name.
  func secret(named name: String) throws(Problem) -> Secret
}

/// No secrets at all.
package struct NoSecrets: SecretLookup {
  package init() {}
  package func secret(named name: String) throws(Problem) -> Secret {
    throw Problem("unknown-secret", "There is no secret \"\(name)\".", hint: "Add it with weir secrets set \(name).")
  }
}
