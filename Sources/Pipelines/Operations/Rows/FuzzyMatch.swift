import Tabular

/// Finds rows whose texts are alike, without comparing each with each.
///
/// Two texts of which `d` characters differ share, if the shorter is cut into `d + 1` parts, at least one part unchanged and at nearly the
/// same place. So only texts that share a part are compared, and no alike pair is missed (Pass-Join: Li, Deng, Wang, Feng, VLDB 2011).
struct FuzzyMatch {
  /// The threshold if none is given.
  static let usual = 0.85

  /// What must be equal.
  let keys: [SQL]
  /// What must be alike, each of them.
  let texts: [SQL]
  let threshold: Double
  /// The column with the number of the row.
  let position: String

  /// One row of each group of alike rows, the first in `order`; rows without a text are like no other.
  func select(names: [String], from rows: SQL, order: SQL) -> SQL {
    let shape: [SQL] = texts.map { text in "trim(regexp_replace(lower(strip_accents(\(text))), '\\s+', ' ', 'g'))" }
    let missing = shape.map { text -> SQL in "coalesce(\(text), '') = ''" }
    let alone: SQL = "CASE WHEN \(missing, separator: " OR ") THEN \(name: position) END"
    let key: SQL = "to_json([\(keys.map { key -> SQL in "to_json(\(key))" })])::VARCHAR"
    let bound = Literal.number(threshold.description) ?? "0.85"
    let alike = texts.indices.map { index -> SQL in
      "weir_similarity(near.texts[\(index + 1)], probe.texts[\(index + 1)]) >= \(bound)"
    }
    return """
      WITH RECURSIVE numbered AS MATERIALIZED (\(rows)), \
      keyed AS MATERIALIZED (SELECT *, to_json(list_prepend(k, texts))::VARCHAR AS label FROM (SELECT \(name: position) AS place, \
      \(keys.isEmpty ? "''" : key) AS k, [\(shape)] AS texts, \(alone) AS alone FROM numbered)), \
      nodes AS MATERIALIZED (SELECT *, length(texts[1]) AS n, weir_letters(texts[1]) AS letters, row_number() OVER () AS id FROM \
      (SELECT label, any_value(k) AS k, any_value(texts) AS texts FROM keyed WHERE alone IS NULL GROUP BY label)), \
      lengths AS (SELECT DISTINCT n, CAST(floor((1 - \(bound)) * n / \(bound) + 1e-9) AS BIGINT) AS most FROM nodes), \
      parts AS MATERIALIZED (SELECT n, most, i, n // (most + 1) + CASE WHEN i > most + 1 - n % (most + 1) THEN 1 ELSE 0 END AS size, \
      1 + (i - 1) * (n // (most + 1)) + greatest(0, (i - 1) - (most + 1 - n % (most + 1))) AS start \
      FROM (SELECT n, most, unnest(generate_series(1, most + 1)) AS i FROM lengths)), \
      pieces AS MATERIALIZED (SELECT id, k, letters, n, i, texts[1][start:start + size - 1] AS piece FROM nodes JOIN parts USING (n) WHERE size > 0), \
      windows AS MATERIALIZED (SELECT whole.n AS whole, 2 * CAST(floor((1 - \(bound)) * whole.n + 1e-9) AS BIGINT) AS bits, p.n, p.i, p.size, unnest(generate_series(\
      greatest(1, p.start - (p.i - 1), p.start + (whole.n - p.n) - (p.most + 1 - p.i)), \
      least(whole.n - p.size + 1, p.start + (p.i - 1), p.start + (whole.n - p.n) + (p.most + 1 - p.i)))) AS start \
      FROM lengths AS whole JOIN parts AS p ON p.n <= whole.n AND p.n >= ceil(\(bound) * whole.n - 1e-9) AND p.size > 0), \
      probes AS MATERIALIZED (SELECT id, k, letters, bits, nodes.n AS whole, windows.n, i, texts[1][start:start + size - 1] AS piece \
      FROM nodes JOIN windows ON windows.whole = nodes.n), \
      candidates AS (SELECT DISTINCT probe.id AS a, near.id AS b FROM probes AS probe JOIN pieces AS near \
      ON near.n = probe.n AND near.i = probe.i AND near.piece = probe.piece AND near.k = probe.k \
      WHERE (near.n < probe.whole OR near.id < probe.id) AND bit_count(xor(near.letters, probe.letters)) <= probe.bits), \
      pairs AS MATERIALIZED (SELECT a, b FROM candidates JOIN nodes AS probe ON probe.id = a JOIN nodes AS near ON near.id = b \
      WHERE \(alike, separator: " AND ")), \
      edges AS MATERIALIZED (SELECT a, b FROM pairs UNION ALL SELECT b, a FROM pairs), \
      reach(id, root) USING KEY (id) AS (SELECT id, id FROM nodes UNION \
      SELECT e.b, min(r.root) FROM edges AS e JOIN reach AS r ON r.id = e.a JOIN recurring.reach AS known ON known.id = e.b \
      WHERE r.root < known.root GROUP BY e.b), \
      groups AS (SELECT place, root, alone FROM keyed LEFT JOIN nodes ON nodes.label = keyed.label \
      LEFT JOIN reach ON reach.id = nodes.id) \
      SELECT \(names: names) FROM numbered JOIN groups ON groups.place = \(name: position) \
      QUALIFY row_number() OVER (PARTITION BY root, alone ORDER BY \(order)) = 1 ORDER BY \(name: position)
      """
  }
}
