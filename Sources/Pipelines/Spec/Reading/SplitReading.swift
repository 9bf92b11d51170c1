extension PipelineReading {
  /// The steps with the outputs of every `split: { into: … }` behind the step it stands in, each a step of its own.
  func withOutputs(_ steps: [StepSpec]) -> [StepSpec] { steps.flatMap { [$0] + outputs(of: $0) } }

  private func outputs(of step: StepSpec) -> [StepSpec] {
    guard case .transform(let transform) = step.work, case .operations(let list) = transform.body else { return [] }
    guard let place = list.firstIndex(where: { Self.outputs(of: $0) != nil }),
      let entries = Self.outputs(of: list[place])
    else { return [] }
    guard place == list.count - 1 else {
      problems.add(
        Problem(
          "bad-nesting", "A split into outputs must be the last operation of its step.",
          hint: "Let other steps read the outputs, and do what comes next there.", at: list[place].location))
      return []
    }
    return entries.map { entry in
      var settings = list[place].settings.entries.filter { $0.key != "output" }
      settings.append(
        Setting.Entry(
          key: "output", keyLocation: entry.keyLocation, value: Setting(.text(entry.key), at: entry.keyLocation)))
      let operation = OperationSpec(
        name: list[place].name, settings: Setting(.map(settings), at: list[place].settings.location),
        location: list[place].location)
      var output = StepSpec(
        id: entry.key, work: .transform(TransformSpec(on: step.id, body: .operations([operation]))),
        location: entry.keyLocation)
      output.isOutputOf = step.id
      return output
    }
  }

  /// The outputs an operation as written leads rows into; nil if it is none that does.
  private static func outputs(of operation: OperationSpec) -> [Setting.Entry]? {
    guard Operations.named(operation.name)?.name == Split.manifest.name else { return nil }
    let keys = ["into", "outputs", "streams", "routes", "branches"]
    let parts = [operation.settings, operation.settings["parameters"]].compactMap { $0 }
    let found = parts.lazy.flatMap { part in keys.lazy.compactMap { part[$0] } }.first
    guard let found, operation.settings["output"] == nil, !found.entries.isEmpty else { return nil }
    return found.entries
  }
}
