import Tabular

/// One kind of data-quality rule: one file, one type. It turns settings into SQL conditions over a relation.
package protocol Rule: Sendable {
  associatedtype Settings: Sendable
  static var manifest: OperationManifest<Settings> { get }
  init(_ settings: Settings, onFail: OnFail, at location: Location) throws(Problem)
  var onFail: OnFail { get }
  var location: Location { get }
  /// The rule in words: `"email" is an e-mail address`.
  var words: String { get }
  /// Other steps the rule reads (referential integrity).
  var otherInputs: [String] { get }
  func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest
}

extension Rule {
  package var otherInputs: [String] { [] }
}

/// How a rule is evaluated.
package enum RuleTest: Sendable {
  /// A condition that is true for every row that passes (never null), and the columns it is about.
  case row(SQL, columns: [String])
  /// A query with one row: `passed BOOLEAN, observed VARCHAR`; for rules about the relation as a whole.
  case relation(SQL)
}
