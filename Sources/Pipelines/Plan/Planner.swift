import Tabular

/// Resolves a pipeline: makes connectors, operations and rules, finds what each step reads, and puts the steps in order.
/// It touches no data and no system.
package struct Planner: Sendable {
  private let catalog: Catalog
  private let connections: any ConnectionLookup
  private let directory: String
  private let extensions: String
  private let redactor: Redactor
  private let inquiry: (any Inquiry)?
  private let isFullRefresh: Bool
  private let templates: any RuleTemplateLookup

  /// - Parameter directory: Relative paths in the file start here.
  /// - Parameter extensions: Folder of DuckDB's extensions.
  /// - Parameter inquiry: Answers connectors' small questions.
  /// - Parameter isFullRefresh: Whether incremental reads are to read everything.
  /// - Parameter templates: Rules by name, for `- use: NAME`.
  package init(
    catalog: Catalog, connections: any ConnectionLookup = NoConnections(), directory: String = ".",
    extensions: String = "",
    redactor: Redactor = Redactor(), inquiry: (any Inquiry)? = nil, isFullRefresh: Bool = false,
    templates: any RuleTemplateLookup = BuiltInTemplates()
  ) {
    self.catalog = catalog
    self.connections = connections
    self.directory = directory
    self.extensions = extensions
    self.redactor = redactor
    self.inquiry = inquiry
    self.isFullRefresh = isFullRefresh
    self.templates = templates
  }

  /// - Parameter tableNames: The tables a SELECT reads. It throws a `Problem` for text that isn't exactly one SELECT.
  /// - Throws: Every problem there is, in the order of their places.
  package func plan(_ spec: PipelineSpec, tableNames: (String) throws -> [String]) throws(Problems) -> Plan {
    let problems = ProblemCollector()
    let inputs = StepInputs(spec: spec, problems: problems)
    var steps: [PlannedStep] = []
    for (index, step) in spec.steps.enumerated() {
      inputs.refuseBadID(of: step, at: index)
      guard let (work, reads) = work(of: step, at: index, inputs, tableNames, problems) else { continue }
      let unique = reads.indices.filter { reads.firstIndex(of: reads[$0]) == $0 }.map { reads[$0] }
      var planned = PlannedStep(
        id: step.id, inputs: unique, work: work, retry: step.retry ?? spec.retry, timeout: step.timeout,
        location: step.location)
      planned.rereads = Set(unique.filter { id in reads.count { $0 == id } > 1 })
      planned.isProfiled = step.isProfiled
      steps.append(planned)
    }
    let ordered = PlanOrder(spec: spec, problems: problems).plan(steps)
    let plan = IncrementalWrites(problems: problems, isFullRefresh: isFullRefresh).settle(ordered)
    let errors = problems.all.filter { $0.severity == .error }
    guard errors.isEmpty else { throw Problems(errors.map(redactor.redact).sorted(by: Problem.standsBefore)) }
    return plan
  }

  /// As the other `plan`, for an engine that has to be awaited.
  package func plan(_ spec: PipelineSpec, tableNames: (String) async throws -> [String]) async throws(Problems) -> Plan
  {
    var answers: [String: Result<[String], any Error>] = [:]
    for step in spec.steps {
      for text in queries(of: step) {
        do { answers[text] = .success(try await tableNames(text)) } catch { answers[text] = .failure(error) }
      }
    }
    return try plan(spec) { try answers[$0]?.get() ?? [] }
  }

  /// The SELECTs the user wrote in a step.
  private func queries(of step: StepSpec) -> [String] {
    guard case .transform(let transform) = step.work else { return [] }
    switch transform.body {
    case .sql(let sql): return sql.text.map { [$0] } ?? []
    case .operations(let list):
      return list.compactMap { spec in
        guard Operations.named(spec.name)?.name == SQLQuery.manifest.name else { return nil }
        return try? operation(spec).query?.text
      }
    }
  }

  private func work(
    of step: StepSpec, at index: Int, _ inputs: StepInputs, _ tableNames: (String) throws -> [String],
    _ problems: ProblemCollector
  ) -> (Work, [String])? {
    do throws(Problems) {
      switch step.work {
      case .read(let read):
        return (.read(try source(read, step), read), [])
      case .transform(let transform):
        return try self.transform(transform, step, index, inputs, tableNames)
      case .check(let check):
        let expanded = try made(check.rules) { rule throws(Problems) in
          try TemplateExpansion(templates: templates).expand([rule])
        }
        var specs = expanded.flatMap { $0 }
        for (place, onFail) in check.fixes where specs.indices.contains(place) { specs[place].onFail = onFail }
        let rules = try made(specs) { rule throws(Problems) in try self.rule(rule) }
        return (.check(rules), try inputs.main(check.on, of: step, at: index, others: rules.flatMap(\.otherInputs)))
      case .write(let write):
        let main = attempt(problems) { () throws(Problems) in try inputs.main(write.from, of: step, at: index) }
        let destination = try destination(write, step)
        return main.map { (.write(destination, write), $0) }
      }
    } catch {
      problems.add(error.all.map { $0.located(at: step.location) })
      return nil
    }
  }

  private func transform(
    _ transform: TransformSpec, _ step: StepSpec, _ index: Int, _ inputs: StepInputs,
    _ tableNames: (String) throws -> [String]
  ) throws(Problems) -> (Work, [String]) {
    switch transform.body {
    case .sql(let sql):
      let reads = try inputs.tables(of: sql, on: transform.on, in: step, tableNames)
      return (.transform(.sql(sql.text ?? "", sql.location)), reads)
    case .operations(let list):
      let operations = try made(list) { spec throws(Problems) in try operation(spec) }
      var others = operations.flatMap(\.otherInputs)
      for query in operations.compactMap(\.query) {
        let text = Setting(.text(query.text), at: query.location)
        others += try inputs.tables(of: text, on: nil, in: step, besides: UserQuery.input, tableNames)
      }
      let reads = try inputs.main(transform.on, of: step, at: index, others: others)
      return (.transform(.operations(operations)), reads)
    }
  }

  private func operation(_ spec: OperationSpec) throws(Problems) -> any Operation {
    guard let type = Operations.named(spec.name) else {
      let names = Operations.all.flatMap { [$0.name] + $0.aliases }
      throw Problems([
        Problem(
          "unknown-operation", "There is no operation \"\(spec.name)\".",
          hint: Nearest.hint(spec.name, among: names) ?? "docs/reference/operations.md lists them.", at: spec.location)
      ])
    }
    do { return try type.make(spec.settings, spec.location) } catch { throw located(error, at: spec.location) }
  }

  private func rule(_ spec: RuleSpec) throws(Problems) -> any Rule {
    guard let type = Rules.named(spec.name) else {
      let names = Rules.all.flatMap { [$0.name] + $0.aliases }
      throw Problems([
        Problem(
          "unknown-rule", "There is no rule \"\(spec.name)\".",
          hint: Nearest.hint(spec.name, among: names)
            ?? "The rules are \(Rules.all.map(\.name).joined(separator: ", ")).",
          at: spec.location)
      ])
    }
    let rule: any Rule
    do { rule = try type.make(spec.settings, spec.onFail, spec.location) } catch {
      throw located(error, at: spec.location)
    }
    guard !rule.isAboutTheWhole || ![.skip, .flag, .null].contains(spec.onFail) else {
      throw Problems([rule.refusal])
    }
    return rule
  }

  private func located(_ error: any Error, at location: Location) -> Problems {
    Problems(Problems.of(error).map { $0.located(at: location) })
  }

  /// Makes all of `specs`, so that the problems of all are reported.
  private func made<Spec, Result>(
    _ specs: [Spec], _ make: (Spec) throws(Problems) -> Result
  ) throws(Problems) -> [Result] {
    let problems = ProblemCollector()
    let result = specs.compactMap { spec in attempt(problems) { () throws(Problems) in try make(spec) } }
    guard problems.all.isEmpty else { throw Problems(problems.all) }
    return result
  }

  private func attempt<Result>(_ problems: ProblemCollector, _ body: () throws(Problems) -> Result) -> Result? {
    do throws(Problems) { return try body() } catch {
      problems.add(error.all)
      return nil
    }
  }
}

