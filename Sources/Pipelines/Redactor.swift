import Synchronization
import Tabular

/// Knows the secret values of a run and hides them in any text that leaves it.
package final class Redactor: Sendable {
  private struct Known {
    var values: Set<String> = []
    /// Every form of every value that is long enough to be hidden, the longest first.
    var spellings: [String] = []
  }
  private let known = Mutex(Known())

  package init() {}

  /// Remembers a value. Texts under four characters are not hidden: they would blacken ordinary words.
  package func hide(_ value: String) {
    known.withLock { known in
      guard !value.isEmpty, known.values.insert(value).inserted, value.utf8.count >= 4 else { return }
      known.spellings = (known.spellings + SecretShape.spellings(of: value)).sorted { $0.utf8.count > $1.utf8.count }
    }
  }

  /// Remembers every secret that is written in a file: values behind names such as `password`, credentials in addresses.
  package func learn(_ setting: Setting) { learn(setting, isSecret: false, hasNames: true) }

  /// Remembers the credentials in the addresses of `text`.
  package func learn(addressesIn text: String) {
    for piece in SecretShape.pieces(of: text) {
      hide(piece)
      if let decoded = try? ConnectionURL.decoded(piece[...]) { hide(decoded) }
    }
  }

  /// Sections whose keys are names of columns, steps and operations.
  private static let dataSections: Set<String> = [
    "transform", "transformations", "operations", "check", "rules", "tests", "mapping", "columns", "types",
    "field_mapping", "schedule",
  ]

  private func learn(_ setting: Setting, isSecret: Bool, hasNames: Bool) {
    switch setting.content {
    case .map(let entries):
      let isNamed = hasNames && SecretShape.isName(setting["name"]?.text ?? "")
      for entry in entries {
        let holds =
          (isSecret || isNamed) ? ["default", "value"].contains(entry.key) : hasNames && SecretShape.isName(entry.key)
        learn(entry.value, isSecret: holds, hasNames: hasNames && !Self.dataSections.contains(entry.key))
      }
    case .list(let elements): for element in elements { learn(element, isSecret: isSecret, hasNames: hasNames) }
    case .null, .toggle: break
    case .text, .integer, .number:
      guard let text = setting.text else { break }
      if isSecret { hide(text) }
      learn(addressesIn: text)
    }
  }

  /// Whether a secret value, however short, stands in `text`.
  package func isSecret(in text: String) -> Bool {
    known.withLock { known in
      known.values.contains { text.contains($0) } || known.spellings.contains { text.contains($0) }
        || known.values.contains { !$0.isEmpty && Self.hiding($0, in: text) != nil }
    }
      || SecretShape.scrub(text) != text
  }

  /// `text` with every known secret value replaced by `•••`; for rows, where nothing else may change.
  package func redactValues(_ text: String) -> String {
    var result = text
    for value in known.withLock({ $0.spellings }) {
      if result.contains(value) {
        result = result.split(separator: value, omittingEmptySubsequences: false).joined(separator: SecretShape.mark)
      }
      // An accent behind it makes another character of its last one.
      if let hidden = Self.hiding(value, in: result) { result = hidden }
    }
    return result
  }

  /// `text` with the bytes of `value` replaced by the mark; nil if they aren't in it.
  private static func hiding(_ value: String, in text: String) -> String? {
    let (wanted, bytes) = (Array(value.utf8), Array(text.utf8))
    var (result, position): ([UInt8], Int) = ([], 0)
    while let begin = bytes[position...].firstIndex(of: wanted[0]) {
      result += bytes[position..<begin]
      let isHere = bytes[begin...].starts(with: wanted)
      result += isHere ? Array(SecretShape.mark.utf8) : [bytes[begin]]
      position = begin + (isHere ? wanted.count : 1)
    }
    let hidden = String(decoding: result + bytes[position...], as: UTF8.self)
    return hidden == text ? nil : hidden
  }

  /// `text` with every known secret value, and whatever looks like credentials in an address, replaced by `•••`.
  package func redact(_ text: String) -> String { SecretShape.scrub(redactValues(text)) }

  /// The problem with every secret hidden in its words.
  package func redact(_ problem: Problem) -> Problem {
    var copy = problem
    copy.message = redact(problem.message)
    copy.hint = problem.hint.map(redact)
    if let file = problem.location?.file { copy.location?.file = redact(file) }
    return copy
  }

  /// Parameters as they may be shown: the values of those that are secrets are hidden.
  package func redact(parameters: [String: String]) -> [String: String] {
    parameters.reduce(into: [:]) { $0[$1.key] = SecretShape.isName($1.key) ? SecretShape.mark : redact($1.value) }
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
