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


def by_hand(sql, *extensions):
    def command(s):
        text = sql.format(csv=s.csv, one=s.one_row, libpq=s.libpq, out=s.parquet("duckdb"))
        return [sys.executable, BY_HAND, text, *extensions]
    return command


def sling(source, target):
    """`source` and `target` are arguments of `sling run`."""
    def command(s):
        words = [word.format(url=s.server.url + "?sslmode=disable", csv=s.csv, one=s.one_row, out=s.parquet("sling")) for word in source + target]
        return [s.sling, "run", "--mode", "full-refresh", *words]
    return command


def weir(steps):
    """`steps` is the body of a pipeline file."""
    def command(s):
        path = f"{s.folder}/pipeline.yaml"
        with open(path, "w") as file:
            file.write("name: bench\nsteps:\n" + steps.format(url=s.server.url, csv=s.csv, one=s.one_row, out=s.parquet("weir")))
        return [s.weir, "run", path]
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
]
