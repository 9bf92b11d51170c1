import Pipelines
import Tabular

/// A plan whose every step is bound: schemas known, SQL checked, landing decided. No data has moved.
package struct BoundPlan: Sendable {
  package var name: String
  package var steps: [BoundStep]
  package var warnings: [Problem]

  package subscript(id id: String) -> BoundStep? { steps.first { $0.id == id } }

  /// Leaves only the steps that dead letters reach, and those whose rows these need.
  mutating func keepWhatLettersReach() {
    let reached = steps.filter(\.isFed)
    let needed = Set(reached.map(\.id)).union(reached.flatMap(\.upstream)).union(reached.flatMap(\.planned.after))
    steps.removeAll { !needed.contains($0.id) }
  }

  /// `step` and all steps whose rows flow into it while it runs: those before it up to the ones that run by themselves.
  func flow(into step: BoundStep, sinks: Set<String>) -> [BoundStep] {
    var found: Set<String> = [step.id]
    var open = step.inputs
    while let id = open.popLast() {
      guard !sinks.contains(id), found.insert(id).inserted, let input = self[id: id] else { continue }
      open += input.inputs
    }
    return steps.filter { found.contains($0.id) }
  }
}

/// A bound step. Its relation stands in the run's engine under the step's name.
package struct BoundStep: Sendable {
  package var planned: PlannedStep
  /// What the step yields (what it lands, for a write).
  package var schema: Schema
  package var extract: Extract?
  package var load: Load?
  /// The range an incremental read takes.
  package var cursor: CursorRange?
  /// How an incremental read goes on from what its writes have.
  var increment: Increment?
  /// What whoever runs this should know, beyond the plan's own warnings.
  package var remarks: [Problem] = []
  /// The SELECT whose rows this step yields or lands.
  package var select: SQL
  /// Whether its rows are kept in the engine until the run ends: several steps read them, or a retry must not read them again.
  package var isKept = false
  /// Whether the run tells what its rows are like.
  var isProfiled = false
  /// The steps whose relations this one reads; a check stands for the step it checked.
  package var inputs: [String] = []
  /// All steps whose rows lead to this one.
  package var upstream: Set<String> = []
  /// Whether dead letters go in here or come from a step before.
  var isFed = false
  /// The input in whose place dead letters come.
  var replacedInput: String?
  /// For a read of lines that were refused before: where each stood.
  var refusedPositions: [String: String] = [:]
  /// For a write: whether its input lands as it is, without filter or renaming.
  var isPlain = true
  var counter: RowCounter?
  var boundary: BoundaryTap?
  var taps: [RuleTap] = []
  /// The rows after each operation, in order.
  var stages: [OperationStage] = []
  var cleanseTaps: [CleanseTap] = []
  /// Of a split into outputs without `else`.
  var strayTap: StrayTap?
  var relationRules: [RelationRule] = []
  /// The Python functions its rows flow through, in order.
  var programs: [PythonRows] = []

  init(
    planned: PlannedStep, schema: Schema, extract: Extract? = nil, load: Load? = nil, cursor: CursorRange? = nil,
    select: SQL,
    isPlain: Bool = true, counter: RowCounter? = nil
  ) {
    self.planned = planned
    self.schema = schema
    self.extract = extract
    self.load = load
    self.cursor = cursor
    self.select = select
    self.isPlain = isPlain
    self.counter = counter
  }

  package var id: String { planned.id }
  package var kind: String { planned.work.kind }
}

/// A rule about a relation as a whole, as a query with one row: `passed BOOLEAN, observed VARCHAR`.
struct RelationRule: Sendable {
  var name: String
  var words: String
  var query: SQL
  var onFail: OnFail
  var location: Location
  /// Where the rule stands among those of its step, from 0.
  var place: Int
}
