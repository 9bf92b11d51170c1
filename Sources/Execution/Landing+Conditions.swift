import Pipelines
import Tabular

/// What must hold before rows become visible, and what becomes true with them.
extension Landing {
  var incrementalReads: [BoundStep] { plan.steps.filter { step.upstream.contains($0.id) && $0.cursor != nil } }
  var isIncremental: Bool { !incrementalReads.isEmpty && !context.options.fullRefresh }

  /// The cursors that become true with these rows, and the reads they belong to.
  var cursors: [(read: String, entry: StateEntry)] {
    incrementalReads.compactMap { read in
      read.nextCursor(for: step.id).map {
        (read.id, StateEntry(key: context.stateKey(of: read.id, for: step.id), value: $0.text))
      }
    }
  }
  /// What is stored with the rows: the cursors, and the dead letters that have landed.
  var state: [StateEntry] {
    let letters = context.letters.map { StateEntry(key: $0.stateKey(step.id, in: context), value: context.runID) }
    return cursors.map(\.entry) + (letters.map { [$0] } ?? [])
  }

  /// Whether the reads have come further than this write was, though no row of theirs may have passed the steps between.
  var moves: Bool {
    incrementalReads.contains { read in
      read.nextCursor(for: step.id).map { $0 != read.increment?.before[step.id] } ?? false
    }
  }

  /// Whether there is nothing to make visible, neither rows nor a cursor that the target keeps.
  func isNothing(_ sent: Fingerprint, _ way: Way) -> Bool {
    guard isIncremental, sent.rows == 0 else { return false }
    if case .statements(let work) = way, !work.isTransactional { return true }
    return !moves
  }

  func compare(_ sent: Fingerprint, _ landed: Fingerprint) throws {
    let differences = sent.differences(from: landed)
    guard !differences.isEmpty else { return }
    throw Problem(
      "verification-failed", "What landed is not what was sent: \(differences.joined(separator: "; ")).",
      hint:
        "Nothing was made visible; the target is as it was before. Look for triggers, collations or types that change values.",
      at: step.planned.location)
  }

  func guardAgainstShrinking(to rows: Int) async throws {
    guard spec.mode == .replace || spec.mode == .truncate, !context.options.allowShrink else { return }
    let known = if let rows = load.existingRows { rows } else { await load.countExisting?() ?? 0 }
    guard known > 0, Double(rows) < Double(known) * (1 - RunOptions.shrinkLimit) else { return }
    throw Problem(
      "shrinking-load", "This run would replace \(known) rows by \(rows).",
      hint: "Nothing was changed. If that is right, run again with --allow-shrink.", at: step.planned.location)
  }
}
