"""The pieces of work that are compared, and how each tool is told to do them."""
import pathlib, sys
from dataclasses import dataclass
from typing import Callable
from postgres import PostgresServer

BY_HAND = pathlib.Path(__file__).with_name("by_hand.py")
COLUMNS = "id bigint, name text, email text, amount numeric(12, 2), status text, created_at timestamp"
# Made by DuckDB from the row number alone, so it is the same everywhere.
ROWS = """
  SELECT i AS id,
    'Name ' || (hash(i) % 1000000)::VARCHAR AS name,
    'c' || i || '@example.com' AS email,
    ((hash(i + 17) % 1000000) / 100)::DECIMAL(12, 2) AS amount,
    ['completed', 'pending', 'cancelled', 'refunded'][1 + (hash(i + 29) % 4)::INTEGER] AS status,
    TIMESTAMP '2024-01-01 00:00:00' + to_seconds((hash(i + 41) % 31536000)::BIGINT) AS created_at
  FROM range(1, {rows} + 1) AS t(i)
"""
DAILY = """SELECT CAST(created_at AS DATE) AS day, count(*) AS orders, sum(amount) AS revenue
FROM {table} WHERE status = 'completed' GROUP BY 1"""


@dataclass
class Setting:
    """Where everything stands during a measurement."""
    server: PostgresServer
    folder: str
    rows: int
    weir: str
    sling: str

    @property
    def libpq(self):
        return f"host=127.0.0.1 port={self.server.port} user=postgres dbname=postgres"

    @property
    def psql(self):
        return " ".join(self.server.psql())

    @property
    def csv(self):
        return f"{self.folder}/orders.csv"

    @property
    def orders(self):
        """The same rows as Parquet, so that reading them costs little beside what is done to them."""
        return f"{self.folder}/orders.parquet"

    @property
    def names(self):
        return f"{self.folder}/names.csv"

    @property
    def python_rows(self):
        return min(self.rows, 1_000_000)

    @property
    def one_row(self):
        return f"{self.folder}/one.csv"

    def parquet(self, tool):
        return f"{self.folder}/{tool}.parquet"


@dataclass
class Work:
    name: str
    title: str
    commands: dict[str, Callable[[Setting], object]]
    target: str                    # "table" or "parquet"
    reference: str                 # the tool that the ratio is against
    is_daily: bool = False
    is_one_row: bool = False
    expected: Callable[[Setting], tuple[int, int]] | None = None   # fewest and most rows that may land; None = all
    compared: str | None = None    # other work whose Weir time this one's is held against


def by_hand(sql, *extensions):
    def command(s):
        text = sql.format(csv=s.csv, one=s.one_row, orders=s.orders, libpq=s.libpq, out=s.parquet("duckdb"))
        return [sys.executable, BY_HAND, text, *extensions]
    return command


def sling(source, target):
    """`source` and `target` are arguments of `sling run`."""
    def command(s):
        words = [word.format(url=s.server.url + "?sslmode=disable", csv=s.csv, one=s.one_row, out=s.parquet("sling")) for word in source + target]
        return [s.sling, "run", "--mode", "full-refresh", *words]
    return command


def weir(steps, *options):
    """`steps` is the body of a pipeline file, `options` are arguments of `weir run`."""
    def command(s):
        path = f"{s.folder}/pipeline.yaml"
        with open(path, "w") as file:
            file.write("name: bench\nsteps:\n" + steps.format(
                url=s.server.url, csv=s.csv, one=s.one_row, orders=s.orders, names=s.names, python_rows=s.python_rows, out=s.parquet("weir")))
        return [s.weir, "run", path, *options]
    return command


SLING_PG = ["--src-conn", "{url}", "--src-stream", "public.source"]
SLING_CSV = ["--src-stream", "file://{csv}"]
TO_TABLE = ["--tgt-conn", "{url}", "--tgt-object", "public.target"]
TO_PARQUET = ["--tgt-object", "file://{out}", "--tgt-options", '{{"format": "parquet"}}']
ATTACH = "ATTACH '{libpq}' AS pg (TYPE postgres); "
CSV_TYPES = ("read_csv('{csv}', columns={{id: 'BIGINT', name: 'VARCHAR', email: 'VARCHAR', amount: 'DECIMAL(12,2)', status: 'VARCHAR', "
             "created_at: 'TIMESTAMP'}})")

