extension PipelineReading {
  private static let kinds = ["read", "transform", "check", "write"]

  /// The steps of the canonical form.
  func steps(_ setting: Setting) -> [StepSpec] {
    guard case .list(let elements) = setting.content else {
      problems.add(
        Problem(
          "wrong-type", "\"steps\" must be a list.", hint: "Start every step with - id: NAME.", at: setting.location))
      return []
    }
    let steps = elements.compactMap(step)
    if elements.isEmpty { problems.add(Problem("no-steps", "The pipeline has no steps.", at: setting.location)) }
    refuseTwins(steps)
    return steps
  }

  private func step(_ setting: Setting) -> StepSpec? {
    guard case .map(let entries) = setting.content else {
      problems.add(
        Problem(
          "wrong-type", "A step is a map with id and one of \(Self.kinds.joined(separator: ", ")).",
          at: setting.location))
      return nil
    }
    var map = MapReader(setting, problems)
    let id = stepID(map.value("id", "name"), in: setting)
    let policy = map.value("retry", "retry_policy").map(retry)
    let timeout = map.timeSpan("timeout")
    let isProfiled = map.toggle("profile") ?? false
    _ = map.value("description")
    let written = entries.filter { Self.kinds.contains($0.key) }
    for kind in Self.kinds { _ = map.value(kind) }
    map.refuseRest(
      of: id.map { "Step \"\($0)\"" } ?? "A step",
      suggesting: ["id"] + Self.kinds + ["retry", "timeout", "profile", "description"])
    guard let first = written.first else {
      let unknown = entries.contains { $0.key != "id" && Nearest.match($0.key, among: Self.kinds) != nil }
      if !unknown {
        problems.add(
          Problem(
            "step-without-work", "\(id.map { "Step \"\($0)\"" } ?? "This step") does nothing.",
            hint: "Give it one of \(Self.kinds.joined(separator: ", ")).", at: setting.location))
      }
      return nil
    }
    for extra in written.dropFirst() {
      problems.add(
        Problem(
          "step-with-two-works", "A step does one thing, but this one has \"\(first.key)\" and \"\(extra.key)\".",
          hint: "Make two steps of it.", at: extra.keyLocation))
    }
    guard let work = work(first), let id else { return nil }
    var step = StepSpec(id: id, work: work, retry: policy, timeout: timeout, location: setting.location)
    step.isProfiled = isProfiled
    return step
  }

  private func work(_ entry: Setting.Entry) -> StepSpec.Work? {
    switch entry.key {
    case "read": read(entry.value).map { .read($0) }
    case "transform": transform(entry.value).map { .transform($0) }
    case "check": check(entry.value).map { .check($0) }
    default: write(entry.value).map { .write($0) }
    }
  }

  private func stepID(_ setting: Setting?, in step: Setting) -> String? {
    guard let setting else {
      problems.add(Problem("missing-setting", "The step has no id.", hint: "Write - id: NAME.", at: step.location))
      return nil
    }
    guard let id = setting.text, Self.isPlainName(id) else {
      let hint = setting.text.map { "Write \"\(Self.plainName($0))\"." }
      problems.add(
        Problem(
          "step-id", "A step's id is a plain name: letters, digits and _, not starting with a digit.", hint: hint,
          at: setting.location))
      return nil
    }
    return id
  }

  private func refuseTwins(_ steps: [StepSpec]) {
    var seen: [String: StepSpec] = [:]
    for step in steps {
      if let earlier = seen[step.id.lowercased()] {
        problems.add(
          Problem(
            "duplicate-step", "There are two steps with the id \"\(step.id)\".",
            hint: "The first one is in line \(earlier.location.line); rename one of them.", at: step.location))
      }
      seen[step.id.lowercased()] = seen[step.id.lowercased()] ?? step
    }
  }

  /// Whether SQL can name a relation so without quotation marks.
  static func isPlainName(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, first == "_" || first.properties.isAlphabetic else { return false }
    return text.unicodeScalars.allSatisfy {
      $0 == "_" || $0.properties.isAlphabetic || ("0"..."9").contains($0)
    }
  }

  /// The nearest plain name: `Wind farm 1` → `wind_farm_1`.
  static func plainName(_ text: String) -> String {
    var name = ""
    for scalar in text.lowercased().unicodeScalars {
      if scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) {
        name.unicodeScalars.append(scalar)
      } else if !name.isEmpty, !name.hasSuffix("_") {
        name += "_"
      }
    }
    while name.hasSuffix("_") { name.removeLast() }
    if name.isEmpty { return "step" }
    return isPlainName(name) ? name : "_" + name
  }
}
