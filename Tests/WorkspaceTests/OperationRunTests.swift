import Execution
import Foundation
import Pipelines
import TestSupport
import Testing
import Workspace

/// Operations that concern more than their own rows, in pipelines that run as `weir run` runs them.
@Suite struct OperationRunTests {
  @Test(arguments: series + queries + streams + parts + checks + windows)
  func givesTheseRows(_ example: PipelineCase) async throws { try await example.run() }

  static let series: [PipelineCase] = [
    PipelineCase(
      "average of ten minutes of seconds",
      "["
        + (0..<1200).map { #"{"at": "2025-01-15T10:\#(two($0 / 60)):\#(two($0 % 60))Z", "v": \#($0)}"# }.joined(
          separator: ",") + "]",
      "- resample: { time: at, every: 10 minutes, aggregates: { v: average(v), n: count(*) } }",
      gives: #"[{"at":"2025-01-15T10:00:00","v":299.5,"n":600},{"at":"2025-01-15T10:10:00","v":899.5,"n":600}]"#),
    PipelineCase(
      "gaps keep the value before, for each sensor by itself",
      #"""
      [{"s": "a", "at": "2025-01-15T10:05:00Z", "v": 1.1}, {"s": "a", "at": "2025-01-15T13:00:00Z", "v": 4.4},
       {"s": "b", "at": "2025-01-15T11:59:59Z", "v": 7}]
      """#,
      "- resample: { time: at, every: 1h, group_by: s, aggregates: [{ input_field: v, output_field: v, operation: max }], fill: previous }",
      gives: #"""
        [{"s":"a","at":"2025-01-15T10:00:00","v":1.1},{"s":"a","at":"2025-01-15T11:00:00","v":1.1},{"s":"a","at":"2025-01-15T12:00:00","v":1.1},
         {"s":"a","at":"2025-01-15T13:00:00","v":4.4},{"s":"b","at":"2025-01-15T11:00:00","v":7}]
        """#),
    PipelineCase(
      "gaps lie on the line between",
      #"[{"d": "2025-01-01", "v": 1.1}, {"d": "2025-01-04", "v": 1.4}, {"d": "2025-01-05", "v": null}]"#,
      "- cast: { d: date }\n- resample: { time: d, every: day, aggregates: { v: sum(v) }, fill: linear }",
      gives: #"""
        [{"d":"2025-01-01","v":1.1},{"d":"2025-01-02","v":1.2},{"d":"2025-01-03","v":1.3},{"d":"2025-01-04","v":1.4},{"d":"2025-01-05","v":null}]
        """#),
    PipelineCase(
      "days without sales", #"[{"d": "2025-02-27", "v": 5}, {"d": "2025-03-02", "v": 7}, {"d": "2025-03-02", "v": 1}]"#,
      "- cast: { d: date }\n- resample: { time: d, every: day, aggregates: { v: sum(v), n: count(*) }, fill: zero }",
      gives: #"""
        [{"d":"2025-02-27","v":5,"n":1},{"d":"2025-02-28","v":0,"n":0},{"d":"2025-03-01","v":0,"n":0},{"d":"2025-03-02","v":8,"n":2}]
        """#),
    PipelineCase(
      "months by the calendar, and nothing for those without rows",
      #"[{"d": "2024-02-29"}, {"d": "2024-02-01"}, {"d": "2024-04-30"}]"#,
      "- cast: { d: date }\n- resample: { time: d, every: month }",
      gives: #"[{"d":"2024-02-01","count":2},{"d":"2024-04-01","count":1}]"#),
    PipelineCase(
      "names of its own don't meet the user's",
      #"[{"__k0": "x", "__t": "2025-01-01T00:00:00Z", "__v0": 2}, {"__k0": "x", "__t": "2025-01-01T02:00:00Z", "__v0": 4}]"#,
      "- resample: { time: __t, every: 1h, group_by: __k0, aggregates: { __v1: sum(__v0), __v0: max(__v0) }, fill: empty }",
      gives: #"""
        [{"__k0":"x","__t":"2025-01-01T00:00:00","__v1":2,"__v0":2},{"__k0":"x","__t":"2025-01-01T01:00:00","__v1":null,"__v0":null},
         {"__k0":"x","__t":"2025-01-01T02:00:00","__v1":4,"__v0":4}]
        """#),
  ]

  static let windows: [PipelineCase] = [
    PipelineCase(
      "three breaches within a minute are one event",
      #"""
      [{"at": "2025-01-15T10:00:00Z", "v": 9}, {"at": "2025-01-15T10:00:30Z", "v": 95}, {"at": "2025-01-15T10:00:50Z", "v": 96},
       {"at": "2025-01-15T10:01:30Z", "v": 97}, {"at": "2025-01-15T10:02:31Z", "v": 98}]
      """#,
      """
      - filter: v > 90
      - window: { function: running_count, order_by: at, within: 1 minute, output_field: breaches }
      - filter: breaches = 3
      """, gives: #"[{"at":"2025-01-15T10:01:30Z","v":97,"breaches":3}]"#),
    PipelineCase(
      "sums and averages of the last two days, for each shop by itself",
      #"""
      [{"s": "a", "d": "2025-01-01", "v": 0.1}, {"s": "a", "d": "2025-01-02", "v": 0.2}, {"s": "a", "d": "2025-01-04", "v": 0.3},
       {"s": "b", "d": "2025-01-04", "v": 5.5}]
      """#,
      """
      - cast: { d: date }
      - window: { function: running_total, field: v, order_by: d, partition_by: s, within: 2 days, output_field: total }
      - window: { function: moving_average, field: v, order_by: d, partition_by: s, within: 2 days, output_field: mean }
      - sort: [s, d]
      """,
      gives: #"""
        [{"s":"a","d":"2025-01-01","v":0.1,"total":0.1,"mean":0.1},{"s":"a","d":"2025-01-02","v":0.2,"total":0.3,"mean":0.15},
         {"s":"a","d":"2025-01-04","v":0.3,"total":0.5,"mean":0.25},{"s":"b","d":"2025-01-04","v":5.5,"total":5.5,"mean":5.5}]
        """#),
  ]

  static let queries: [PipelineCase] = [
    PipelineCase(
      "a query between operations", #"[{"s": "a ", "v": 1}, {"s": "b", "v": 5}, {"s": "a", "v": 2}]"#,
      """
      - trim: s
      - sql: |
          -- a comment of the user's
          WITH big AS (SELECT * FROM input WHERE v < 5)
          SELECT s, sum(v)::BIGINT AS total FROM big GROUP BY s ORDER BY s -- the end
      - add: { twice: total * 2 }
      """, gives: #"[{"s":"a","total":3,"twice":6}]"#),
    PipelineCase(
      "a query that reads another step, as its check let it through",
      [
        ("rates", #"[{"c": "EUR", "r": 2}, {"c": "USD", "r": null}]"#),
        ("rows", #"[{"c": "EUR", "v": 10}, {"c": "USD", "v": 20}]"#),
      ],
      """
        - id: sane
          check: { on: rates, rules: [ { not_null: r, on_fail: skip } ] }
        - id: converted
          transform: { on: rows, operations: [ { type: sql, query: "SELECT v, r, v * r AS euro FROM input JOIN rates USING (c)" } ] }
        - id: joined
          transform: { on: rows, operations: [ { join: { with: rates, on: c, type: inner } } ] }
      """, expected: [("converted", #"[{"v":10,"r":2,"euro":20}]"#), ("joined", #"[{"c":"EUR","v":10,"r":2}]"#)]),
  ]

  static let streams: [PipelineCase] = [
    PipelineCase(
      "rows go to the first output that fits",
      [
        (
          "orders",
          #"[{"id": 1, "v": 1500, "c": "FR"}, {"id": 2, "v": 10, "c": "FR"}, {"id": 3, "v": 10, "c": "DE"}, {"id": 4, "v": null, "c": null}]"#
        )
      ],
      """
        - id: routed
          transform:
            - add: { w: v * 2 }
            - split: { into: { large: v >= 1000, abroad: { field: c, operator: "!=", value: DE }, others: else } }
        - id: renamed
          transform: { on: abroad, operations: [ { rename: { c: country } } ] }
        - id: counted
          transform: { sql: "SELECT (SELECT count(*) FROM large) AS l, (SELECT count(*) FROM others) AS o, (SELECT count(*) FROM routed) AS n" }
      """,
      expected: [
        ("large", #"[{"id":1,"v":1500,"c":"FR","w":3000}]"#),
        ("renamed", #"[{"id":2,"v":10,"country":"FR","w":20},{"id":4,"v":null,"country":null,"w":null}]"#),
        ("others", #"[{"id":3,"v":10,"c":"DE","w":20}]"#), ("counted", #"[{"l":1,"o":1,"n":4}]"#),
      ]),
    PipelineCase(
      "rows go to every output that fits", [("orders", #"[{"v": 1500}, {"v": 15}]"#)],
      """
        - id: routed
          transform: [ { type: split, parameters: { into: { large: v > 1000, odd: v > 10 }, to_all: true } } ]
      """, expected: [("large", #"[{"v":1500}]"#), ("odd", #"[{"v":1500},{"v":15}]"#)]),
  ]

  static let checks: [PipelineCase] = [
    PipelineCase(
      "two checks flag in one column, beside columns called as ours",
      [
        (
          "rows",
          #"[{"__rule_0": 1, "a": null, "b": 5}, {"__rule_0": 0, "a": 1, "b": 50}, {"__rule_0": null, "a": null, "b": 50}]"#
        )
      ],
      """
        - id: one
          check: { on: rows, rules: [ { not_null: a, on_fail: flag } ] }
        - id: two
          check: { on: one, rules: [ { range: { field: b, max: 9 }, on_fail: flag }, { not_null: __rule_0, on_fail: flag } ] }
      """,
      expected: [
        (
          "two",
          #"""
          [{"__rule_0":1,"a":null,"b":5,"_weir_flags":"not_null"},{"__rule_0":0,"a":1,"b":50,"_weir_flags":"range"},
           {"__rule_0":null,"a":null,"b":50,"_weir_flags":"not_null, range, not_null"}]
          """#
        )
      ]),
    PipelineCase(
      "on_fail may stand among a rule's settings",
      [("rows", #"[{"a": 1, "b": 1}, {"a": null, "b": 2}, {"a": 3, "b": null}]"#)],
      """
        - id: sane
          check: { on: rows, rules: [ { not_null: { columns: [a], on_fail: skip } }, { not_null: { columns: b, on_failure: skip } } ] }
      """, expected: [("sane", #"[{"a":1,"b":1}]"#)]),
  ]

  static let parts: [PipelineCase] = [
    PipelineCase(
      "parts of JSON",
      #"""
      [{"j": "{\"c\": {\"id\": 7, \"first name\": \"Ann\"}, \"items\": [{\"sku\": \"a\", \"qty\": 2, \"p\": 1.10}, {\"sku\": \"b\", \"qty\": 10}]}"},
       {"j": "{\"c\": null, \"items\": []}"}, {"j": ""}]
      """#,
      #"""
      - extract: { field: j, path: c.id, type: integer, output_field: id }
      - extract: { field: j, path: "$['c']['first name']", output_field: name }
      - extract: { field: j, path: "$.items[*].sku", output_field: skus }
      - extract: { field: j, path: "$.items[?(@.qty > 9)].sku", output_field: many }
      - extract: { field: j, path: "$.items[?(@.sku == 'a')].p", type: "decimal(5,2)", all: false, output_field: price }
      - extract: { field: j, path: "$.items[-1].sku", output_field: last }
      - extract: { field: j, path: "$.c.id", all: true, type: integer, output_field: ids }
      - select: [id, name, skus, many, price, last, ids]
      """#,
      gives: #"""
        [{"id":7,"name":"Ann","skus":["a","b"],"many":["b"],"price":1.1,"last":"b","ids":[7]},
         {"id":null,"name":null,"skus":[],"many":[],"price":null,"last":null,"ids":[]},
         {"id":null,"name":null,"skus":null,"many":null,"price":null,"last":null,"ids":[]}]
        """#),
    PipelineCase(
      "parts of XML",
      #"""
      [{"x": "<order id='7'><item sku='A'><price>9.90</price></item><item sku='B'><price>5</price></item></order>"}, {"x": "<order/>"}, {"x": null}]
      """#,
      """
      - extract: { field: x, xpath: /order/@id, type: integer, output_field: id }
      - xml_extract: { field: x, path: "//item[@sku='A']/price", type: "decimal(5,2)", output_field: price }
      - xml_extract: { field: x, path: //item/@sku, all: true, output_field: skus }
      - drop: x
      """,
      gives:
        #"[{"skus":["A","B"],"price":9.9,"id":7},{"skus":[],"price":null,"id":null},{"skus":null,"price":null,"id":null}]"#
    ),
    PipelineCase(
      "what is no JSON or XML becomes empty where that is asked for", #"[{"t": "<a>"}]"#,
      """
      - xml_extract: { field: t, path: /a, on_error: null, output_field: x }
      - extract: { field: t, path: $.a, on_error: null, output_field: j }
      """, gives: #"[{"t":"<a>","j":null,"x":null}]"#),
  ]

  @Test func aCheckThatNumbersRowsRefusesAColumnOfThatName() async throws {
    let folder = try TemporaryFolder()
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    try Data(#"[{"__weir_position": 1}]"#.utf8).write(to: URL(fileURLWithPath: folder.file("rows.json")))
    let text = """
      name: p
      steps:
        - id: rows
          read: { from: rows.json }
        - id: sane
          check: { on: rows, rules: [ { unique: __weir_position, on_fail: skip } ] }
        - id: file
          write: { from: sane, to: out.json }
      """
    let run = try await workspace.run(RunRequest(PipelineText(file: "p.yaml", text: text)))
    #expect(run.problems.first?.code == "name-taken", "\(run.problems)")
  }

  @Test func columnsThatOnlyLookTheSameAreRefused() async throws {
    let folder = try TemporaryFolder()
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    let text = """
      name: p
      steps:
        - { id: made, transform: { sql: 'SELECT 1 AS "caf\u{E9}", 2 AS "cafe\u{301}"' } }
        - { id: file, write: { from: made, to: out.parquet } }
      """
    let run = try await workspace.run(RunRequest(PipelineText(file: "p.yaml", text: text)))
    #expect(run.problems.first?.code == "column-collision" && run.problems.first?.location?.line == 3)
  }

  @Test(arguments: [
    ("[{ extract: { field: y, path: $.a, output_field: z } }]", "bad-value"),
    ("[{ extract: { field: y, xpath: /a, output_field: z } }]", "bad-value"),
    ("[{ extract: { field: y, xpath: '/a[', output_field: z } }]", "invalid-path"),
    ("[{ extract: { field: y, path: '$..a', output_field: z } }]", "invalid-path"),
    ("[{ extract: { field: x, xpath: /a, output_field: z } }]", "wrong-type"),
    ("[{ split: { into: { a: x > 1, b: else } } }, { trim: y }]", "bad-nesting"),
    ("[{ split: { into: { a: else, b: else } } }]", "two-works"),
    ("[{ split: { field: x, into: { a: else } } }]", "missing-setting"),
    ("[{ split: { into: { rows: x > 1 } } }]", "duplicate-step"),
    ("[{ window: { function: rank, order_by: y, within: 1h, output_field: z } }]", "wrong-setting"),
    ("[{ window: { function: running_count, order_by: x, within: 1h, output_field: z } }]", "wrong-type"),
    ("[{ sql: SELECT * FROM inputs }]", "unknown-step"),
    ("[{ sql: SELECT nothing FROM input }]", "unknown-column"),
    ("[{ sql: DROP TABLE input }]", "invalid-sql"),
    ("[{ sql: SELECT 1; SELECT 2 }]", "bad-expression"),
    ("[{ resample: { time: x, every: day } }]", "wrong-type"),
    ("[{ resample: { time: y, every: 5 } }]", "wrong-type"),
    ("[{ resample: { time: y, every: day, aggregates: { z: max(y) }, fill: linear } }]", "wrong-type"),
    ("[{ resample: { time: y, every: 1ms, fill: zero } }]", "bad-value"),
  ])
  func isRefused(_ operations: String, _ code: String) async throws {
    let folder = try TemporaryFolder()
    let workspace = try await Workspace(directory: URL(fileURLWithPath: folder.path))
    try Data(#"[{"x": 1, "y": "2025-01-01T00:00:00Z"}, {"x": 2, "y": "2025-12-01T00:00:00Z"}]"#.utf8).write(
      to: URL(fileURLWithPath: folder.file("rows.json")))
    let text = """
      name: p
      steps:
        - id: rows
          read: { from: rows.json }
        - id: made
          transform: { on: rows, operations: \(operations) }
        - id: file
          write: { from: made, to: out.json }
      """
    var problems: [Problem] = []
    do {
      problems = try await workspace.run(RunRequest(PipelineText(file: "p.yaml", text: text))).problems
    } catch let error as InvalidPipeline {
      problems = error.problems.all
    }
    #expect(problems.first?.code.description == code, "\(problems)")
    #expect(problems.first?.location?.line == 6, "\(problems)")
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