READ_CSV = """  - id: orders
    read:
      from: {csv}
      types: {{ id: BIGINT, name: VARCHAR, email: VARCHAR, amount: "DECIMAL(12,2)", status: VARCHAR, created_at: TIMESTAMP }}
"""
READ_TABLE = "  - id: orders\n    read: {{ from: \"{url}\", table: public.source }}\n"
WRITE_TABLE = "  - id: load\n    write: {{ from: orders, to: \"{url}\", table: public.target, mode: replace }}\n"
WRITE_PARQUET = "  - id: file\n    write: {{ from: orders, to: {out}, mode: replace }}\n"

READ_PARQUET = "  - id: source\n    read: {{ from: {orders} }}\n"
WRITE_MADE = "  - id: file\n    write: {{ from: made, to: {out}, mode: replace }}\n"

CHAIN = """  - id: made
    transform:
      - trim: name
      - lowercase: email
      - filter: {{ field: status, operator: not_equals, value: cancelled }}
      - field_calculation: {{ operation: multiply, source_fields: [amount, 1.2], output_field: gross }}
      - date: {{ field: created_at, operation: truncate, unit: day, output_field: day }}
      - lookup: {{ field: status, table: {{ completed: C, pending: P, refunded: R }} }}
      - extract: {{ field: email, regex: '@(.*)$', group: 1, output_field: domain }}
      - rename: {{ amount: net }}
      - add: {{ tier: "CASE WHEN net > 5000 THEN 'high' ELSE 'low' END" }}
      - drop: created_at
"""
# What a person would write for the same.
CHAIN_BY_HAND = """SELECT id, trim(name) AS name, lower(email) AS email, regexp_extract(lower(email), '@(.*)$', 1) AS domain, amount AS net,
  amount * 1.2 AS gross, CASE status WHEN 'completed' THEN 'C' WHEN 'pending' THEN 'P' WHEN 'refunded' THEN 'R' ELSE status END AS status,
  date_trunc('day', created_at) AS day, CASE WHEN amount > 5000 THEN 'high' ELSE 'low' END AS tier
FROM read_parquet('{orders}') WHERE status IS DISTINCT FROM 'cancelled'"""
KEPT = "SELECT count(*) FROM public.source WHERE status <> 'cancelled'"

CHECK = """  - id: made
    check:
      on: source
      rules:
        - not_null: [id, email]
        - range: {{ column: amount, min: 0, max: 100000 }}
        - accepted_values: {{ column: status, values: [completed, pending, cancelled, refunded] }}
"""
PYTHON = """  - id: source
    read: {{ from: {orders}, limit: {python_rows} }}
  - id: made
    transform:
      - python:
          code: |
            def transform(row):
                row["name"] = row["name"].upper()
                return row
"""
FUZZY = """  - id: source
    read: {{ from: {names} }}
  - id: made
    transform:
      - dedupe: {{ similar: [name], threshold: 0.85 }}
"""
# 50,000 names of six syllables, each a second time with one letter changed; hardly any two others are alike.
NAMES = """
  WITH syllables AS (SELECT ['ba','be','bo','da','de','do','fa','fe','ga','go','ha','he','ka','ki','ko','la','le','li','lo','ma','me',
    'mi','na','ne','ni','no','pa','pe','ra','ri','ro','sa','se','so','ta','te','to','va','vi','za'] AS s),
  names AS (SELECT i, (SELECT string_agg(s[1 + (hash(i * 7 + k) % 40)::INTEGER], '' ORDER BY k) FROM syllables, range(6) AS r(k)) AS plain
    FROM range(50000) AS t(i)),
  spelled AS (SELECT i, upper(plain[1]) || plain[2:6] || ' ' || upper(plain[7]) || plain[8:] AS name FROM names)
  SELECT 2 * i AS id, name FROM spelled UNION ALL SELECT 2 * i + 1, name[1:9] || 'x' || name[11:] FROM spelled ORDER BY 1
"""