extension Planner {
  private var making: ConnectorMaking {
    ConnectorMaking(
      catalog: catalog, connections: connections, directory: directory, extensions: extensions, redactor: redactor,
      inquiry: inquiry)
  }

  private func source(_ read: ReadSpec, _ step: StepSpec) throws(Problems) -> any Source {
    let made = try making.make(read.from, for: step.id)
    guard let source = made.connector as? any Source else {
      throw Problems([
        Problem("not-readable", "\(made.type.title) can be written, but not read.", at: read.from.location)
      ])
    }
    return source
  }

  private func destination(_ write: WriteSpec, _ step: StepSpec) throws(Problems) -> any Destination {
    let made = try making.make(write.to, for: step.id)
    guard let destination = made.connector as? any Destination, let modes = made.type.writeModes else {
      throw Problems([
        Problem("not-writable", "\(made.type.title) can be read, but not written.", at: write.to.location)
      ])
    }
    guard modes.contains(write.mode) else {
      let names = WriteMode.allCases.filter(modes.contains).map(\.rawValue).joined(separator: ", ")
      throw Problems([
        Problem(
          "unsupported-mode", "\(made.type.title) can't be written with mode: \(write.mode.rawValue).",
          hint: "It can be written with \(names).", at: step.location)
      ])
    }
    return destination
  }
}

extension Problem {
  /// The order in which problems of one file are shown; those without a place come first.
  package static func standsBefore(_ left: Problem, _ right: Problem) -> Bool {
    guard let left = left.location, let right = right.location else {
      return left.location == nil && right.location != nil
    }
    return (left.line, left.column) < (right.line, right.column)
  }
}
