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
  /// Whether the rule is about the rows as a whole, so that no single row can be said to break it.
  var isAboutTheWhole: Bool { get }
  /// Other steps the rule reads (referential integrity).
  var otherInputs: [String] { get }
  /// Its regular expressions, to be tried before anything runs.
  var patterns: [String] { get }
  func test(over input: Relation, in context: OperationContext) throws(Problem) -> RuleTest
}

extension Rule {
  package var otherInputs: [String] { [] }
  package var patterns: [String] { [] }
  package var isAboutTheWhole: Bool { false }

  /// Said of a rule about the rows as a whole that is told what to do to single ones.
  package var refusal: Problem {
    Problem(
      "rule-about-the-whole",
      "\"\(Self.manifest.name)\" is about the rows as a whole, so there are no single rows for on_fail: \(onFail.rawValue).",
      hint: "Use on_fail: stop or warn, or a rule about each row.", at: location)
  }
}

/// How a rule is evaluated.
package enum RuleTest: Sendable {
  /// A condition that is true for every row that passes (never null), and the columns it is about.
  case row(SQL, columns: [FieldAccess])
  /// As `row`, but the condition looks at other rows, too; `RuleTest.position` is a row's place among them.
  case rowAmongOthers(SQL, columns: [FieldAccess])
  /// A query with one row: `passed BOOLEAN, observed VARCHAR`, and if it can tell `failed BIGINT, rows BIGINT` of single rows, or only
  /// `seen BIGINT`, the rows it looked at, and if it has a figure that later runs may want to compare `measure DOUBLE, measured VARCHAR`
  /// (its name); for rules about the relation as a whole.
  case relation(SQL)
  /// A condition of the user's own, about each row or with an aggregate about all of them: the engine tells which.
  case condition(UserExpression)

  /// The column with a row's place, from 1, that `rowAmongOthers` may use.
  package static let position = "__weir_position"
}