ALL = [
    Work("csv-postgres", "CSV → PostgreSQL", {
        "weir": weir(READ_CSV + WRITE_TABLE),
        "psql": lambda s: f"{s.psql} -c \"\\\\copy public.target FROM '{s.csv}' (FORMAT csv, HEADER)\"",
        "duckdb": by_hand(ATTACH + "INSERT INTO pg.public.target SELECT * FROM " + CSV_TYPES, "postgres_scanner"),
        "sling": sling(SLING_CSV, TO_TABLE),
    }, "table", "psql"),
    Work("postgres-postgres", "PostgreSQL → PostgreSQL", {
        "weir": weir(READ_TABLE + WRITE_TABLE),
        "psql": lambda s: f"{s.psql} -c 'COPY public.source TO STDOUT (FORMAT binary)' | "
                          f"{s.psql} -c 'COPY public.target FROM STDIN (FORMAT binary)'",
        "duckdb": by_hand(ATTACH + "INSERT INTO pg.public.target SELECT * FROM pg.public.source", "postgres_scanner"),
        "sling": sling(SLING_PG, TO_TABLE),
    }, "table", "psql"),
    Work("postgres-parquet", "PostgreSQL → Parquet", {
        "weir": weir(READ_TABLE + WRITE_PARQUET),
        "psql": lambda s: f"{s.psql} -c 'COPY public.source TO STDOUT (FORMAT binary)' > /dev/null",
        "duckdb": by_hand(ATTACH + "COPY (SELECT * FROM pg.public.source) TO '{out}' (FORMAT parquet)", "postgres_scanner"),
        "sling": sling(SLING_PG, TO_PARQUET),
    }, "parquet", "duckdb"),
    Work("csv-parquet", "CSV → Parquet", {
        "weir": weir(READ_CSV + WRITE_PARQUET),
        "duckdb": by_hand("COPY (SELECT * FROM " + CSV_TYPES + ") TO '{out}' (FORMAT parquet)"),
        "sling": sling(SLING_CSV, TO_PARQUET),
    }, "parquet", "duckdb"),
    Work("daily-parquet", "PostgreSQL: filter, group by day → Parquet", {
        "weir": weir(
            "  - id: source\n    read:\n      from: \"{url}\"\n      table: public.source\n"
            "      columns: [created_at, amount]\n      filter: status = 'completed'\n"
            "  - id: orders\n    transform:\n      sql: SELECT CAST(created_at AS DATE) AS day, count(*) AS orders, "
            "sum(amount) AS revenue FROM source GROUP BY 1\n" + WRITE_PARQUET),
        "psql": lambda s: f"{s.psql} -c \"COPY ({DAILY.format(table='public.source')}) TO STDOUT\" > /dev/null",
        "duckdb": by_hand("SET pg_experimental_filter_pushdown=true; " + ATTACH + "COPY (" + DAILY.format(table="pg.public.source")
                          + ") TO '{out}' (FORMAT parquet)", "postgres_scanner"),
        "sling": sling(["--src-conn", "{url}", "--src-stream", DAILY.format(table="public.source").replace("\n", " ")], TO_PARQUET),
    }, "parquet", "duckdb", is_daily=True),
    Work("one-row", "One row, CSV → Parquet", {
        "weir": weir(READ_CSV.replace("{csv}", "{one}") + WRITE_PARQUET),
        "duckdb": by_hand("COPY (SELECT * FROM " + CSV_TYPES.replace("{csv}", "{one}") + ") TO '{out}' (FORMAT parquet)"),
        "sling": sling(["--src-stream", "file://{one}"], TO_PARQUET),
    }, "parquet", "duckdb", is_one_row=True),
    Work("chain", "Ten operations, Parquet → Parquet", {
        "weir": weir(READ_PARQUET + CHAIN + WRITE_MADE),
        "duckdb": by_hand("COPY (" + CHAIN_BY_HAND + ") TO '{out}' (FORMAT parquet)"),
    }, "parquet", "duckdb", expected=lambda s: (int(s.server.run(KEPT)),) * 2),
    Work("parquet-parquet", "Parquet → Parquet, without a check", {
        "weir": weir(READ_PARQUET + WRITE_MADE.replace("from: made", "from: source")),
        "duckdb": by_hand("COPY (SELECT * FROM read_parquet('{orders}')) TO '{out}' (FORMAT parquet)"),
    }, "parquet", "duckdb"),
    Work("check", "Parquet → Parquet, with a check of three rules", {
        "weir": weir(READ_PARQUET + CHECK + WRITE_MADE),
    }, "parquet", "weir", compared="parquet-parquet"),
    Work("python", "Python function over up to 1,000,000 rows", {
        "weir": weir(PYTHON + WRITE_MADE),
    }, "parquet", "weir", expected=lambda s: (s.python_rows,) * 2),
    Work("fuzzy", "Fuzzy dedupe of 100,000 names", {
        "weir": weir(FUZZY + WRITE_MADE, "--memory", "1GB", "--allow-shrink"),
    }, "parquet", "weir", expected=lambda s: (49_000, 50_000)),
]
