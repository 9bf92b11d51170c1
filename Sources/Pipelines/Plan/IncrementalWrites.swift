/// What the writes of an incremental read must be like: they get only what is new, so they add to what is there.
struct IncrementalWrites {
  let problems: ProblemCollector
  /// Whether this run reads everything, so that replacing is right.
  let isFullRefresh: Bool

  /// Chooses `append` for such writes of files that name no mode, and refuses those that would replace the target by a part.
  func settle(_ plan: Plan) -> Plan {
    var plan = plan
    for read in plan.steps {
      guard case .read(_, let spec) = read.work, case .incremental = spec.mode else { continue }
      var reached: Set<String> = [read.id]
      for index in plan.steps.indices where !reached.isDisjoint(with: plan.steps[index].inputs) {
        reached.insert(plan.steps[index].id)
        guard case .write(let destination, var write) = plan.steps[index].work else { continue }
        if !write.isModeGiven && write.mode == .replace { write.mode = .append }
        plan.steps[index].work = .write(destination, write)
        if !isFullRefresh && (write.mode == .replace || write.mode == .truncate) {
          refuse(plan.steps[index], write.mode, read.id)
        }
      }
    }
    return plan
  }

  private func refuse(_ step: PlannedStep, _ mode: WriteMode, _ read: String) {
    problems.add(
      Problem(
        "replace-loses-rows",
        "Step \"\(step.id)\" would put what is new of the incremental read \"\(read)\" in the place of all rows (mode: \(mode.rawValue)).",
        hint:
          "Use mode: merge with a key, or append; or read with mode: full. With --full-refresh a run replaces everything once.",
        at: step.location))
  }
}
