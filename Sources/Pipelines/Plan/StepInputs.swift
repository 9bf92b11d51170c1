import Tabular

/// Finds what each step reads, each step as often as it is named.
struct StepInputs {
  let spec: PipelineSpec
  let problems: ProblemCollector

  private var ids: [String] { spec.steps.map(\.id) }

  /// The relation a step works on (`on`, `from`, or the step before), and the others its parts name.
  func main(_ named: String?, of step: StepSpec, at index: Int, others: [String] = []) throws(Problems) -> [String] {
    var found: [Problem] = []
    var result: [String] = []
    if let named {
      resolve(named, for: step, into: &result, &found)
    } else if let before = spec.steps[..<index].last(where: { !$0.isWrite }) {
      if let split = before.isOutputOf {
        let outputs = spec.steps.filter { $0.isOutputOf == split }.map(\.id)
        found.append(
          Problem(
            "which-output", "Step \"\(step.id)\" comes after \"\(split)\", which leads its rows into several outputs.",
            hint: "Say which one with \(step.isWrite ? "from" : "on"):, one of \(outputs.joined(separator: ", ")).",
            at: step.location))
      }
      result.append(before.id)
    } else {
      found.append(
        Problem(
          "no-input", "Step \"\(step.id)\" has no rows to work on: no step stands before it.",
          hint: "Put a read step before it, or name a step with \(step.isWrite ? "from" : "on"):.", at: step.location))
    }
    for other in others { resolve(other, for: step, into: &result, &found) }
    guard found.isEmpty else { throw Problems(found) }
    return result
  }

  /// The steps a SELECT reads.
  /// - Parameter own: a name in it that means no step.
  func tables(
    of sql: Setting, on: String?, in step: StepSpec, besides own: String? = nil,
    _ tableNames: (String) throws -> [String]
  ) throws(Problems) -> [String] {
    let text = sql.text ?? ""
    let names: [String]
    do { names = try tableNames(text) } catch {
      throw Problems(Problems.of(error).map { $0.located(at: sql.location) })
    }
    var found: [Problem] = []
    var result: [String] = []
    for name in names where SQL.unquoted(name).lowercased() != own {
      resolve(SQL.unquoted(name), for: step, at: place(of: name, in: text, from: sql.location), into: &result, &found)
    }
    if let on {
      var named: [String] = []
      resolve(on, for: step, into: &named, &found)
      for id in named where !result.contains(id) {
        found.append(
          Problem(
            "unused-input", "Step \"\(step.id)\" says on: \(on), but its SQL doesn't read \"\(on)\".",
            hint: "Remove on:, or write FROM \(on).", at: step.location))
      }
    }
    guard found.isEmpty else { throw Problems(found) }
    return result
  }

  func refuseBadID(of step: StepSpec, at index: Int) {
    if !PipelineReading.isPlainName(step.id) {
      problems.add(
        Problem(
          "step-id", "\"\(step.id)\" is no plain name.", hint: "Write \"\(PipelineReading.plainName(step.id))\".",
          at: step.location))
    }
    if spec.steps[..<index].contains(where: { $0.id.lowercased() == step.id.lowercased() }) {
      problems.add(Problem("duplicate-step", "There are two steps with the id \"\(step.id)\".", at: step.location))
    }
  }

  private func resolve(
    _ name: String, for step: StepSpec, at location: Location? = nil, into result: inout [String],
    _ found: inout [Problem]
  ) {
    guard
      let other = spec.steps.first(where: { $0.id == name })
        ?? spec.steps.first(where: { $0.id.lowercased() == name.lowercased() })
    else {
      let names = ids.filter { $0 != step.id }
      found.append(
        Problem(
          "unknown-step", "Step \"\(step.id)\" reads \"\(name)\", but there is no such step.",
          hint: Nearest.hint(name, among: names) ?? "The other steps are \(names.joined(separator: ", ")).",
          at: location ?? step.location))
      return
    }
    if other.isWrite {
      found.append(
        Problem(
          "reads-a-write", "Step \"\(step.id)\" reads \"\(other.id)\", which writes rows and yields none.",
          hint: "Read the step that \"\(other.id)\" writes.", at: location ?? step.location))
    } else {
      result.append(other.id)
    }
  }

  private func place(of name: String, in text: String, from start: Location) -> Location {
    guard let found = text.firstRange(of: name) else { return start }
    let before = text[..<found.lowerBound]
    let lines = before.utf8.count { $0 == UInt8(ascii: "\n") }
    let lineStart = before.lastIndex(of: "\n").map { before.index(after: $0) } ?? before.startIndex
    return Location(
      file: start.file, line: start.line + lines, column: start.column + before[lineStart...].unicodeScalars.count)
  }
}

extension StepSpec {
  var isWrite: Bool { if case .write = work { true } else { false } }
  var isCheck: Bool { if case .check = work { true } else { false } }
}
