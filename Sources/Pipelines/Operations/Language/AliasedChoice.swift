/// Choices with more than one spelling; case, `_`, `-` and spaces don't matter.
package protocol AliasedChoice: SettingChoice {
  /// Folded spelling → choice, beside the raw values.
  static var otherSpellings: [String: Self] { get }
}

extension AliasedChoice {
  package init(setting: Setting) throws(Problem) {
    let choices = Self.allCases.map(\.rawValue)
    guard let text = setting.choiceText else {
      throw Problem("wrong-type", "must be one of \(choices.joined(separator: ", ")).")
    }
    let wanted = Operations.fold(text)
    guard
      let choice = Self.allCases.first(where: { Operations.fold($0.rawValue) == wanted }) ?? Self.otherSpellings[wanted]
    else {
      throw Problem(
        "unknown-choice", "can't be \"\(text)\"; it must be one of \(choices.joined(separator: ", ")).",
        hint: Nearest.hint(text, among: choices), at: setting.location)
    }
    self = choice
  }
}
