import DuckDB
import Foundation
import Pipelines
import Tabular

extension SchemaCheck {
  func bindTransform(
    _ step: PlannedStep, _ transform: Transform, _ inputs: [String], _ bound: BoundPlan
  ) async throws -> BoundStep {
    let counter = RowCounter()
    var result = BoundStep(planned: step, schema: Schema([]), select: "", counter: counter)
    let origin: Schema
    switch transform {
    case .sql(let text, let location):
      // A check's relation stands in for the step it checked, under the name the SQL uses.
      let query = SQL(raw: text)
      let emptied = try await emptied(query, step, inputs, bound)
      let renamed = zip(step.inputs, inputs).filter { $0 != $1 || emptied.contains($0) }
      let prefix: [SQL] = renamed.map {
        "\(name: $0) AS NOT MATERIALIZED (SELECT * FROM memory.main.\(name: $1)\(emptied.contains($0) ? " WHERE false" : "" as SQL))"
      }
      let select: SQL = prefix.isEmpty ? query : "WITH \(prefix) SELECT * FROM \(SQL(enclosing: text))"
      do {
        _ = try await engine.connection.describe(select)
      } catch let error as DuckDBError {
        throw Problem.of(error, in: step.id, at: nil).located(inside: text, at: location)
      }
      origin = try await unchangedColumns(
        of: query, from: zip(step.inputs, inputs).map { ($0, try relation($1, bound).schema) })
      result.select = try await counted(select, counter)
    case .operations(let operations):
      guard let input = inputs.first else {
        throw Problem(
          "missing-input", "Step \"\(step.id)\" has no rows to work on.", hint: "Name a step with `on`.",
          at: step.location)
      }
      var relation = try relation(input, bound)
      var isFlowing = bound[id: input]?.isFed == true
      result.replacedInput = isFlowing || context.letters?.goes(into: step.id) != true ? nil : input
      for (index, operation) in operations.enumerated() {
        let letters = context.letters?.letters(into: step.id, operation: index) ?? []
        if !letters.isEmpty {
          try refuseChange(operation, letters[0], of: step)
          let rows = try await self.relation(of: letters, relation.schema, for: step)
          relation = Relation(
            isFlowing ? "(SELECT * FROM \(relation.sql) UNION ALL BY NAME \(rows))" : "(\(rows))", relation.schema)
          isFlowing = true
        }
        relation = try await apply(operation, index, to: relation, inputs, bound, &result, isFed: isFlowing)
        result.stages.append(
          OperationStage(
            name: operation.typeName, location: operation.location, keepsRows: operation.reach == .values,
            relation: relation))
      }
      result.isFed = isFlowing
      if let lost = context.letters?.letters.first(where: {
        $0.step == step.id && !operations.indices.contains($0.operation ?? -1)
      }) {
        throw changed(step, lost.rule)
      }
      let rows: SQL = "SELECT * FROM \(relation.sql)"
      origin = try await unchangedColumns(
        of: rows, from: Set(inputs).sorted().map { ($0, try self.relation($0, bound).schema) })
      result.select = try await counted(rows, counter)
    }
    result.schema = try await define(step, result.select, origin: origin)
    return result
  }

  /// The relations an operation reads beside its rows, by the names it uses; a step that was checked is read as the check let it through.
  /// - Parameter inputs: where the rows of the step's inputs are, in their order.
  func others(
    of operation: any Pipelines.Operation, _ step: PlannedStep, _ inputs: [String], _ bound: BoundPlan
  ) throws -> [String: Relation] {
    let current = zip(step.inputs, inputs).map { (name: $0.lowercased(), place: $1) }
    var others: [String: Relation] = [:]
    for name in operation.query == nil ? operation.otherInputs : Array(step.inputs.dropFirst()) {
      others[name] = try relation(current.first { $0.name == name.lowercased() }?.place ?? name, bound)
    }
    return others
  }

