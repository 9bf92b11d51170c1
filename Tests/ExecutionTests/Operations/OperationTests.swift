import DuckDB
import Pipelines
import Tabular
import TestSupport
import Testing

/// What one list of operations makes of rows, and how it refuses rows it can't take.
struct OperationCase: Sendable, CustomTestStringConvertible {
  let operations: String
  let rows: String
  let expected: String
  var testDescription: String { operations }

  init(_ operations: String, _ rows: String, _ expected: String) {
    self.operations = operations
    self.rows = rows
    self.expected = expected
  }
}

@Suite struct OperationTests {
  @Test(arguments: fields + cleansing + rows + tables)
  func givesTheseRows(_ test: OperationCase) async throws {
    #expect(try await OperationBench().run("[\(test.operations)]", on: test.rows) == compact(test.expected))
  }

  static let fields: [OperationCase] = [
    OperationCase(
      "title_case: name", #"[{"name": "éva o'neil-smith  IVAN"}, {"name": ""}, {"name": null}]"#,
      #"[{"name":"Éva O'neil-Smith  Ivan"},{"name":""},{"name":null}]"#),
    OperationCase(
      "uppercase: [a, b.c]", #"[{"a": "x", "b": {"c": "y", "d": 1}}]"#, #"[{"a":"X","b":{"c":"Y","d":1}}]"#),
    OperationCase(
      "uppercase: [b.c, a, b.d.e, b.d.f]",
      #"[{"a": "x", "b": {"c": "y", "d": {"e": "z", "f": "w", "g": 1}, "h": "i"}}]"#,
      #"[{"a":"X","b":{"c":"Y","d":{"e":"Z","f":"W","g":1},"h":"i"}}]"#),
    OperationCase(
      "mask: {fields: [p.mail, p.phone], method: full}", #"[{"p": {"mail": "a@b", "phone": 123, "id": 7}}]"#,
      #"[{"p":{"mail":"***","phone":"***","id":7}}]"#),
    OperationCase(
      "replace: {fields: [p.a, p.b], find: x, with: y}, hash: {fields: [p.c, p.d], algorithm: md5}",
      #"[{"p": {"a": "xx", "b": "ax", "c": "a", "d": "b"}}]"#,
      #"[{"p":{"a":"yy","b":"ay","c":"0cc175b9c0f1b6a831c399e269772661","d":"92eb5ffee6ae2fec3ad71c777531578f"}}]"#),
    OperationCase("trim: a", #"[{"a": " \t x  y \n"}]"#, #"[{"a":"x  y"}]"#),
    OperationCase("squeeze: a", #"[{"a": " x \t y "}]"#, #"[{"a":"x y"}]"#),
    OperationCase("capitalize: a", #"[{"a": "hELLO world"}]"#, #"[{"a":"Hello world"}]"#),
    OperationCase(
      "{type: field_operation, field: n, operation: pad_left, width: 3, fill: '0'}", #"[{"n": "7"}, {"n": "1234"}]"#,
      #"[{"n":"007"},{"n":"1234"}]"#),
    OperationCase(
      #"format: {field: p, regex: '(\d+)-(\d+)', pattern: '$2\$$$1'}"#, #"[{"p": "12-34"}, {"p": "none"}]"#,
      #"[{"p":"34\\$12"},{"p":"none"}]"#),
    OperationCase("rename: {b: c, a: b}", #"[{"a": 1, "b": 2, "z": 3}]"#, #"[{"b":1,"c":2,"z":3}]"#),
    OperationCase("field_mapping: [{source: a, target: b}]", #"[{"a": 1}]"#, #"[{"b":1}]"#),
    OperationCase(
      "add: {total: quantity * price, flag: true, one: 1, quantity: quantity + 1}", #"[{"quantity": 2, "price": 3}]"#,
      #"[{"quantity":3,"price":3,"total":6,"flag":true,"one":1}]"#),
    OperationCase(
      "field_addition: {field_name: s, value: it's}, field_addition: {field_name: n, value: 0.1}", #"[{"a": 1}]"#,
      #"[{"a":1,"s":"it's","n":0.1}]"#),
    OperationCase(
      "drop: [a.b, c]", #"[{"a": {"b": 1, "d": {"e": 2}}, "c": 1, "f": 3}]"#, #"[{"a":{"d":{"e":2}},"f":3}]"#),
    OperationCase(
      "drop: [a.d.e, a.d.g]", #"[{"a": {"b": 1, "d": {"e": 2, "f": 3, "g": 4}}}, {"a": null}]"#,
      #"[{"a":{"b":1,"d":{"f":3}}},{"a":null}]"#),
    OperationCase("select: [b.c, a]", #"[{"a": 1, "b": {"c": 2}, "x": 3}]"#, #"[{"c":2,"a":1}]"#),
    OperationCase(
      "fill: {city: Unknown, n: 0}", #"[{"city": null, "n": null}, {"city": "  ", "n": 2}, {"city": "Rome", "n": 3}]"#,
      #"[{"city":"Unknown","n":0},{"city":"Unknown","n":2},{"city":"Rome","n":3}]"#),
    OperationCase(
      "cast: {a: 'decimal(10,2)', b: text, c: integer}",
      #"[{"a": "12.5", "b": 7, "c": " 42 "}, {"a": null, "b": null, "c": null}]"#,
      #"[{"a":12.50,"b":"7","c":42},{"a":null,"b":null,"c":null}]"#),
    OperationCase(
      "cast: {columns: {d: date}, formats: ['%d.%m.%Y', '%m/%d/%Y']}",
      #"[{"d": "31.01.2025"}, {"d": "01/15/2025"}, {"d": "2025-02-03"}]"#,
      #"[{"d":"2025-01-31"},{"d":"2025-01-15"},{"d":"2025-02-03"}]"#),
    OperationCase(
      "cast: {columns: {a: integer}, on_error: null}",
      #"[{"a": "1"}, {"a": "1.5"}, {"a": "x"}, {"a": "9007199254740993"}]"#,
      #"[{"a":1},{"a":null},{"a":null},{"a":9007199254740993}]"#),
    OperationCase(
      "standardize: {field: c, values: {'e goods': Electronics}}",
      #"[{"c": "electronics "}, {"c": "ELECTRONICS"}, {"c": "E  Goods"}]"#,
      #"[{"c":"Electronics"},{"c":"Electronics"},{"c":"Electronics"}]"#),
    OperationCase(
      "lookup: {field: s, table: {P: pending, '1': one}, default: other}", #"[{"s": "P"}, {"s": "x"}]"#,
      #"[{"s":"pending"},{"s":"other"}]"#),
    OperationCase(
      "lookup: {field: s, table: {1: one, 1.50: half}, output_field: t}", #"[{"s": 1.5}, {"s": 1}, {"s": null}]"#,
      #"[{"s":1.5,"t":"half"},{"s":1.0,"t":"one"},{"s":null,"t":null}]"#),
    OperationCase(
      "lookup: {field: s, table: {1: one}, default: null}", #"[{"s": 1}, {"s": 2}]"#, #"[{"s":"one"},{"s":null}]"#),
    OperationCase("lookup: {field: s, table: {1: 10}}", #"[{"s": 1}, {"s": 2.5}]"#, #"[{"s":10.0},{"s":2.5}]"#),
    OperationCase("lookup: {field: s, table: {a: null}}", #"[{"s": "a"}, {"s": "b"}]"#, #"[{"s":null},{"s":"b"}]"#),
    OperationCase(
      "mask: {field: e, method: email}", #"[{"e": "a@x.com"}, {"e": "@x.com"}, {"e": "ab@x.com"}]"#,
      #"[{"e":"***@x.com"},{"e":"***@x.com"},{"e":"a***@x.com"}]"#),
    OperationCase(
      "conditional: {if: s = 'VIP', then: [{conditional: {if: n > 1, then: [{field_addition: {field_name: k, value: big}}], else: [{field_addition: {field_name: k, value: small}}, {lowercase: s}]}}], else: [{field_addition: {field_name: k, value: other}}]}",
      #"[{"s": "VIP", "n": 1}, {"s": "VIP", "n": 2}, {"s": "No", "n": 2}, {"s": null, "n": null}]"#,
      #"[{"s":"vip","n":1,"k":"small"},{"s":"VIP","n":2,"k":"big"},{"s":"No","n":2,"k":"other"},{"s":null,"n":null,"k":"other"}]"#
    ),
    OperationCase(
      "conditional: {if: n > 1, then: [{add: {n: null, m: null}}], else: [{add: {m: 5}}]}", #"[{"n": 1}, {"n": 2}]"#,
      #"[{"n":1,"m":5},{"n":null,"m":null}]"#),
    OperationCase(
      "hash: {field: e, algorithm: sha256, output_field: h}", #"[{"e": "a", "z": 1}]"#,
      #"[{"e":"a","h":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","z":1}]"#),
    OperationCase(
      "mask: {field: e, method: email}, mask: {field: c, keep: 4}", #"[{"e": "john@x.org", "c": "4111111111111111"}]"#,
      #"[{"e":"j***@x.org","c":"************1111"}]"#),
    OperationCase(
      #"extract: {field: j, path: $.a.b, output_field: b}, extract: {field: s, regex: '([A-Z]+)-\d+', group: 1, output_field: f}"#,
      #"[{"j": "{\"a\":{\"b\":\"x\"}}", "s": "AB-12"}]"#,
      #"[{"j":"{\"a\":{\"b\":\"x\"}}","b":"x","s":"AB-12","f":"AB"}]"#),
    OperationCase(
      #"replace: {field: p, regex: '[^0-9]', with: ''}, replace: {field: q, find: a'b, with: c}"#,
      #"[{"p": "+1 (2)", "q": "xa'by"}]"#,
      #"[{"p":"12","q":"xcy"}]"#),
    OperationCase(
      "split_text: {field: n, into: [first, last]}", #"[{"n": "Ann Mary Lee", "z": 1}, {"n": "Bo", "z": 2}]"#,
      #"[{"n":"Ann Mary Lee","first":"Ann","last":"Mary Lee","z":1},{"n":"Bo","first":"Bo","last":null,"z":2}]"#),
    OperationCase(
      "date: {field: d, operation: format, format: '%d.%m.%Y', output_field: f}, date: {field: d, operation: add, unit: month, output_field: n}, date: {field: n, operation: difference, from: d, output_field: days}",
      #"[{"d": "2025-01-31"}]"#, #"[{"d":"2025-01-31","n":"2025-02-28T00:00:00","days":28,"f":"31.01.2025"}]"#),
    OperationCase(
      "date: {field: d, operation: parse, formats: ['%d.%m.%Y']}",
      #"[{"d": "31.01.2025"}, {"d": "2025-02-01"}, {"d": null}]"#,
      #"[{"d":"2025-01-31"},{"d":"2025-02-01"},{"d":null}]"#),
    OperationCase("flatten: a", #"[{"a": {"b": 1, "c": {"d": 2}}, "z": 3}]"#, #"[{"a_b":1,"a_c_d":2,"z":3}]"#),
  ]

  static let cleansing: [OperationCase] = [
    OperationCase(
      "cleanse: ", #"[{"a": " x \t\u00a0 y\n", "n": 1}, {"a": " \u3000", "n": null}, {"a": null, "n": null}]"#,
      #"[{"a":"x y","n":1},{"a":null,"n":null},{"a":null,"n":null}]"#),
    OperationCase(
      "cleanse: {spaces: keep, nulls: [n/a, '0', 'un known']}",
      #"[{"a": " N/A ", "b": " x "}, {"a": "0", "b": "Un  Known"}, {"a": "00", "b": ""}]"#,
      #"[{"a":null,"b":" x "},{"a":null,"b":null},{"a":"00","b":null}]"#),
    OperationCase(
      "cleanse: {spaces: trim, empty_to_null: false, case: title, cases: {b: upper}, field: a}",
      #"[{"a": " ann  lee ", "b": " x ", "c": " y "}, {"a": " ", "b": "", "c": ""}]"#,
      #"[{"a":"Ann  Lee","b":"X","c":" y "},{"a":"","b":"","c":""}]"#),
    OperationCase(
      "cleanse: {drop_empty: true}", #"[{"a": "", "n": null}, {"a": "", "n": 0}, {"a": "x", "n": null}]"#,
      #"[{"a":null,"n":0},{"a":"x","n":null}]"#),
    OperationCase(
      "cleanse: {drop_duplicates: true, case: lower}, sort: n",
      #"[{"a": "X", "n": 1, "s": {"t": [1]}}, {"a": "x ", "n": 1, "s": {"t": [1]}}, {"a": "x", "n": 2, "s": {"t": [1]}}]"#,
      #"[{"a":"x","n":1,"s":{"t":[1]}},{"a":"x","n":2,"s":{"t":[1]}}]"#),
    OperationCase(
      "cleanse: {drop_duplicates: true, drop_empty: true}",
      #"[{"__cleansed_0": "", "n": null}, {"__cleansed_0": " a", "n": 1}]"#,
      #"[{"__cleansed_0":"a","n":1}]"#),
  ]

  static let rows: [OperationCase] = [
    OperationCase(
      "filter: {or: [{field: a, operator: '>=', value: 3}, b = 'x']}",
      #"[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": null}]"#,
      #"[{"a":1,"b":"x"},{"a":3,"b":null}]"#),
    OperationCase(
      "filter: {and: [{field: a, operator: between, value: [2, 3]}, {not: {field: b, operator: is_null}}]}",
      #"[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": null}]"#, #"[{"a":2,"b":"y"}]"#),
    OperationCase(
      "filter: {field: b, operator: not_equals, value: x}", #"[{"b": "x"}, {"b": "y"}, {"b": null}]"#,
      #"[{"b":"y"},{"b":null}]"#),
    OperationCase(
      "filter: {field: b, operator: in, value: [x, z]}", #"[{"b": "x"}, {"b": "y"}, {"b": null}]"#, #"[{"b":"x"}]"#),
    OperationCase(
      "filter: {field: b, operator: not_in, value: [x, z]}", #"[{"b": "x"}, {"b": "y"}, {"b": null}]"#,
      #"[{"b":"y"},{"b":null}]"#),
    OperationCase(
      "filter: {field: b, operator: contains, value: 'it''s'}", #"[{"b": "so it's"}, {"b": "y"}, {"b": null}]"#,
      #"[{"b":"so it's"}]"#),
    OperationCase(
      "filter: {field: b, operator: starts_with, value: x}", #"[{"b": "xa"}, {"b": "ax"}]"#, #"[{"b":"xa"}]"#),
    OperationCase(
      "filter: {field: b, operator: ends_with, value: x}", #"[{"b": "xa"}, {"b": "ax"}]"#, #"[{"b":"ax"}]"#),
    OperationCase(
      "filter: {field: b, operator: regex, value: '^a.$'}", #"[{"b": "xa"}, {"b": "ax"}]"#, #"[{"b":"ax"}]"#),
    OperationCase("filter: {field: b, operator: is_not_null}", #"[{"b": "x"}, {"b": null}]"#, #"[{"b":"x"}]"#),
    OperationCase(
      "filter: {field: n.a, operator: '<', value: 2}", #"[{"n": {"a": 1}}, {"n": {"a": 2}}]"#, #"[{"n":{"a":1}}]"#),
    OperationCase(
      "filter: {field: t, operator: '>', value: '9'}", #"[{"t": "10"}, {"t": "x"}, {"t": "8"}]"#, #"[{"t":"x"}]"#),
    OperationCase(
      "sort: [a desc, b]", #"[{"a": 1, "b": 2}, {"a": 2, "b": 2}, {"a": 2, "b": 1}, {"a": null, "b": 0}]"#,
      #"[{"a":2,"b":1},{"a":2,"b":2},{"a":1,"b":2},{"a":null,"b":0}]"#),
    OperationCase(
      "dedupe: email", #"[{"email": "A@x.io", "n": 1}, {"email": "b@x.io", "n": 2}, {"email": " a@X.io", "n": 3}]"#,
      #"[{"email":"A@x.io","n":1},{"email":"b@x.io","n":2}]"#),
    OperationCase(
      "dedupe: {keys: id, keep: last, order_by: v}", #"[{"id": 1, "v": 3}, {"id": 1, "v": 2}, {"id": 2, "v": 1}]"#,
      #"[{"id":1,"v":3},{"id":2,"v":1}]"#),
    OperationCase(
      "split: items", #"[{"o": 1, "items": [{"sku": "a", "o": 7}, {"sku": "b", "o": 8}]}, {"o": 2, "items": []}]"#,
      #"[{"o":1,"sku":"a","items_o":7},{"o":1,"sku":"b","items_o":8}]"#),
    OperationCase("split: {field: tags, separator: ','}", #"[{"tags": "a,b"}]"#, #"[{"tags":"a"},{"tags":"b"}]"#),
    OperationCase("limit: 1", #"[{"a": 1}, {"a": 2}]"#, #"[{"a":1}]"#),
    OperationCase(
      "window: {function: running_total, field: a, order_by: i, output_field: t}",
      #"[{"i": 1, "a": 0.1}, {"i": 2, "a": 0.2}, {"i": 3, "a": 0.3}]"#,
      #"[{"i":1,"a":0.1,"t":0.1},{"i":2,"a":0.2,"t":0.3},{"i":3,"a":0.3,"t":0.6}]"#),
    OperationCase(
      "window: {function: moving_average, rows: 2, field: a, order_by: i, output_field: t}, window: {function: rank, order_by: a desc, output_field: r}, sort: i",
      #"[{"i": 1, "a": 1.5}, {"i": 2, "a": 2.5}, {"i": 3, "a": 2.5}]"#,
      #"[{"i":1,"a":1.5,"t":1.5,"r":3},{"i":2,"a":2.5,"t":2.0,"r":1},{"i":3,"a":2.5,"t":2.5,"r":1}]"#),
    OperationCase(
      "window: {function: previous, field: a, order_by: i, output_field: p}", #"[{"i": 1, "a": 5}, {"i": 2, "a": 6}]"#,
      #"[{"i":1,"a":5,"p":null},{"i":2,"a":6,"p":5}]"#),
    OperationCase(
      "window: {function: share, field: v, output_field: s}", #"[{"v": 0.1}, {"v": 0.2}, {"v": null}]"#,
      #"[{"v":0.1,"s":0.3333333333333333},{"v":0.2,"s":0.6666666666666666},{"v":null,"s":null}]"#),
    OperationCase(
      "cast: {v: 'decimal(10,2)'}, window: {function: share, field: v, output_field: s}",
      #"[{"v": "0.10"}, {"v": "0.20"}]"#,
      #"[{"v":0.10,"s":0.3333333333333333},{"v":0.20,"s":0.6666666666666666}]"#),
    OperationCase(
      "window: {function: share, field: v, output_field: s}", #"[{"v": 0}, {"v": 0}]"#,
      #"[{"v":0,"s":null},{"v":0,"s":null}]"#),
    OperationCase(
      "sample: {rows: 2}, aggregate: {aggregates: {n: count(*)}}", #"[{"a": 1}, {"a": 2}, {"a": 3}]"#, #"[{"n":2}]"#),
  ]

  private static let monthly =
    #"[{"k": 1, "m": "jan", "v": 5}, {"k": 1, "m": "feb", "v": 6}, {"k": 1, "m": "jan", "v": 7}]"#

  static let tables: [OperationCase] = [
    OperationCase(
      "aggregate: {group_by: g, aggregates: {s: sum(a), m: avg(a), c: count(*), hi: max(a), q: sum(a) / 2}}",
      #"[{"g": "x", "a": 0.1}, {"g": "x", "a": 0.2}, {"g": "y", "a": 1.5}]"#,
      #"[{"g":"x","s":0.3,"m":0.15,"c":2,"hi":0.2,"q":0.15000000000000002},{"g":"y","s":1.5,"m":1.5,"c":1,"hi":1.5,"q":0.75}]"#
    ),
    OperationCase(
      "aggregate: {group_by: [g], aggregated_fields: [{input_field: a, operation: sum}], include_details: true}",
      #"[{"g": "x", "a": 1}, {"g": "x", "a": 2}]"#,
      #"[{"g":"x","sum_a":3,"details":[{"g":"x","a":1},{"g":"x","a":2}]}]"#),
    OperationCase(
      "unpivot: {columns: [jan, feb], name: month, value: sales}", #"[{"k": 1, "jan": 5, "feb": 6}]"#,
      #"[{"k":1,"month":"jan","sales":5},{"k":1,"month":"feb","sales":6}]"#),
    OperationCase(
      "pivot: {on: m, values: [jan, feb], value: v, group_by: k}",
      #"[{"k": 1, "m": "jan", "v": 0.1}, {"k": 1, "m": "jan", "v": 0.2}, {"k": 2, "m": "feb", "v": 1.5}]"#,
      #"[{"k":1,"jan":0.3,"feb":null},{"k":2,"jan":null,"feb":1.5}]"#),
    OperationCase(
      "pivot: {on: m, values: [feb, jan, mar], value: v, function: first, group_by: k}", monthly,
      #"[{"k":1,"feb":6,"jan":5,"mar":null}]"#),
    OperationCase(
      "pivot: {on: m, values: [feb, jan, mar], value: v, function: last, group_by: k}", monthly,
      #"[{"k":1,"feb":6,"jan":7,"mar":null}]"#),
    OperationCase(
      "pivot: {on: m, values: [feb, jan, mar], value: v, function: list, group_by: k}", monthly,
      #"[{"k":1,"feb":[6],"jan":[5,7],"mar":null}]"#),
    OperationCase(
      "pivot: {on: m, values: [1, 2.5], value: v, group_by: k}",
      #"[{"k": 1, "m": 1, "v": 5}, {"k": 1, "m": 2.5, "v": 6}]"#, #"[{"k":1,"1":5,"2.5":6}]"#),
    OperationCase(
      "pivot: {on: m, values: [a, b], group_by: k}", #"[{"k": 1, "m": "a"}, {"k": 1, "m": "a"}]"#,
      #"[{"k":1,"a":2,"b":0}]"#),
  ].map { $0 }

  @Test(arguments: [
    ("left", #"[{"id":1,"c":10,"name":"Ann"},{"id":2,"c":99,"name":null}]"#),
    ("inner", #"[{"id":1,"c":10,"name":"Ann"}]"#),
    ("right", #"[{"id":1,"c":10,"name":"Ann"},{"id":null,"c":20,"name":"Bo"}]"#),
    ("full", #"[{"id":1,"c":10,"name":"Ann"},{"id":2,"c":99,"name":null},{"id":null,"c":20,"name":"Bo"}]"#),
    ("semi", #"[{"id":1,"c":10}]"#), ("anti", #"[{"id":2,"c":99}]"#),
  ])
  func joins(_ kind: String, _ expected: String) async throws {
    for on in [
      "on: {c: cid}", "primary_key: c, foreign_key: cid", "primary_key: cid, foreign_key: c",
      "on: orders.c = customers.cid",
    ] {
      let rows = try await OperationBench().run(
        "[join: {with: customers, type: \(kind), \(on)}, sort: id]", on: #"[{"id": 1, "c": 10}, {"id": 2, "c": 99}]"#,
        others: ["customers": #"[{"cid": 10, "name": "Ann"}, {"cid": 20, "name": "Bo"}]"#])
      #expect(rows == expected, "\(on)")
    }
  }

  @Test func nestedJSONIsReadAndChanged() async throws {
    let bench = try await OperationBench()
    let input = try await bench.bound(
      "(SELECT '{\"b\":\" X \",\"c\":{\"d\":1}}'::JSON AS j, 12.50::DECIMAL(10,2) AS n)")
    let result = try await bench.apply(
      "[filter: {field: j.c.d, operator: '>', value: 0}, filter: {field: n, operator: equals, value: 12.5}, trim: j.b, drop: j.c, add: {at: current_timestamp}]",
      to: input)
    #expect(try await bench.json(result) == #"[{"j":{"b":"X"},"n":12.50,"at":"2025-01-16T08:00:00Z"}]"#)
  }

  @Test func numbersCarriedAsTextAreComparedAsNumbers() async throws {
    let bench = try await OperationBench()
    let input = Relation("(VALUES ('9'), ('10'), ('100.50')) t(n)", Schema([Column("n", .numeric)]))
    let filter = try Operations.make(Setting(yaml: "filter: {field: n, operator: '>', value: 9.5}"))
    let rows = try await bench.connection.query(filter.select(from: input, in: OperationContext(time: ""))).rows
    #expect(rows == [[.text("10")], [.text("100.50")]])
  }

  @Test func joinedNamesDontCollide() async throws {
    let rows = try await OperationBench().run(
      "[join: {with: crm, on: id}]", on: #"[{"id": 1, "name": "a"}]"#, others: ["crm": #"[{"id": 1, "name": "b"}]"#])
    #expect(rows == #"[{"id":1,"name":"a","crm_name":"b"}]"#)
  }

  @Test func unionMatchesColumnsByName() async throws {
    let rows = try await OperationBench().run(
      "[union: [two, three]]", on: #"[{"a": 1, "b": "x"}]"#,
      others: ["two": #"[{"b": "y", "c": true}]"#, "three": #"[{"A": 3}]"#])
    #expect(rows == #"[{"a":1,"b":"x","c":null},{"a":null,"b":"y","c":true},{"a":3,"b":null,"c":null}]"#)
  }

  @Test func refusalsNamePlaceAndWayOut() async throws {
    let bench = try await OperationBench()
    let rows = #"[{"amount": 1, "email": "x", "when": true, "nested": {"city": "x"}}]"#
    let column = try await bench.problem("\n- title_case: emial\n", on: rows)
    #expect(column?.code == "unknown-column")
    #expect(column?.hint == "Did you mean \"email\"?")
    #expect(column?.location == Location(file: "test.yaml", line: 2, column: 15))
    let type = try await bench.problem("- uppercase: amount", on: rows)
    #expect(type?.code == "wrong-type")
    #expect(type?.message == "\"uppercase\" works on text; column \"amount\" is a whole number (BIGINT).")
    #expect(try await bench.problem("- lowercase: nested.cty", on: rows)?.hint == "Did you mean \"city\"?")
    #expect(
      try await bench.problem("- filter: {field: amount, operator: '>', value: many}", on: rows)?.code == "wrong-type")
    #expect(try await bench.problem("- rename: {amount: email}", on: rows)?.code == "name-taken")
    #expect(try await bench.problem("- drop: [amount, email, when, nested]", on: rows)?.code == "no-columns")
    #expect(
      try await bench.problem("- calculate: {operation: add, source_fields: [amount, email], as: x}", on: rows)?.code
        == "wrong-type")
    #expect(try await bench.problem("- join: {with: nothing, on: email}", on: rows)?.code == "unknown-step")
    #expect(
      try await bench.problem("- conditional: {condition: amount > 0, then: [{sort: amount}]}", on: rows)?.code
        == "bad-nesting")
    #expect(try await bench.problem("- split: email", on: rows)?.code == "wrong-type")
    #expect(try await bench.problem("- cleanse: amount", on: rows)?.code == "wrong-type")
    #expect(try await bench.problem("- cleanse: {cases: {emial: lower}}", on: rows)?.hint == "Did you mean \"email\"?")
    #expect(try await bench.problem("- cleanse: {cases: {email: small}}", on: rows)?.code == "unknown-choice")
    #expect(
      try await bench.problem("- cleanse: {spaces: keep, empty_to_null: false}", on: rows)?.code == "missing-setting")
    #expect(try await bench.problem("- cast: {amount: intger}", on: rows)?.hint == "Did you mean \"integer\"?")
  }
}
