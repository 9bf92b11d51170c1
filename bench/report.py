"""The table of docs/benchmarks.md."""

TITLES = {"weir": "Weir", "psql": "psql", "duckdb": "DuckDB by hand", "sling": "Sling 1.4.11"}
# From the design: ratio of Weir's time to the reference's.
LIMITS = {"csv-postgres": 1.1, "postgres-postgres": 1.3, "postgres-parquet": 1.2, "csv-parquet": 1.2, "chain": 2.0}
# Of Weir's time to that of other work of its own.
BESIDE = {"check": 1.1}
MOVES = {"csv-postgres", "postgres-postgres", "postgres-parquet", "csv-parquet", "daily-parquet", "one-row"}


def cell(one):
    return f"{one['seconds']:.2f} s · {one['megabytes']:.0f} MB" if one else "failed"


def ratio(results, over, under):
    if not results.get(over) or not results.get(under):
        return "–"
    return f"{results[over]['seconds'] / results[under]['seconds']:.2f}"


def wanted(job, all, facts):
    """The targets for this work, and which were missed: time beside the reference, five times Sling's speed, memory."""
    results = all[job.name]
    weir, reference, sling = (results.get(tool) for tool in ("weir", job.reference, "sling"))
    targets = []
    if job.name in LIMITS:
        limit = LIMITS[job.name]
        targets.append((f"≤ {limit} × {TITLES[job.reference]}",
                        weir and reference and weir["seconds"] <= limit * reference["seconds"]))
    if job.is_one_row:
        targets.append(("< 0.5 s", weir and weir["seconds"] < 0.5))
    if job.name in LIMITS and "sling" in job.commands:
        targets.append(("≥ 5 × faster than Sling", weir and sling and 5 * weir["seconds"] <= sling["seconds"]))
    if job.name in MOVES:
        targets.append(("≤ 256 MB", weir and weir["megabytes"] <= 256))
    if job.compared:
        plain = all.get(job.compared, {}).get("weir")
        limit = BESIDE[job.name]
        targets.append((f"≤ {limit} × the same without", weir and plain and weir["seconds"] <= limit * plain["seconds"]))
    if job.name == "python":
        targets.append(("≤ 5 s per million rows", weir and weir["seconds"] <= 5 * facts["python_rows"] / 1e6))
    if job.name == "fuzzy":
        targets += [("< 20 s", weir and weir["seconds"] < 20), ("≤ 1 GB", weir and weir["megabytes"] <= 1000)]
    if not weir:
        return "; ".join(words for words, _ in targets)
    missed = [words for words, met in targets if met is False]
    return "missed: " + "; ".join(missed) if missed else "met" if targets else "–"


def report(results, jobs, facts):
    """Markdown: one row per piece of work."""
    head = ["Work", *TITLES.values(), "Weir ÷ psql", "Weir ÷ DuckDB", "Sling ÷ Weir", "Wanted"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for job in jobs:
        r = results[job.name]
        cells = [cell(r[tool]) if tool in r else "–" for tool in TITLES]
        lines.append("| " + " | ".join([job.title, *cells, ratio(r, "weir", "psql"), ratio(r, "weir", "duckdb"),
                                        ratio(r, "sling", "weir"), wanted(job, results, facts)]) + " |")
    spread = max((one["slowest"] / one["fastest"] for r in results.values() for one in r.values() if one), default=1)
    return f"""# Benchmarks

Made by `make bench` on {facts['date']}: {facts['rows']:,} rows of 6 columns (id, name, email, amount, status, created_at),
{facts['csv_megabytes']:.0f} MB as CSV; median of {facts['runs']} interleaved run{'s' if facts['runs'] != 1 else ''} of the whole process; the peak resident set is the largest of
its runs, of the largest process, without the server. {facts['cores']} cores, {facts['memory_gb']:.0f} GB of memory, Linux {facts['kernel']}.
PostgreSQL {facts['postgres']} on the same machine with its default settings ({facts['settings']}).
The slowest run of a tool took at most {spread:.2f} × its fastest.

{chr(10).join(lines)}

What each does:

- **Weir**: `weir run` of a pipeline file, mode `replace`: staged, verified at the default level, then swapped in. Readers see the old rows until then.
- **psql**: `\\copy` from the file, `COPY … TO STDOUT (FORMAT binary)` piped to a second psql, or the same to /dev/null: nothing is staged, nothing verified,
  and for Parquet nothing is written.
- **DuckDB by hand**: version 1.5.5 and its PostgreSQL extension, `preserve_insertion_order=false`; one statement, nothing verified.
- **Operations**: ten of the list form of `transform`, beside the one SELECT a person would write for the same; three rules on every row, beside
  the same move without them; a row function in Python that upper-cases a field; `dedupe` with `similar` over 50,000 names and as many with
  one letter changed, with `--memory 1GB`.
- **Sling**: `sling run --mode full-refresh`, with its own Parquet writer (its other one fetches a DuckDB program at run time).

After every run the rows that landed are counted; a wrong count is a failure. Ratios are what to read: the times depend on the machine.
"""
