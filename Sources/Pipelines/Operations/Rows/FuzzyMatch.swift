import Tabular

/// Finds rows whose texts are alike, without comparing each with each.
///
/// Two texts of which `d` characters differ share, if the shorter is cut into `d + 1` parts, at least one part unchanged and at nearly the
/// same place. So only texts that share a part are compared, and no alike pair is missed (Pass-Join: Li, Deng, Wang, Feng, VLDB 2011).
/// A long text would have more parts and places than there are texts: it is compared with each of nearly its length. How much there is
/// to do is told before it is done, and too much of it refused.
struct FuzzyMatch {
  /// The threshold if none is given.
  static let usual = 0.85
  /// Texts of more characters aren't cut into parts.
  static let longest = 100
  /// Up to so many parts of texts are looked up.
  static let mostParts = 200_000_000
  /// Up to so many pairs of texts that share a part are looked at.
  static let mostPairs = 500_000_000
  /// Up to so many steps are taken to compare long texts; two of n and m characters take n · m / 64.
  static let mostSteps = 20_000_000_000
  static let mostInWords =
    "500 million pairs of texts that share a part, 200 million parts, or pairs of texts of more than \(longest) characters with more "
    + "than 1.28 trillion pairs of characters"

  /// What must be equal.
  let keys: [SQL]
  /// What must be alike, each of them.
  let texts: [SQL]
  /// The names of these columns.
  let fields: [String]
  let threshold: Double
  /// The column with the number of the row.
  let position: String
  /// Of the operation, for what it refuses.
  let location: Location

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
      lengths AS (SELECT DISTINCT n, CAST(floor((1 - \(bound)) * n / \(bound) + 1e-9) AS BIGINT) AS most FROM nodes WHERE n <= \(Self.longest)), \
      parts AS MATERIALIZED (SELECT n, most, i, n // (most + 1) + CASE WHEN i > most + 1 - n % (most + 1) THEN 1 ELSE 0 END AS size, \
      1 + (i - 1) * (n // (most + 1)) + greatest(0, (i - 1) - (most + 1 - n % (most + 1))) AS start \
      FROM (SELECT n, most, unnest(generate_series(1, most + 1)) AS i FROM lengths)), \
      pieces AS MATERIALIZED (SELECT id, k, letters, n, i, texts[1][start:start + size - 1] AS piece FROM nodes JOIN parts USING (n) WHERE size > 0), \
      windows AS MATERIALIZED (SELECT whole.n AS whole, 2 * CAST(floor((1 - \(bound)) * whole.n + 1e-9) AS BIGINT) AS bits, p.n, p.i, p.size, unnest(generate_series(\
      greatest(1, p.start - (p.i - 1), p.start + (whole.n - p.n) - (p.most + 1 - p.i)), \
      least(whole.n - p.size + 1, p.start + (p.i - 1), p.start + (whole.n - p.n) + (p.most + 1 - p.i)))) AS start \
      FROM lengths AS whole JOIN parts AS p ON p.n <= whole.n AND p.n >= ceil(\(bound) * whole.n - 1e-9) AND p.size > 0), \
      \(effort(bound)), \
      allowed AS MATERIALIZED (SELECT * FROM windows WHERE (SELECT bearable FROM effort)), \
      probes AS MATERIALIZED (SELECT id, k, letters, bits, nodes.n AS whole, allowed.n, i, texts[1][start:start + size - 1] AS piece \
      FROM nodes JOIN allowed ON allowed.whole = nodes.n), \
      \(crowding), \
      found AS MATERIALIZED (SELECT * FROM pieces WHERE (SELECT bearable FROM crowding)), \
      candidates AS (SELECT DISTINCT probe.id AS a, near.id AS b FROM probes AS probe JOIN found AS near \
      ON near.n = probe.n AND near.i = probe.i AND near.piece = probe.piece AND near.k = probe.k \
      WHERE (near.n < probe.whole OR near.id < probe.id) AND bit_count(xor(near.letters, probe.letters)) <= probe.bits \
      UNION ALL \(longPairs(bound))), \
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

  /// What there is to do before anything is compared: parts to look up, and steps over long texts.
  private func effort(_ bound: SQL) -> SQL {
    let parts: SQL =
      "(SELECT coalesce(sum(c * places), 0) FROM sizes JOIN (SELECT whole, count(*) AS places FROM windows GROUP BY whole) ON whole = n)"
    let steps: SQL = """
      (SELECT coalesce(sum(CAST(whole.c AS DOUBLE) * near.c * (whole.n * near.n / 64)), 0) FROM sizes AS whole JOIN sizes AS near \
      ON near.k = whole.k AND \(isNear(bound)))
      """
    return """
      sizes AS MATERIALIZED (SELECT k, n, count(*) AS c FROM nodes GROUP BY k, n), \
      effort AS MATERIALIZED (SELECT CASE \
      WHEN \(steps) > \(Self.mostSteps) THEN \(refusal("too many texts of more than \(Self.longest) characters")) \
      WHEN \(parts) > \(Self.mostParts) THEN \(refusal("too many texts of such lengths")) ELSE TRUE END AS bearable)
      """
  }

  /// How many pairs share a part, as far as more than a few texts share it.
  private var crowding: SQL {
    let same: SQL =
      "shared.n = probes.n AND shared.i = probes.i AND shared.piece = probes.piece AND shared.k = probes.k"
    return """
      shared AS MATERIALIZED (SELECT k, n, i, piece, count(*) AS c FROM pieces GROUP BY k, n, i, piece HAVING count(*) > 20), \
      crowding AS MATERIALIZED (SELECT CASE WHEN coalesce(sum(c), 0) > \(Self.mostPairs) \
      THEN \(refusal("too many texts that have parts in common")) ELSE TRUE END AS bearable FROM probes JOIN shared ON \(same))
      """
  }

  /// The pairs of which one text is long.
  private func longPairs(_ bound: SQL) -> SQL {
    """
    SELECT whole.id AS a, near.id AS b FROM (SELECT * FROM nodes WHERE n > \(Self.longest) AND (SELECT bearable FROM effort)) AS whole \
    JOIN (SELECT * FROM nodes WHERE n >= ceil(\(bound) * \(Self.longest + 1) - 1e-9)) AS near ON near.k = whole.k AND \(isNear(bound)) \
    WHERE (near.n < whole.n OR near.id < whole.id) AND \
    bit_count(xor(near.letters, whole.letters)) <= 2 * CAST(floor((1 - \(bound)) * whole.n + 1e-9) AS BIGINT)
    """
  }

  private func isNear(_ bound: SQL) -> SQL {
    "whole.n > \(Self.longest) AND near.n <= whole.n AND near.n >= ceil(\(bound) * whole.n - 1e-9)"
  }

  private func refusal(_ reason: String) -> SQL {
    let names = fields.map { "\"\($0)\"" }.joined(separator: ", ")
    let message = "\"dedupe\" can't find what is alike in \(names): there are \(reason)."
    return "CAST(\(Refusal.saying(Literal.text(message), as: "too-many-pairs", at: location)) AS BOOLEAN)"
  }
}
