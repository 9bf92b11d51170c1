/// Refuses two writes of one pipeline that land in the same place: each decides how to land from what stands there before the run, so
/// the one that ends last would undo or double the other's rows. Files added to one folder don't meet.
struct SharedTargets {
  let problems: ProblemCollector

  func refuse(in steps: [PlannedStep]) {
    var first: [String: PlannedStep] = [:]
    for step in steps {
      guard case .write(let destination, let spec) = step.work else { continue }
      let place = destination.place(of: spec.target, mode: spec.mode, step: step.id) ?? "\(spec.to.kind) \(spec.target)"
      guard let other = first[place] else {
        first[place] = step
        continue
      }
      problems.add(
        Problem(
          "same-target", "Steps \"\(other.id)\" and \"\(step.id)\" write to the same target.",
          hint: "Bring the rows together with `union` and write them once, or give one of the writes another target.",
          at: step.location))
    }
  }
}