  private func apply(
    _ operation: any Pipelines.Operation, _ index: Int, to relation: Relation, _ inputs: [String], _ bound: BoundPlan,
    _ result: inout BoundStep, isFed: Bool
  ) async throws -> Relation {
    if let program = operation.program {
      return try await run(program, at: index, over: relation, in: &result, isFed: isFed)
    }
    var others = try others(of: operation, result.planned, inputs, bound)
    if isFed, operation.rule == nil || operation is any CleansingOperation {
      let current = Dictionary(zip(result.planned.inputs, inputs), uniquingKeysWith: { first, _ in first })
      let names = others.keys.sorted()
      if let other = names.first(where: { bound[id: current[$0] ?? $0]?.isFed == true }) {
        throw Problem(
          "not-row-by-row", "Step \"\(result.id)\" joins rows that were set aside with others of \"\(other)\".",
          hint: "Run the whole pipeline again with weir run.", at: result.planned.location)
      }
      let stubs = OperationContext(
        time: context.timeText,
        others: others.reduce(into: [:]) { $0[$1.key] = Relation("\(name: $1.key)", $1.value.schema) })
      let schemas = others.mapValues(\.schema).merging(["weir_fed": relation.schema]) { $1 }
      let emptied = try await RowByRow.check(
        try operation.select(from: Relation("weir_fed", relation.schema), in: stubs), schemas, fed: ["weir_fed"],
        of: result.planned,
        on: try await engine.connect())
      for name in emptied {
        if let other = others[name] {
          others[name] = Relation("(SELECT * FROM \(other.sql) WHERE false)", other.schema)
        }
      }
    }
    try await check(operation.patterns, at: operation.location)
    try await check(formats: operation.formats, at: operation.location)
    let context = OperationContext(time: context.timeText, others: others)
    var passing = relation
    if let rule = operation.rule {
      let row: RowRule
      switch try await settled(try rule.test(over: relation, in: context), over: relation, rule, result.id) {
      case .row(let condition, let columns): row = try RowRule(rule, condition, columns)
      case .rowAmongOthers(let condition, let columns): row = try RowRule(rule, condition, columns, looksAround: true)
      case .relation, .condition:
        throw Problem(
          "invalid-rule", "This rule is about the rows as a whole; put it into a `check` step.", at: rule.location)
      }
      let tap = RuleTap(
        step: result.id, rules: [row], schema: relation.schema, operation: index, rejects: rejects(isFed: isFed))
      let passed = try await tap.wrap(
        "SELECT * FROM \(relation.sql)", as: engine.uniqueName("weir_rules"), on: engine.connection)
      passing.sql = "(\(passed))"
      result.taps.append(tap)
    }
    let select: SQL
    if let operation = operation as? any CleansingOperation {
      let tap = CleanseTap(try operation.cleansing(of: passing, in: context), operation: index)
      select = try await tap.wrap(as: engine.uniqueName("weir_cleanse"), on: engine.connection)
      result.cleanseTaps.append(tap)
    } else if let split = operation as? Split, let fits = try split.fits(over: passing) {
      let tap = StrayTap(split.outputNames, of: result.id)
      select = try await tap.wrap(passing, fits, as: engine.uniqueName("weir_stray"), on: engine.connection)
      result.strayTap = tap
    } else {
      select = try operation.select(from: passing, in: context)
    }
    do {
      return Relation("(\(select))", try await engine.connection.describe(select))
    } catch let error as DuckDBError {
      let problem = Problem.of(
        error, in: result.id, as: "\"\(operation.typeName)\" in step \"\(result.id)\"",
        at: operation.query == nil ? operation.location : nil)
      throw operation.query.map { problem.located(inside: $0.text, at: $0.location) } ?? problem
    }
  }
}

extension SchemaCheck {
  private func settled(
    _ test: RuleTest, over input: Relation, _ rule: any Rule, _ step: String
  ) async throws -> RuleTest {
    do { return try await test.settled(over: input, on: engine.connection) } catch {
      throw Problem.of(error, in: step, at: rule.location)
    }
  }

  /// The inputs of a query that count as empty while dead letters flow through it.
  private func emptied(
    _ query: SQL, _ step: PlannedStep, _ inputs: [String], _ bound: BoundPlan
  ) async throws -> Set<String> {
    let pairs = zip(step.inputs, inputs)
    let fed = Set(pairs.filter { bound[id: $1]?.isFed == true }.map(\.0))
    guard !fed.isEmpty else { return [] }
    var schemas: [String: Schema] = [:]
    for (name, input) in pairs { schemas[name] = try relation(input, bound).schema }
    return try await RowByRow.check(query, schemas, fed: fed, of: step, on: try await engine.connect())
  }

  /// Dead letters go in before the operation whose rule set them aside; it must still be there.
  private func refuseChange(_ operation: any Pipelines.Operation, _ letter: DeadLetter, of step: PlannedStep) throws {
    guard operation.rule?.typeName ?? operation.program.map({ _ in "python" }) == letter.rule else {
      throw changed(step, letter.rule)
    }
  }

  private func changed(_ step: PlannedStep, _ rule: String) -> Problem {
    Problem(
      "changed-step",
      "Step \"\(step.id)\" has changed: the rule \(rule) isn't at the place any more where it set rows aside.",
      hint: "Run the pipeline from the beginning with weir run.", at: step.location)
  }
}

extension Pipelines.Operation {
  /// The name of its kind, as written in pipeline files.
  fileprivate var typeName: String { Self.manifest.name }
}

extension Problem {
  /// Placed where the name it is about stands inside a text that begins at `location`.
  fileprivate func located(inside text: String, at location: Location) -> Problem {
    let names = message.components(separatedBy: "\"").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    guard names.count > 1, let found = text.range(of: names[1]) else { return located(at: location) }
    let before = text[..<found.lowerBound]
    var place = location
    if text.contains("\n") {
      // A block of lines begins below the key that introduces it.
      place.line += before.count { $0 == "\n" } + 1
    } else {
      place.column += before.count
    }
    return located(at: place)
  }
}
