extension PythonRunner {
  /// The function over rows, batches or the table.
  static let step = #"""
    class Step:
        def __init__(self, job, source, out):
            self.job, self.source, self.out = job, source, out
            self.file, self.mode, self.on_error = job["file"], job["mode"], job["on_error"]
            self.names = [name for name, _ in job["input"]]
            self.kinds = [kind for _, kind in job["input"]]
            self.readers = [reader(kind) for kind in self.kinds]
            self.columns = [Column(name, kind, origin, same) for name, kind, origin, same in job["output"]]
            self.known = {column.name for column in self.columns}
            self.emptied = dict.fromkeys(job["returned"])
            self.seen = 0
            parameters = ", ".join(f"c{i}" for i in range(len(self.names)))
            pairs = ", ".join(f"{name!r}: c{i}" for i, name in enumerate(self.names))
            made = {}
            exec(f"def rows(columns):\n return [{{{pairs}}} for {parameters}, in zip(*columns)]", made)
            self.rows = made["rows"]

        # -- what weir is told

        def tell(self, mark, facts=None):
            self.out.write(mark.encode() + (b" " + json.dumps(facts).encode() if facts is not None else b"") + b"\n")

        def shown(self, raw, i):
            """A row of the input as JSON, with numbers as numbers."""
            def value(kind, v):
                if v is not None and kind[0] == "dec": return v
                if v is not None and kind[0] == "blob": return dumps("\\x" + v)
                return dumps(v)
            return "{" + ",".join(dumps(n) + ":" + value(k, c[i]) for n, k, c in zip(self.names, self.kinds, raw)) + "}"

        def set_aside(self, raw, i, reason, line=None):
            """A row that is skipped, or in which values are emptied."""
            self.tell("x", {"row": self.seen + i + 1, "values": self.shown(raw, i), "reason": reason, "line": line})

        # -- running the function

        def load(self):
            self.alarm(self.job["timeout"])
            scope = {"__name__": "weir_function", "__file__": self.file, "__builtins__": __builtins__}
            try:
                exec(compile(self.job["code"], self.file, "exec"), scope)
                self.function = scope[self.job["function"]]
            except (MemoryError, TimedOut, Failure):
                raise
            except BaseException as error:
                raise Failure("exception", line=where(error, self.file), message=words(error))
            finally:
                self.alarm(0)

        def alarm(self, seconds):
            signal.setitimer(signal.ITIMER_REAL, seconds)
            if seconds:
                _, hard = resource.getrlimit(resource.RLIMIT_CPU)
                resource.setrlimit(resource.RLIMIT_CPU, (int(clock.process_time() + seconds + 10), hard))

        def call(self, *arguments):
            self.alarm(self.job["timeout"])
            try:
                return self.function(*arguments)
            except (MemoryError, TimedOut):
                raise
            except BaseException as error:
                raise Failure("exception", line=where(error, self.file), message=words(error))
            finally:
                self.alarm(0)

        def run(self):
            {"row": self.run_rows, "batch": self.run_batches, "table": self.run_table}[self.mode]()
            self.tell("d")
            self.out.flush()

        def batches(self):
            for line in self.source:
                raw = json.loads(line)
                yield raw, [read(column) if read else column for read, column in zip(self.readers, raw)]

        def run_rows(self):
            for raw, columns in self.batches():
                rows = self.rows(columns)
                results = self.results(rows, raw)
                if set(map(type, results)) <= {dict}:
                    self.send(results, raw, columns, None)
                else:
                    rows, origins = self.flat(results, raw)
                    self.send(rows, raw, columns, origins)
                self.seen += len(raw[0])

        def results(self, rows, raw):
            """What the function makes of each row."""
            function, results = self.function, []
            push, rest = results.append, iter(rows)
            self.alarm(self.job["timeout"])
            while True:
                try:
                    for row in rest: push(function(row))
                    break
                except (MemoryError, TimedOut):
                    raise
                except BaseException as error:
                    i, line = len(results), where(error, self.file)
                    if self.on_error == "stop" or not isinstance(error, Exception):
                        raise Failure("exception", line=line, message=words(error), row=self.seen + i + 1, values=self.shown(raw, i))
                    self.set_aside(raw, i, words(error), line)
                    push(None if self.on_error == "skip" else self.emptied)
            self.alarm(0)
            return results

        def flat(self, results, raw):
            """Rows, and the input row each comes from: None drops a row, a list makes several of it."""
            rows, origins = [], []
            for i, result in enumerate(results):
                for row in result if isinstance(result, (list, tuple)) else (result,):
                    if row is None: continue
                    if not isinstance(row, dict):
                        raise Failure("result", row=self.seen + i + 1, values=self.shown(raw, i), found=called(row), line=self.job["line"])
                    rows.append(row)
                    origins.append(i)
            return rows, origins

