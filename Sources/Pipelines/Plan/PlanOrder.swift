/// Puts planned steps in order, and says what is odd about the whole.
struct PlanOrder {
  let spec: PipelineSpec
  let problems: ProblemCollector

  func plan(_ steps: [PlannedStep]) -> Plan {
    var steps = steps
    SharedTargets(problems: problems).refuse(in: steps)
    let reads = graph(of: steps) { Set($0.inputs) }
    if let cycle = reads.cycle {
      problems.add(
        Problem(
          "cycle", "The steps wait for each other: \(cycle.joined(separator: " → ")).",
          hint: "Let one of them read another step.", at: steps.first { $0.id == cycle[0] }?.location))
      return Plan(name: spec.name, steps: steps)
    }
    for index in steps.indices { steps[index].after = checks(before: steps[index], among: steps, reads) }
    let order = graph(of: steps) { Set($0.inputs + $0.after) }.order ?? steps.map(\.id)
    let ordered = order.compactMap { id in steps.first { $0.id == id } }
    return Plan(name: spec.name, steps: ordered, warnings: warnings(about: steps, reads))
  }

  private func graph(of steps: [PlannedStep], _ before: (PlannedStep) -> Set<String>) -> StepGraph {
    let known = Set(steps.map(\.id))
    let pairs = steps.map { ($0.id, before($0).intersection(known)) }
    return StepGraph(ids: steps.map(\.id), before: Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
  }

  /// A write waits for every check of the rows it writes, also when it doesn't read the check itself.
  private func checks(before step: PlannedStep, among steps: [PlannedStep], _ reads: StepGraph) -> [String] {
    guard case .write = step.work else { return [] }
    let ancestors = reads.ancestors(of: step.id)
    return steps.compactMap { other in
      guard case .check = other.work, let subject = other.inputs.first, ancestors.contains(subject),
        !ancestors.contains(other.id)
      else { return nil }
      return other.id
    }
  }

  private func warnings(about steps: [PlannedStep], _ reads: StepGraph) -> [Problem] {
    let read = Set(steps.flatMap(\.inputs))
    let expected = Set(spec.tests.flatMap(\.expect.keys))
    var warnings: [Problem] = []
    for step in steps where !read.contains(step.id) && !expected.contains(step.id) {
      switch step.work {
      case .read, .transform:
        warnings.append(
          Problem(
            "unused-step", "Nobody uses the rows of step \"\(step.id)\".", hint: "Write them, or remove the step.",
            at: step.location
          ).warning())
      case .check, .write: break
      }
    }
    for step in steps {
      for id in step.after {
        guard let check = steps.first(where: { $0.id == id }), case .check(let rules) = check.work,
          let rule = rules.first(where: { [.skip, .flag, .null].contains($0.onFail) })
        else { continue }
        warnings.append(
          Problem(
            "check-passed-by",
            "Step \"\(step.id)\" writes the rows as they were before the check \"\(id)\", so its on_fail: \(rule.onFail.rawValue) has no effect there.",
            hint: "Write from: \(id).", at: step.location
          ).warning())
      }
    }
    return warnings
  }
}
