/// Something that can be done about rows that were looked at, ready for a pipeline file.
package struct Suggestion: Sendable, Codable, Hashable {
  package enum Kind: String, Sendable, Codable, CaseIterable {
    case key, unpivot, dedupe, standardize, trim, dates, cast, email, phone, empty, join
  }

  /// Where `yaml` stands: in the operations of a transform, or in the rules of a check.
  package enum Place: String, Sendable, Codable { case transform, check }

  package var kind: Kind
  package var columns: [String]
  /// What was seen, in words.
  package var reason: String
  package var place: Place
  /// An entry of the list, without the `- `.
  package var yaml: String
}
