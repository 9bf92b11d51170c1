import DuckDB
import Pipelines
import Tabular

extension SchemaCheck {
  func bindCheck(
    _ step: PlannedStep, _ rules: [any Rule], _ inputs: [String], _ bound: BoundPlan
  ) async throws -> BoundStep {
    guard let input = inputs.first else {
      throw Problem(
        "missing-input", "Step \"\(step.id)\" has no rows to check.", hint: "Name a step with `on`.", at: step.location)
    }
    var relation = try relation(input, bound)
    let isFlowing = bound[id: input]?.isFed == true
    let letters = context.letters?.letters(into: step.id) ?? []
    if !letters.isEmpty {
      let rows = try await self.relation(of: letters, relation.schema, for: step)
      relation = Relation(
        isFlowing ? "(SELECT * FROM \(relation.sql) UNION ALL BY NAME \(rows))" : "(\(rows))", relation.schema)
    }
    var result = BoundStep(planned: step, schema: relation.schema, select: "SELECT * FROM \(relation.sql)")
    result.isFed = !letters.isEmpty
    result.replacedInput = letters.isEmpty || isFlowing ? nil : input
    var rowRules: [RowRule] = []
    for (place, rule) in rules.enumerated() {
      var others: [String: Relation] = [:]
      for name in rule.otherInputs { others[name] = try self.relation(name, bound) }
      try await check(rule.patterns, at: rule.location)
      let test = try rule.test(
        over: relation,
        in: OperationContext(
          time: context.timeText, others: others, history: context.history[step.id] ?? MeasureHistory()))
      do {
        switch try await test.settled(over: relation, on: engine.connection) {
        case .relation
        where !rule.isAboutTheWhole && rule is Expression && [.skip, .flag, .null].contains(rule.onFail):
          throw rule.refusal
        case .row(let condition, let columns):
          _ = try await engine.connection.describe("SELECT coalesce(\(condition), false) FROM \(relation.sql)")
          rowRules.append(try RowRule(rule, condition, columns, place: place))
        // Whether a few rows are like no other can't be told without the others.
        case .relation where result.isFed || isFlowing, .rowAmongOthers where result.isFed || isFlowing: break
        case .rowAmongOthers(let condition, let columns):
          rowRules.append(try RowRule(rule, condition, columns, looksAround: true, place: place))
        case .relation(let query):
          _ = try await engine.connection.describe(query)
          result.relationRules.append(
            RelationRule(
              name: rule.typeName, words: rule.words, query: query, onFail: rule.onFail, location: rule.location,
              place: place))
        case .condition: break
        }
      } catch let error as DuckDBError {
        throw Problem.of(error, in: step.id, at: rule.location)
      }
    }
    if !rowRules.isEmpty {
      let tap = RuleTap(
        step: step.id, rules: rowRules, schema: relation.schema, rejects: rejects(isFed: isFlowing || !letters.isEmpty))
      result.select = try await tap.wrap(result.select, as: engine.uniqueName("weir_rules"), on: engine.connection)
      result.taps.append(tap)
    }
    result.schema = try await define(step, result.select, origin: relation.schema)
    return result
  }

  /// - Throws: `invalid-regex`.
  func check(_ patterns: [String], at location: Location) async throws {
    for pattern in patterns {
      do {
        _ = try await engine.connection.query("SELECT regexp_matches('', \(text: pattern))")
      } catch let error as DuckDBError {
        let reason = error.message.split(separator: ": ", maxSplits: 1).last ?? ""
        throw Problem(
          "invalid-regex", "The regular expression \"\(pattern)\" can't be read: \(reason.prefix { $0 != "\n" }).",
          hint: "Put a \\ before a bracket, point or other sign that is meant as it stands.", at: location)
      }
    }
  }

  /// - Throws: `invalid-format`.
  func check(formats: [String], at location: Location) async throws {
    for format in formats {
      let text: SQL = "\(text: format)"
      do {
        _ = try await engine.connection.query(
          "SELECT strftime(TIMESTAMP '2000-01-01', \(text)), try_strptime('', \(text))")
      } catch let error as DuckDBError {
        let reason = error.message.split(separator: ": ").last ?? ""
        throw Problem(
          "invalid-format", "The format \"\(format)\" can't be read: \(reason.prefix { $0 != "\n" }).",
          hint: "Signs are such as %Y, %m, %d, %H, %M and %S; %% is a percent sign.", at: location)
      }
    }
  }
}