        def send(self, rows, raw, columns, origins):
            values = None
            if set(map(len, rows)) <= {len(self.columns)}:
                try:
                    values = [[row[column.name] for row in rows] for column in self.columns]
                except KeyError:
                    pass
            back = range(len(rows)) if origins is None else origins
            if values is None:
                for row, i in zip(rows, back):
                    if not row.keys() <= self.known: raise self.undeclared(row, self.seen + i + 1, self.shown(raw, i))
                values = [self.completed(column, rows, columns, back) for column in self.columns]
            if origins is None:
                lined = [(None, None) if c.origin is None else (columns[c.origin], raw[c.origin]) for c in self.columns]
            else:
                lined = [(None, None) if c.origin is None else ([columns[c.origin][i] for i in back], [raw[c.origin][i] for i in back])
                         for c in self.columns]
            self.write(values, lined, origins is None, back, raw)

        def completed(self, column, rows, columns, back):
            """A column of which some rows have no value: what came in stays."""
            name = column.name
            if column.origin is None: return [row.get(name) for row in rows]
            came = columns[column.origin]
            return [row[name] if name in row else came[i] for row, i in zip(rows, back)]

        def undeclared(self, row, number, values):
            found = [[str(key), guess(value)] for key, value in row.items() if key not in self.known]
            return Failure("undeclared", found=found, row=number, values=values)

        def write(self, values, lined, whole, back, raw):
            """Sends rows as columns. `back` leads from a row to the input row it came from, for messages."""
            bad = {}

            def misfit(i, column, error):
                if self.on_error == "stop":
                    shown = self.shown(raw, back[i]) if raw is not None else None
                    raise Failure("value", row=self.seen + back[i] + 1, column=column.name, message=str(error), values=shown)
                bad.setdefault(i, f'column "{column.name}" {error}')

            lines = [column.text(v, old, came, whole, misfit) for column, v, (old, came) in zip(self.columns, values, lined)]
            for i in sorted(bad): self.set_aside(raw, back[i], bad[i])
            if bad and self.on_error == "skip":
                good = [i for i in range(len(values[0])) if i not in bad]
                def kept(list): return None if list is None else [list[i] for i in good]
                return self.write([kept(v) for v in values], [(kept(a), kept(b)) for a, b in lined], False, kept(back), raw)
            self.out.write(b"b %d\n" % len(values[0]) + b"\n".join(lines) + b"\n")
            self.out.flush()

        def run_batches(self):
            for raw, columns in self.batches():
                self.answer(columns, raw, True)
                self.seen += len(raw[0])

        def run_table(self):
            columns, raw = [[] for _ in self.names], [[] for _ in self.names]
            for batch_raw, batch in self.batches():
                for all_values, values, all_raw, came in zip(columns, batch, raw, batch_raw):
                    all_values += values
                    all_raw += came
            self.answer(columns, raw, False)

        def answer(self, columns, raw, whole):
            """Calls the function with a table and sends what it returns, ten thousand rows at a time."""
            result = self.table(self.call(self.handed(columns)))
            rows = max([len(values) for values in result.values()], default=0)
            came = len(columns[0])
            for name, values in result.items():
                if name not in self.known:
                    raise self.undeclared({n: next((v for v in l if v is not None), "") for n, l in result.items()}, None, None)
                if len(values) != rows: raise Failure("lengths", column=name, found=len(values), rows=rows)
            for column in self.columns:
                if column.name in result: continue
                if column.origin is not None and rows != came and rows: raise Failure("lengths", column=column.name, found=came, rows=rows)
                result[column.name] = columns[column.origin] if column.origin is not None and rows == came else [None] * rows
            values = [result[column.name] for column in self.columns]
            lined = [(columns[c.origin], raw[c.origin]) if c.origin is not None and rows == came else (None, None) for c in self.columns]
            if whole: return self.write(values, lined, rows == came, range(rows), None)
            for start in range(0, rows, 10000):
                part = slice(start, start + 10000)
                def cut(list): return None if list is None else list[part]
                self.write([v[part] for v in values], [(cut(a), cut(b)) for a, b in lined], False, range(rows)[part], None)

        def handed(self, columns):
            if not self.arrow: return {name: list(values) for name, values in zip(self.names, columns)}
            pa = self.arrow
            try:
                return pa.table([pa.array(v, arrow_type(pa, k)) for v, k in zip(columns, self.kinds)], names=self.names)
            except (pa.ArrowException, ValueError, TypeError) as error:
                raise Failure("exception", line=self.job["line"], message=words(error))

        def table(self, result):
            """What a function returned, as lists by name."""
            if result is None: return {}
            if self.arrow and isinstance(result, (self.arrow.Table, self.arrow.RecordBatch)):
                return {name: result.column(i).to_pylist() for i, name in enumerate(result.schema.names)}
            if isinstance(result, dict) and all(hasattr(v, "__len__") and not isinstance(v, (str, bytes)) for v in result.values()):
                return {str(name): list(values) for name, values in result.items()}
            if isinstance(result, (list, tuple)) and all(isinstance(row, dict) for row in result):
                names = dict.fromkeys(name for row in result for name in row)
                return {name: [row.get(name) for row in result] for name in names}
            raise Failure("result", found=called(result), line=self.job["line"])
    """#
}
